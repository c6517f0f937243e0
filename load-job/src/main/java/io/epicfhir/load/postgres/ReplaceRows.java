package io.epicfhir.load.postgres;

import io.epicfhir.load.postgres.copy.PostgresType;
import io.epicfhir.load.postgres.session.PostgresFailure;
import io.epicfhir.load.postgres.session.Sql;
import io.epicfhir.load.postgres.state.LoadNote;
import io.epicfhir.load.postgres.state.TableMark;
import io.epicfhir.load.spi.LoadRequest;
import io.epicfhir.load.spi.LoadResult;
import io.epicfhir.load.spi.TableShape;
import io.epicfhir.load.spi.ViewSnapshot;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A whole load of a table that a new one cannot stand in for: in one transaction all rows go and
 * the new ones come, and all that others gave the table stays.
 */
record ReplaceRows(PostgresLoad load) {

  /** The lock of who writes rows: nobody gives the table a trigger, rule or column meanwhile. */
  static final String WRITING = "ROW EXCLUSIVE";

  /** Locks that do not go together with it. */
  private static final String IN_THE_WAY =
      "mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')";

  /** Makes the table these rows. */
  LoadResult of(LoadRequest request, StandingTable table) throws SQLException {
    ViewSnapshot view = request.view();
    if (request.patience().isZero()) {
      load.notHeld(view, IN_THE_WAY);
    }
    List<TableShape.Column> retyped = table.retyped(view.shape());
    if (!retyped.isEmpty()) {
      throw new PostgresFailure(
          PostgresFailure.Kind.DEPENDED_ON,
          "Cannot load %s: column %s is now %s, and SQL views or other objects depend on the table;"
                  .formatted(
                      load.nameOf(view), retyped.get(0).name(), PostgresType.sql(retyped.get(0)))
              + " drop those objects, rerun, then create them again");
    }
    RowsSql sql = load.rowsSql(view, table);
    TypedCopy.Copied copied = new TypedCopy(load).copy(request, sql.create(view.shape()));
    load.allArrived(view, copied.loaded().rows(), request.expected());
    String[] columns = sql.addColumns(table.missing(view.shape()));
    if (columns.length > 0) {
      load.patiently(view, request.patience(), connection -> Sql.execute(connection, columns));
    }
    Set<String> without = new LinkedHashSet<>();
    boolean done = false;
    while (!done) {
      done = replaced(request, table, sql, copied, without);
    }
    without.forEach(
        index ->
            load.notes()
                .accept(
                    "%s was loaded without the index %s, which its rows violate"
                        .formatted(load.nameOf(view), index)));
    return new LoadResult(copied.loaded(), request.expected()); // noted() has counted them
  }

  /**
   * One try.
   *
   * @param without indexes that do not take the rows; those that are found are added
   * @return false where some were found
   */
  private boolean replaced(
      LoadRequest request,
      StandingTable before,
      RowsSql sql,
      TypedCopy.Copied copied,
      Set<String> without)
      throws SQLException {
    ViewSnapshot view = request.view();
    try {
      load.patiently(
          view,
          request.patience(),
          connection -> {
            StandingTable table = free(connection, view, before, without);
            sql.stillThere(connection, copied.loaded());
            PostgresLoad.seeing(
                connection,
                table,
                load.read(view.name()),
                c -> {
                  write(c, view, table, sql);
                  deferredNow(c);
                  unchanged(c, request, table, sql);
                  noted(c, request, sql);
                });
            new RefusedValues(load).note(connection, view.name(), copied.refused());
            Sql.execute(connection, sql.drop());
          });
      return true;
    } catch (PostgresFailure e) {
      if (without.addAll(new UnfitIndexes(load, view, sql).of(e, before))) {
        return false;
      }
      throw e;
    }
  }

  /** The table, locked, without the indexes that do not take the rows, ready for deletes. */
  private StandingTable free(
      Connection connection, ViewSnapshot view, StandingTable before, Set<String> without)
      throws SQLException {
    StandingTable table = load.locked(connection, view.name(), before, WRITING);
    for (String index : without) {
      Sql.execute(connection, UnfitIndexes.drop(connection, load.read(view.name()), index));
    }
    if (!table.kind().equals(before.kind()) || !table.has(view.shape())) {
      throw load.changedMeanwhile(view.name());
    }
    if (!without.isEmpty()) {
      table = StandingTable.of(connection, load.read(view.name()));
    }
    published(load, connection, view, table);
    return table;
  }

  /**
   * PostgreSQL refuses to delete rows of a table in a publication that has nothing to identify them
   * apart by, as where ids repeat: then it is all of their columns.
   */
  static void published(
      PostgresLoad load, Connection connection, ViewSnapshot view, StandingTable table)
      throws SQLException {
    if (table.replicated()) {
      Sql.execute(connection, "ALTER TABLE " + load.read(view.name()) + " REPLICA IDENTITY FULL");
      load.notes()
          .accept(
              "%s is in a publication and has no replica identity; it was set to FULL"
                  .formatted(load.nameOf(view)));
    }
  }

  /** Deferred triggers may change rows, too: not after the rows were compared and counted. */
  static void deferredNow(Connection connection) throws SQLException {
    Sql.execute(connection, "SET CONSTRAINTS ALL IMMEDIATE");
  }

  private void write(Connection connection, ViewSnapshot view, StandingTable table, RowsSql sql)
      throws SQLException {
    if (table.referenced().isEmpty()) {
      Sql.execute(connection, sql.deleteAll(), sql.insertAll());
    } else {
      new MergeRows(load.nameOf(view), table, view.shape(), sql.read(), sql.staged())
          .into(connection, "true");
    }
  }

  private void noted(Connection connection, LoadRequest request, RowsSql sql) throws SQLException {
    TableMark mark = TableMark.of(connection, load.read(request.view().name()), sql.from());
    load.allArrived(request.view(), mark.rows(), request.expected());
    load.loaded(connection, request, new LoadNote(mark, true, null, null, request.warning()));
  }

  /** A trigger or rule that changes rows would change those of the next try, too. */
  private void unchanged(
      Connection connection, LoadRequest request, StandingTable table, RowsSql sql)
      throws SQLException {
    if (!table.rewriters().isEmpty() && Sql.number(connection, sql.sameRows()) == 0) {
      throw rewritten(load.nameOf(request.view()), table);
    }
  }

  static PostgresFailure rewritten(String name, StandingTable table) {
    return new PostgresFailure(
        PostgresFailure.Kind.DATA,
        "Cannot load %s: the rows in the table differ from the rows that were written, because a trigger or rule changes them: %s. The table keeps its last rows. Drop or disable the trigger or rule, then rerun."
            .formatted(name, String.join(", ", table.rewriters())));
  }
}
