package io.epicfhir.load;

import io.epicfhir.common.Failpoint;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * The three ways of rows into a table of PostgreSQL: a new table in the old one's place, all rows
 * in their place, changed resources in their place. Each ends in one transaction that also notes
 * the Delta version.
 *
 * @param runKey the logical run, for the record
 * @param retries how to wait for locks
 * @param session the connection that has the lock
 * @param notes sentences for the person who reads the report
 */
record PostgresTable(
    LoadSettings settings,
    String runKey,
    Retries retries,
    LoadState state,
    PostgresSession session,
    StagedCopy staged,
    Consumer<String> notes) {

  /** The table as it stands. */
  StandingTable standing(String view) throws SQLException {
    return StandingTable.of(session.connection(), read(view));
  }

  /** The table that analysts read, quoted. */
  String read(String view) {
    return Identifiers.quoted(settings.schema(), view);
  }

  /** Makes it these rows. */
  Loaded replace(ViewSnapshot view, Dataset<Row> rows, long expected) throws SQLException {
    StandingTable table = standing(view.name());
    return table.dependedOn()
        ? replaceRows(view, rows, expected, table)
        : replaceTable(view, rows, expected, table);
  }

  private Loaded replaceTable(
      ViewSnapshot view, Dataset<Row> rows, long expected, StandingTable old) throws SQLException {
    var kept =
        settings.removedColumns() == LoadSettings.RemovedColumns.KEEP
            ? old.beyond(view.shape())
            : List.<StandingTable.Column>of();
    TableSql sql = new TableSql(view.shape(), kept, settings.stateSchema(), settings.schema());
    Loaded loaded = staged.copy(view.shape(), sql.create(), rows, view, expected);
    allArrived(view, loaded, expected);
    finish(view, sql);
    patiently(
        view,
        connection -> {
          try (Statement statement = connection.createStatement()) {
            for (String grant : texts(statement, sql.rights())) {
              statement.execute(grant);
            }
            for (String step : sql.swap()) {
              statement.execute(step);
            }
          }
          state.stands(connection, view, expected, runKey);
        });
    return loaded;
  }

  private void finish(ViewSnapshot view, TableSql sql) throws SQLException {
    session.execute(sql.analyze());
    session.execute(sql.indexes(indexed(sql)));
    for (StandingTable.Column column : sql.kept()) {
      notes.accept(
          "%s keeps the column %s, always empty, which its view has no more; load.removed-columns = drop takes it away"
              .formatted(nameOf(view), column.name()));
    }
    othersIndexes(view, sql);
    session.execute(sql.comments());
    if (!settings.readerRole().isEmpty()) {
      session.execute(sql.readBy(settings.readerRole()));
    }
  }

  /** The columns of the primary key, and of what is the same as id in each row. */
  private Set<String> indexed(TableSql sql) throws SQLException {
    Set<String> indexed = new HashSet<>();
    if (sql.hasId()) {
      if (session.number(sql.idLooksUnique()) == 1 && primaryKey(sql)) {
        indexed.add("id");
      }
      if (session.number(sql.idIsAnother()) == 0) {
        indexed.add(TableShape.RESOURCE_ID);
      }
    }
    return indexed;
  }

  /** An index that the new columns do not take is no reason to have no rows. */
  private void othersIndexes(ViewSnapshot view, TableSql sql) throws SQLException {
    List<String> indexes;
    try (Statement statement = session.connection().createStatement()) {
      indexes = texts(statement, sql.othersIndexes());
    }
    for (String index : indexes) {
      try {
        session.execute(index);
      } catch (SQLException e) {
        if (e.getSQLState() == null || !e.getSQLState().startsWith("42")) {
          throw e;
        }
        notes.accept(
            "%s has lost an index that its new columns do not take: %s"
                .formatted(nameOf(view), index));
      }
    }
  }

  private boolean primaryKey(TableSql sql) throws SQLException {
    try {
      session.execute(sql.primaryKey());
      return true;
    } catch (SQLException e) {
      if (e.getSQLState() != null && e.getSQLState().startsWith("23")) {
        return false; // the statistics saw a sample only
      }
      throw e;
    }
  }

  private Loaded replaceRows(
      ViewSnapshot view, Dataset<Row> rows, long expected, StandingTable table)
      throws SQLException {
    List<TableShape.Column> retyped = table.retyped(view.shape());
    if (!retyped.isEmpty()) {
      throw new PostgresFailure(
          PostgresFailure.Kind.DEPENDED_ON,
          "Cannot load %s: column %s is %s now, and SQL views or others stand on the table; drop"
                  .formatted(nameOf(view), retyped.get(0).name(), retyped.get(0).sqlType())
              + " what stands on it, rerun, and make it again");
    }
    RowsSql sql = rowsSql(view);
    Loaded loaded = staged.copy(view.shape(), sql.create(view.shape()), rows, view, expected);
    allArrived(view, loaded, expected);
    String[] columns = sql.addColumns(table.missing(view.shape()));
    patiently(view, connection -> execute(connection, columns));
    patiently(
        view,
        connection -> {
          stillThere(connection, sql, loaded);
          execute(connection, sql.deleteAll(), sql.insertAll(), sql.drop());
          state.stands(connection, view, expected, runKey);
        });
    return loaded;
  }

  /**
   * Takes changes in.
   *
   * @param before how many rows it has
   * @return empty, and nothing changed, where the rows do not add up to the view table's
   */
  Optional<Loaded> change(ViewChanges changes, long before, long expected) throws SQLException {
    ViewSnapshot view = changes.view();
    RowsSql sql = rowsSql(view);
    TableShape shape = view.shape().withChange();
    String delete = sql.deleteChanged(standing(view.name()).resourceIndexed());
    Loaded loaded = staged.copy(shape, sql.create(shape), changes.rows(), view, 0);
    try {
      patiently(
          view,
          connection -> {
            stillThere(connection, sql, loaded);
            try (Statement statement = connection.createStatement()) {
              long gone = statement.executeLargeUpdate(delete);
              long come = statement.executeLargeUpdate(sql.insertChanged());
              if (before - gone + come != expected) {
                throw new DoesNotAddUp();
              }
            }
            execute(connection, sql.drop());
            state.stands(connection, view, expected, runKey);
          });
      return Optional.of(loaded);
    } catch (DoesNotAddUp e) {
      return Optional.empty();
    } catch (PostgresFailure e) {
      if (e.kind() == PostgresFailure.Kind.DATA) {
        return Optional.empty(); // a key that is none any more; a table made anew goes without
      }
      throw e;
    }
  }

  /** A change that leaves other rows than the view table has; takes the transaction back. */
  private static final class DoesNotAddUp extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private RowsSql rowsSql(ViewSnapshot view) {
    return new RowsSql(view.shape(), settings.stateSchema(), settings.schema());
  }

  private void allArrived(ViewSnapshot view, Loaded loaded, long expected) {
    if (loaded.rows() != expected) {
      throw new PostgresFailure(
          PostgresFailure.Kind.DATA,
          "Cannot load %s: %d rows arrived of the %d that the view table has; the old table stays"
              .formatted(nameOf(view), loaded.rows(), expected));
    }
  }

  /** A table without a log is empty after a crash of the server; then all of it is tried again. */
  private static void stillThere(Connection connection, RowsSql sql, Loaded loaded)
      throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet found = statement.executeQuery(sql.countStaged())) {
      found.next();
      if (found.getLong(1) != loaded.rows()) {
        throw new PostgresFailure(
            PostgresFailure.Kind.BROKEN, "The server lost the staged rows; rerun");
      }
    }
  }

  /**
   * One transaction, tried for as long as patience lasts, in short waits: while a swap waits for a
   * long query on the old table, new queries queue up behind it.
   */
  private void patiently(ViewSnapshot view, PostgresSession.Work work) throws SQLException {
    Instant deadline = Instant.now().plus(settings.lockPatience());
    String timeout = "SET LOCAL lock_timeout = " + settings.swapTimeout().toMillis();
    for (boolean done = false; !done; ) {
      try {
        session.transaction(
            connection -> {
              execute(connection, timeout);
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

  private static void execute(Connection connection, String... statements) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  private static List<String> texts(Statement statement, String query) throws SQLException {
    List<String> texts = new ArrayList<>();
    try (ResultSet found = statement.executeQuery(query)) {
      while (found.next()) {
        texts.add(found.getString(1));
      }
    }
    return texts;
  }

  private String nameOf(ViewSnapshot view) {
    return settings.schema() + "." + view.name();
  }
}
