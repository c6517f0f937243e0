package io.epicfhir.load.postgres;

import io.epicfhir.load.postgres.copy.PostgresType;
import io.epicfhir.load.postgres.session.PostgresFailure;
import io.epicfhir.load.postgres.session.Sql;
import io.epicfhir.load.postgres.state.LeftOut;
import io.epicfhir.load.postgres.state.LoadNote;
import io.epicfhir.load.postgres.state.TableMark;
import io.epicfhir.load.spi.LoadRequest;
import io.epicfhir.load.spi.TableShape;
import io.epicfhir.load.spi.ViewSnapshot;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** All rows of a table go, and the view's come. */
final class WholeInPlace extends RowsInPlace {

  /** The lock of who writes rows: nobody gives the table a trigger, rule or column meanwhile. */
  static final String WRITING = "ROW EXCLUSIVE";

  private final StandingTable before;
  private final AddedColumns added;
  private final boolean refused;
  private final Set<String> without = new LinkedHashSet<>();

  private WholeInPlace(
      PostgresLoad load,
      LoadRequest request,
      RowsSql sql,
      TypedCopy.Copied copied,
      StandingTable before,
      AddedColumns added) {
    super(load, request, sql, copied.loaded());
    this.before = before;
    this.added = added;
    this.refused = copied.refused();
  }

  /**
   * Copies the view's rows beside the table, and adds the view's new columns.
   *
   * @param table the table that is there
   */
  static WholeInPlace staged(PostgresLoad load, LoadRequest request, StandingTable table)
      throws SQLException {
    ViewSnapshot view = request.view();
    List<TableShape.Column> retyped = table.retyped(view.shape());
    if (!retyped.isEmpty()) {
      throw new PostgresFailure(
          PostgresFailure.Kind.DEPENDED_ON,
          "Cannot load %s: column %s is now %s, and the table cannot be replaced, because other objects depend on it (SQL views, …), or because it has row security or another owner. Drop the objects or undo the change, rerun, then restore them"
              .formatted(
                  load.nameOf(view), retyped.get(0).name(), PostgresType.sql(retyped.get(0))));
    }
    RowsSql sql = load.rowsSql(view, table);
    TypedCopy.Copied copied = new TypedCopy(load).copy(request, sql.create(view.shape()));
    load.allArrived(view, copied.loaded().rows(), request.expected());
    AddedColumns added = AddedColumns.of(load, request, table);
    added.add(sql);
    return new WholeInPlace(load, request, sql, copied, table, added);
  }

  /** The table, locked, without the indexes that do not take the rows, ready for deletes. */
  @Override
  StandingTable ready(Connection connection) throws SQLException {
    StandingTable table = load().locked(connection, view().name(), before, WRITING);
    String read = load().read(view().name());
    for (String index : without) {
      if (!isOurs(index)) {
        String later =
            IndexTablespaces.of(connection, read)
                .later(index, UnfitIndexes.create(connection, read, index));
        new LeftOut(load().state()).add(connection, view().name(), index, later);
      }
      Sql.execute(connection, UnfitIndexes.drop(connection, read, index));
    }
    if (!table.kind().equals(before.kind()) || !table.has(view().shape())) {
      throw load().changedMeanwhile(view().name());
    }
    if (!without.isEmpty()) {
      table = StandingTable.of(connection, read);
    }
    published(connection, table);
    sql().stillThere(connection, loaded());
    return table;
  }

  /** One of ours is made again with the table, as where the table is replaced. */
  private boolean isOurs(String index) {
    return view().shape().columns().stream()
        .anyMatch(column -> BuiltIndexes.nameOf(view().name(), column).equals(index));
  }

  @Override
  MergeRows.Written replace(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      long went = statement.executeLargeUpdate(sql().deleteAll());
      return new MergeRows.Written(statement.executeLargeUpdate(sql().insertAll()), went);
    }
  }

  @Override
  MergeRows merge() {
    return new MergeRows(
        load().nameOf(view()), table(), view().shape(), sql().read(), sql().staged());
  }

  @Override
  String scope() {
    return "true";
  }

  /** A trigger or rule that changes rows would change those of the next try, too. */
  @Override
  void check(Connection connection) throws SQLException {
    if (!table().rewriters().isEmpty() && Sql.number(connection, sql().sameRows()) == 0) {
      throw rewritten(load().nameOf(view()), table());
    }
    TableMark mark = TableMark.of(connection, load().read(view().name()), sql().from());
    load().allArrived(view(), mark.rows(), request().expected());
    String comments = added.comments(connection);
    LoadNote note = new LoadNote(mark, true, comments, null, request().warning());
    load().loaded(connection, request(), note);
  }

  static PostgresFailure rewritten(String name, StandingTable table) {
    return new PostgresFailure(
        PostgresFailure.Kind.DATA,
        "Cannot load %s: the rows in the table differ from the rows that were written, because a trigger or rule changes them: %s. The table keeps its last rows. Drop or disable the trigger or rule, then rerun."
            .formatted(name, String.join(", ", table.rewriters())));
  }

  @Override
  void note(Connection connection) throws SQLException {
    new RefusedValues(load()).note(connection, view().name(), refused);
  }

  /** Without an index that does not take the rows they may go in. */
  @Override
  boolean adapts(PostgresFailure e) throws SQLException {
    return without.addAll(new UnfitIndexes(load(), view(), sql()).of(e, before));
  }

  @Override
  void committed() throws SQLException {
    super.committed();
    without.forEach(
        index ->
            load()
                .notes()
                .accept(
                    "%s was loaded without the index %s, because the rows violate it"
                        .formatted(load().nameOf(view()), index)));
  }
}
