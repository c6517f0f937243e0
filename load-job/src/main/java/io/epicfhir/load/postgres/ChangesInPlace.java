package io.epicfhir.load.postgres;

import io.epicfhir.load.postgres.session.Sql;
import io.epicfhir.load.postgres.state.LastLoad;
import io.epicfhir.load.postgres.state.LoadNote;
import io.epicfhir.load.postgres.state.TableMark;
import io.epicfhir.load.spi.LoadRequest;
import io.epicfhir.load.spi.Loaded;
import io.epicfhir.load.spi.TableShape;
import io.epicfhir.load.spi.ViewChanges;
import io.epicfhir.load.spi.ViewVersion;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/** Of the resources that changed all rows go, and those of each one's newest commit come. */
final class ChangesInPlace extends RowsInPlace {
  private final StandingTable before;
  private final ViewVersion since;
  private TableMark last;

  private ChangesInPlace(
      PostgresLoad load,
      LoadRequest request,
      RowsSql sql,
      Loaded loaded,
      StandingTable before,
      ViewVersion since) {
    super(load, request, sql, loaded);
    this.before = before;
    this.since = since;
  }

  /**
   * Copies the changed rows beside the table.
   *
   * @param since the load that the changes follow on
   */
  static ChangesInPlace staged(
      PostgresLoad load, LoadRequest request, ViewChanges changes, ViewVersion since)
      throws SQLException {
    TableShape shape = request.view().shape().withChange();
    StandingTable before = load.standing(request.view().name());
    RowsSql sql = load.rowsSql(request.view(), before);
    Loaded loaded = load.staged().copy(shape, sql.create(shape), changes);
    return new ChangesInPlace(load, request, sql, loaded, before, since);
  }

  @Override
  StandingTable ready(Connection connection) throws SQLException {
    StandingTable table = load().locked(connection, view().name(), before, WholeInPlace.WRITING);
    sql().stillThere(connection, loaded());
    if (!table.has(view().shape())) {
      throw new DoesNotAddUp(); // columns went, or the table itself
    }
    published(connection, table);
    // Hours may have gone by since the table was looked at, and a restored server is another one.
    last =
        load()
            .state()
            .last(connection, view().name())
            .filter(load -> load.at().equals(since))
            .flatMap(LastLoad::mark)
            .orElseThrow(DoesNotAddUp::new);
    if (Sql.number(connection, sql().unfit(table.resourceIndexed())) != 0) {
      throw new DoesNotAddUp();
    }
    return table;
  }

  @Override
  MergeRows.Written replace(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      long went = statement.executeLargeUpdate(sql().deleteChanged(table().resourceIndexed()));
      return new MergeRows.Written(statement.executeLargeUpdate(sql().insertChanged()), went);
    }
  }

  @Override
  MergeRows merge() {
    String source = "(" + sql().newest() + ")";
    return new MergeRows(load().nameOf(view()), table(), view().shape(), sql().read(), source);
  }

  @Override
  String scope() {
    return "t." + sql().ofChanged(table().resourceIndexed());
  }

  @Override
  void check(Connection connection) throws SQLException {
    TableMark mark = TableMark.of(connection, load().read(view().name()), sql().from());
    if (mark.rows() != request().expected()
        || !mark.isOnlyChangedHere(connection, last, written().came(), written().went())) {
      throw new DoesNotAddUp();
    }
    if (!table().rewriters().isEmpty() && Sql.number(connection, sql().sameChanged()) == 0) {
      throw new DoesNotAddUp();
    }
    LoadNote note = new LoadNote(mark, false, null, null, request().warning());
    load().loaded(connection, request(), note);
  }

  @Override
  void note(Connection connection) throws SQLException {
    new RefusedValues(load()).forgetChanged(connection, view().name());
  }

  /**
   * A change that leaves other rows than the view table has, or may; takes the transaction back.
   */
  static final class DoesNotAddUp extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }
}
