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
import io.epicfhir.load.spi.TableShape;
import io.epicfhir.load.spi.ViewSnapshot;
import io.epicfhir.load.sql.Identifiers;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
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
    StandingTable table = StandingTable.of(session.connection(), read(view));
    if (table.isIndex() && !Neighbours.isOurs(this, view)) {
      throw StandingTable.inTheWay(read(view), "an index");
    }
    return table;
  }

  /**
   * The table as it is in a transaction that changes it, once nobody else can give it anything:
   * what came while its rows were copied counts, too.
   *
   * @param before as it was before the copy
   * @param lock the lock's mode
   */
  StandingTable locked(Connection connection, String view, StandingTable before, String lock)
      throws SQLException {
    if (before.canBeLocked()) {
      try {
        Sql.execute(
            connection, "LOCK TABLE %s IN %s MODE".formatted(before.from(read(view)), lock));
      } catch (SQLException e) {
        if ("42P01".equals(e.getSQLState())) {
          throw changedMeanwhile(view); // it is gone
        }
        throw e;
      }
    }
    return StandingTable.of(connection, read(view));
  }

  /** A later try finds the table as it is then. */
  PostgresFailure changedMeanwhile(String view) {
    return new PostgresFailure(
        PostgresFailure.Kind.BUSY,
        "Cannot load %s.%s: someone altered the table while its rows were being copied; rerun"
            .formatted(settings.schema(), view));
  }

  /**
   * A copy of many rows would be in vain where another session holds the table.
   *
   * @param modes the locks that are in the way, as an expression on pg_locks
   */
  void notHeld(ViewSnapshot view, String modes) throws SQLException {
    String holders =
        """
        SELECT count(*) FROM pg_catalog.pg_locks WHERE granted AND pid <> pg_backend_pid()
          AND database = (SELECT oid FROM pg_catalog.pg_database
            WHERE datname = current_database()) AND relation = to_regclass(%s) AND %s"""
            .formatted(Identifiers.literal(read(view.name())), modes);
    if (session.number(holders) > 0) {
      throw new PostgresFailure(
          PostgresFailure.Kind.BUSY,
          "Cannot put the new "
              + nameOf(view)
              + " in place: another session holds a lock; rerun when it has ended");
    }
  }

  /** The table that analysts read, quoted. */
  String read(String view) {
    return Identifiers.quoted(settings.schema(), view);
  }

  /** The table's name as people write it. */
  String nameOf(ViewSnapshot view) {
    return settings.schema() + "." + view.name();
  }

  RowsSql rowsSql(ViewSnapshot view, StandingTable table) {
    return new RowsSql(
        view.shape(), settings.stateSchema(), settings.schema(), table.from(read(view.name())));
  }

  /** Makes an empty staging table of other columns than the view's. */
  String[] emptyRows(ViewSnapshot view, TableShape staged) {
    return new RowsSql(view.shape(), settings.stateSchema(), settings.schema(), "").create(staged);
  }

  /** A load whose rows are not all there is none. */
  void allArrived(ViewSnapshot view, long arrived, long expected) {
    if (arrived != expected) {
      throw new PostgresFailure(
          PostgresFailure.Kind.DATA,
          "Cannot load %s: %d rows arrived of the %d that the view table has; the table keeps its last rows; rerun"
              .formatted(nameOf(view), arrived, expected));
    }
  }

  /**
   * What a person must hear of this run's loads.
   *
   * @param first what is known already
   */
  List<String> warnings(List<String> first) throws SQLException {
    List<String> all = new ArrayList<>(first);
    all.addAll(state.warnings(session.connection(), runKey));
    all.addAll(new RefusedValues(this).warnings());
    return all.stream().distinct().toList(); // a second try of an erasure's load finds its own
  }

  /** Notes in the transaction that the view's table is now this version. */
  void loaded(Connection connection, LoadRequest request, LoadNote note) throws SQLException {
    state.loaded(connection, request.view().at(), request.view().name(), runKey, note);
  }

  /**
   * One transaction, tried for as long as patience lasts, in short waits: while a swap waits for a
   * long query on the old table, new queries queue up behind it.
   *
   * @param name of the table, or tables, for people
   */
  void patiently(String name, Duration patience, PostgresSession.Work work) throws SQLException {
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
        PostgresFailure failure = PostgresFailure.of(e, "put the new " + name + " in place");
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
    show(connection, table, read);
    w.on(connection);
    hideAgain(connection, table, read);
  }

  /** The first half of {@link #seeing}. */
  static void show(Connection connection, StandingTable table, String read) throws SQLException {
    if (table.hidden()) {
      Sql.execute(connection, "ALTER TABLE " + read + " NO FORCE ROW LEVEL SECURITY");
    }
  }

  /** The second half of {@link #seeing}. */
  static void hideAgain(Connection connection, StandingTable table, String read)
      throws SQLException {
    if (table.hidden()) {
      Sql.execute(connection, "ALTER TABLE " + read + " FORCE ROW LEVEL SECURITY");
    }
  }
}
