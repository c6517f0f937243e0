package io.epicfhir.load;

import io.epicfhir.common.JobException;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * PostgreSQL: rows are copied by several connections into a table that nobody reads; then one
 * transaction makes them true and notes the Delta version. A whole table gets its keys and
 * statistics first and takes the old one's place; changed resources, and tables that others stand
 * on, are changed in their place.
 */
final class PostgresTarget implements Target {
  private final LoadSettings settings;
  private final Retries retries;
  private final LoadState state;
  private final PostgresSession session;
  private final PostgresTable table;
  private final TableFacts facts;

  private PostgresTarget(
      LoadSettings settings, String runKey, Retries retries, Consumer<String> notes) {
    this.settings = settings;
    this.retries = retries;
    this.state = new LoadState(settings.stateSchema(), settings.schema());
    this.session =
        new PostgresSession(settings.access(), settings.stateSchema(), settings.lockPatience());
    this.facts = new TableFacts(settings.schema(), session);
    this.table =
        new PostgresTable(
            settings,
            runKey,
            retries,
            state,
            session,
            new StagedCopy(settings, state, session),
            notes);
  }

  /**
   * Connects, waits for another loader, and makes the pipeline's own tables where they are missing.
   *
   * @param runKey the logical run, for the record
   * @param notes sentences for the person who reads the report
   * @throws JobException where the database cannot be used, or another loader goes on for too long
   */
  static PostgresTarget open(
      LoadSettings settings, String runKey, Retries retries, Consumer<String> notes) {
    PostgresTarget target = new PostgresTarget(settings, runKey, retries, notes);
    target.guarded(
        "prepare the schemas",
        () -> {
          target.state.create(target.session.connection());
          if (!settings.readerRole().isEmpty()) {
            target.session.execute(
                "GRANT USAGE ON SCHEMA "
                    + Identifiers.quoted(settings.schema())
                    + " TO "
                    + Identifiers.role(settings.readerRole()));
          }
          return true;
        });
    return target;
  }

  @Override
  public Optional<Standing> standing(ViewSnapshot view) {
    return guarded("look at " + nameOf(view.name()), () -> stands(view.shape()));
  }

  @Override
  public Loaded replace(ViewSnapshot view, Dataset<Row> rows, long expected) {
    return guarded("load " + nameOf(view.name()), () -> table.replace(view, rows, expected));
  }

  @Override
  public Optional<Loaded> change(ViewChanges changes, Standing before, long expected) {
    return guarded(
        "change " + nameOf(changes.view().name()),
        () -> table.change(changes, before.rows(), expected));
  }

  @Override
  public Map<String, Map<String, Object>> facts(List<TableShape> views) {
    return guarded("look at what the tables hold", () -> facts.of(views));
  }

  @Override
  public String nameOf(String view) {
    return settings.schema() + "." + view;
  }

  @Override
  public void close() {
    session.close();
  }

  private Optional<Standing> stands(TableShape shape) throws SQLException {
    StandingTable standing = table.standing(shape.name());
    Optional<LoadState.Last> last = state.standing(session.connection(), shape.name());
    if (standing.columns().isEmpty() || last.isEmpty()) {
      return Optional.empty();
    }
    long counted = session.number("SELECT count(*) FROM " + table.read(shape.name()));
    boolean fits = standing.has(shape);
    return last.map(s -> new Standing(s.tableId(), s.version(), s.rows(), counted, fits));
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
