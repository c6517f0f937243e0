package io.epicfhir.load;

import io.epicfhir.common.JobException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * PostgreSQL: rows are copied by several connections into a table that nobody reads yet, which gets
 * its keys and statistics there; then one short transaction drops the old table, puts the new one
 * in its place and notes the Delta version.
 */
final class PostgresTarget implements Target {
  private final LoadSettings settings;
  private final String runKey;
  private final Retries retries;
  private final LoadState state;
  private final PostgresSession session;

  private PostgresTarget(LoadSettings settings, String runKey, Retries retries) {
    this.settings = settings;
    this.runKey = runKey;
    this.retries = retries;
    this.state = new LoadState(settings.stateSchema(), settings.schema());
    this.session =
        new PostgresSession(settings.access(), settings.stateSchema(), settings.lockPatience());
  }

  /**
   * Connects, waits for another loader, and makes the pipeline's own tables where they are missing.
   *
   * @param runKey the logical run, for the record
   * @throws JobException where the database cannot be used, or another loader goes on for too long
   */
  static PostgresTarget open(LoadSettings settings, String runKey, Retries retries) {
    PostgresTarget target = new PostgresTarget(settings, runKey, retries);
    target.guarded(
        "prepare the schemas",
        () -> {
          target.state.create(target.session.connection());
          return true;
        });
    return target;
  }

  @Override
  public Optional<Standing> standing(String view) {
    return guarded("look at " + nameOf(view), () -> stands(view));
  }

  @Override
  public Loaded replace(ViewSnapshot view, Dataset<Row> rows, long expected) {
    return guarded("load " + nameOf(view.name()), () -> build(view, rows, expected));
  }

  @Override
  public String nameOf(String view) {
    return settings.schema() + "." + view;
  }

  @Override
  public void close() {
    session.close();
  }

  private Optional<Standing> stands(String view) throws SQLException {
    String table = Identifiers.quoted(settings.schema(), view);
    boolean there =
        session.number("SELECT count(to_regclass(" + Identifiers.literal(table) + "))") == 1;
    Optional<Standing> last = state.standing(session.connection(), view);
    if (!there || last.isEmpty()) {
      return Optional.empty();
    }
    long counted = session.number("SELECT count(*) FROM " + table);
    return last.map(s -> new Standing(s.tableId(), s.version(), s.rows(), counted));
  }

  private Loaded build(ViewSnapshot view, Dataset<Row> rows, long expected) throws SQLException {
    String attempt = UUID.randomUUID().toString();
    TableSql sql = new TableSql(view.shape(), settings.stateSchema(), settings.schema());
    state.staging(view.name());
    state.begin(session.connection(), view.name(), attempt);
    session.execute(sql.create());
    copy(view.shape(), rows, attempt);
    Loaded loaded = state.copied(session.connection(), attempt);
    if (loaded.rows() != expected) {
      throw new PostgresFailure(
          PostgresFailure.Kind.DATA,
          "Cannot load %s: %d rows arrived of the %d that the view table has; the old table stays"
              .formatted(nameOf(view.name()), loaded.rows(), expected));
    }
    finish(sql);
    swap(view, sql, loaded.rows());
    return loaded;
  }

  private void finish(TableSql sql) throws SQLException {
    session.execute(sql.analyze());
    boolean key = sql.hasId() && session.number(sql.idLooksUnique()) == 1 && primaryKey(sql);
    session.execute(sql.indexes(key));
    session.execute(sql.comments());
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

  private void copy(TableShape shape, Dataset<Row> rows, String attempt) {
    Column[] texts = shape.columns().stream().map(TableShape.Column::asText).toArray(Column[]::new);
    PartitionCopy copy =
        new PartitionCopy(settings.access(), state, attempt, shape, settings.nulPolicy());
    try {
      rows.select(texts).coalesce(settings.parallelCopies()).foreachPartition(copy);
    } catch (Exception e) {
      // Spark wraps a task's exception; what it says of it quotes nothing but our own message.
      for (Throwable cause = e; cause != null; cause = cause.getCause()) {
        if (cause instanceof PostgresFailure known) {
          throw known;
        }
      }
      throw e;
    }
  }

  /**
   * Tries for as long as patience lasts, in short waits: while the swap waits for a long query on
   * the old table, new queries queue up behind it.
   */
  private void swap(ViewSnapshot view, TableSql sql, long rows) throws SQLException {
    Instant deadline = Instant.now().plus(settings.lockPatience());
    for (boolean done = false; !done; ) {
      try {
        session.transaction(connection -> swapOnce(connection, view, sql, rows));
        done = true;
      } catch (SQLException e) {
        PostgresFailure failure =
            PostgresFailure.of(e, "put the new " + nameOf(view.name()) + " in place");
        if (failure.kind() != PostgresFailure.Kind.BUSY || Instant.now().isAfter(deadline)) {
          throw failure;
        }
        retries.sleeper().accept(settings.swapTimeout());
      }
    }
  }

  private void swapOnce(Connection connection, ViewSnapshot view, TableSql sql, long rows)
      throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET LOCAL lock_timeout = " + settings.swapTimeout().toMillis());
      for (String grant : texts(statement, sql.rights())) {
        statement.execute(grant);
      }
      for (String step : sql.swap()) {
        statement.execute(step);
      }
    }
    state.stands(connection, view, rows, runKey);
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

  /** Work that the database may break off. */
  private interface Attempt<T> {
    T make() throws SQLException;
  }

  /** What leaves this class says how the job ends. */
  private <T> T guarded(String doing, Attempt<T> attempt) {
    Supplier<T> work =
        () -> {
          try {
            return attempt.make();
          } catch (SQLException e) {
            throw PostgresFailure.of(e, doing);
          }
        };
    try {
      return retries.run(work);
    } catch (PostgresFailure e) {
      throw e.asJobException();
    }
  }
}
