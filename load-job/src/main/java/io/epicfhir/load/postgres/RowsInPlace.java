package io.epicfhir.load.postgres;

import io.epicfhir.load.postgres.session.PostgresFailure;
import io.epicfhir.load.postgres.session.Sql;
import io.epicfhir.load.spi.LoadRequest;
import io.epicfhir.load.spi.LoadResult;
import io.epicfhir.load.spi.Loaded;
import io.epicfhir.load.spi.ViewSnapshot;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * A table's new rows, ready in a staging table, and the steps of the transaction that brings them
 * in. One table takes all steps in turn; tables whose rows refer to one another take each step
 * together.
 */
abstract class RowsInPlace {
  private final PostgresLoad load;
  private final LoadRequest request;
  private final RowsSql sql;
  private final Loaded loaded;
  private StandingTable table;
  private MergeRows.Written written;

  RowsInPlace(PostgresLoad load, LoadRequest request, RowsSql sql, Loaded loaded) {
    this.load = load;
    this.request = request;
    this.sql = sql;
    this.loaded = loaded;
  }

  /** The table, locked, with all that the rows need. */
  abstract StandingTable ready(Connection connection) throws SQLException;

  /** Rows go and come where nothing refers to them. */
  abstract MergeRows.Written replace(Connection connection) throws SQLException;

  /** The same where something does. */
  abstract MergeRows merge();

  /** Which rows may go, as a condition on t. */
  abstract String scope();

  /** Looks at the result and notes it; throws where it is not right. */
  abstract void check(Connection connection) throws SQLException;

  /** What is noted beside the rows. */
  abstract void note(Connection connection) throws SQLException;

  /**
   * Whether another try may work that takes this failure into account.
   *
   * @param e what ended the last one
   */
  boolean adapts(PostgresFailure e) throws SQLException {
    return false;
  }

  final void begin(Connection connection) throws SQLException {
    table = ready(connection);
    written = new MergeRows.Written(0, 0);
    PostgresLoad.show(connection, table, load.read(view().name()));
  }

  /** All rows at once: no other table waits for some of them. */
  final void write(Connection connection) throws SQLException {
    written =
        table.referenced().isEmpty() ? replace(connection) : merge().into(connection, scope());
  }

  /** Rows come; of a table that others refer to none goes yet. */
  final void come(Connection connection) throws SQLException {
    written =
        table.referenced().isEmpty() ? replace(connection) : merge().come(connection, scope());
  }

  /** The rest: rows go. */
  final void go(Connection connection) throws SQLException {
    if (!table.referenced().isEmpty()) {
      written = written.and(merge().go(connection, scope()));
    }
  }

  final void end(Connection connection) throws SQLException {
    // Deferred triggers may change rows, too: not after the rows were compared and counted.
    Sql.execute(connection, "SET CONSTRAINTS ALL IMMEDIATE");
    check(connection);
    PostgresLoad.hideAgain(connection, table, load.read(view().name()));
    note(connection);
    Sql.execute(connection, sql.drop());
  }

  /** All steps of one table. */
  final void alone(Connection connection) throws SQLException {
    begin(connection);
    write(connection);
    end(connection);
  }

  final LoadResult result() {
    return new LoadResult(loaded, request.expected()); // check() has counted them
  }

  /** What is done once the rows are in. */
  void committed() throws SQLException {
    new LeftOutIndexes(load).tryAgain(view().name());
  }

  final PostgresLoad load() {
    return load;
  }

  final LoadRequest request() {
    return request;
  }

  final ViewSnapshot view() {
    return request.view();
  }

  final RowsSql sql() {
    return sql;
  }

  final Loaded loaded() {
    return loaded;
  }

  final StandingTable table() {
    return table;
  }

  final MergeRows.Written written() {
    return written;
  }

  /**
   * PostgreSQL refuses to delete rows of a table in a publication that has nothing to tell them
   * apart by, as where ids repeat: then it is all of their columns.
   */
  final void published(Connection connection, StandingTable found) throws SQLException {
    if (found.replicated()) {
      Sql.execute(connection, "ALTER TABLE " + load.read(view().name()) + " REPLICA IDENTITY FULL");
      load.notes()
          .accept(
              "%s is in a publication and has no replica identity; it was set to FULL"
                  .formatted(load.nameOf(view())));
    }
  }
}
