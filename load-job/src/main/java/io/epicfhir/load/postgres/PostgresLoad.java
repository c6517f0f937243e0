package io.epicfhir.load.postgres;

import io.epicfhir.common.Failpoint;
import io.epicfhir.load.postgres.copy.StagedCopy;
import io.epicfhir.load.postgres.session.PostgresFailure;
import io.epicfhir.load.postgres.session.PostgresSession;
import io.epicfhir.load.postgres.session.Retries;
import io.epicfhir.load.postgres.session.Sql;
import io.epicfhir.load.postgres.state.LoadNote;
import io.epicfhir.load.postgres.state.LoadState;
import io.epicfhir.load.settings.LoadSettings;
import io.epicfhir.load.spi.LoadRequest;
import io.epicfhir.load.spi.ViewSnapshot;
import io.epicfhir.load.sql.Identifiers;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;

/**
 * What all ways of loading a table of PostgreSQL share.
 *
 * @param runKey the logical run, for the record
 * @param readerRole a role that may read new tables, or empty
 * @param retries how to wait for locks
 * @param session the connection that has the lock
 * @param notes sentences for the person who reads the report
 */
record PostgresLoad(
    LoadSettings settings,
    String runKey,
    String readerRole,
    Retries retries,
    LoadState state,
    PostgresSession session,
    StagedCopy staged,
    Consumer<String> notes) {

  /** The table as it is. */
  StandingTable standing(String view) throws SQLException {
    return StandingTable.of(session.connection(), read(view));
  }

  /** The table that analysts read, quoted. */
  String read(String view) {
    return Identifiers.quoted(settings.schema(), view);
  }

  /** The table's name as people write it. */
  String nameOf(ViewSnapshot view) {
    return settings.schema() + "." + view.name();
  }

  RowsSql rowsSql(ViewSnapshot view) {
    return new RowsSql(view.shape(), settings.stateSchema(), settings.schema());
  }

  /** A load whose rows are not all there is none. */
  void allArrived(ViewSnapshot view, long arrived, long expected) {
    if (arrived != expected) {
      throw new PostgresFailure(
          PostgresFailure.Kind.DATA,
          "Cannot load %s: %d rows arrived of the %d that the view table has; the old table stays"
              .formatted(nameOf(view), arrived, expected));
    }
  }

  /** Notes in the transaction that the view's table is now this version. */
  void loaded(Connection connection, LoadRequest request, LoadNote note) throws SQLException {
    state.loaded(connection, request.view().at(), request.view().name(), runKey, note);
  }

  /**
   * One transaction, tried for as long as patience lasts, in short waits: while a swap waits for a
   * long query on the old table, new queries queue up behind it.
   */
  void patiently(ViewSnapshot view, Duration patience, PostgresSession.Work work)
      throws SQLException {
    Instant deadline = Instant.now().plus(patience);
    String timeout = "SET LOCAL lock_timeout = " + settings.swapTimeout().toMillis();
    for (boolean done = false; !done; ) {
      try {
        session.transaction(
            connection -> {
              Sql.execute(connection, timeout);
              work.on(connection);
              Failpoint.at("load.commit");
            });
        Failpoint.at("load.committed");
        done = true;
      } catch (SQLException e) {
        PostgresFailure failure =
            PostgresFailure.of(e, "put the new " + nameOf(view) + " in place");
        if (failure.kind() != PostgresFailure.Kind.BUSY || Instant.now().isAfter(deadline)) {
          throw failure;
        }
        retries.sleeper().accept(settings.swapTimeout());
      }
    }
  }

  /** Row security that binds even the owner hides the rows from the loader: off, and on again. */
  static void seeing(
      Connection connection, StandingTable table, String read, PostgresSession.Work w)
      throws SQLException {
    if (table.hidden()) {
      Sql.execute(connection, "ALTER TABLE " + read + " NO FORCE ROW LEVEL SECURITY");
    }
    w.on(connection);
    if (table.hidden()) {
      Sql.execute(connection, "ALTER TABLE " + read + " FORCE ROW LEVEL SECURITY");
    }
  }
}
