package io.epicfhir.load.postgres;

import io.epicfhir.common.JobException;
import io.epicfhir.load.postgres.copy.CopyConnections;
import io.epicfhir.load.postgres.copy.StagedCopy;
import io.epicfhir.load.postgres.session.PostgresSession;
import io.epicfhir.load.postgres.session.Retries;
import io.epicfhir.load.postgres.state.AuditCopy;
import io.epicfhir.load.postgres.state.LoadState;
import io.epicfhir.load.quality.QualitySettings;
import io.epicfhir.load.settings.LoadSettings;
import io.epicfhir.load.spi.LoadRequest;
import io.epicfhir.load.spi.LoadResult;
import io.epicfhir.load.spi.TableShape;
import io.epicfhir.load.spi.Target;
import io.epicfhir.load.spi.TargetLimits;
import io.epicfhir.load.spi.ViewChanges;
import io.epicfhir.load.spi.ViewSnapshot;
import io.epicfhir.load.sql.Identifiers;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * PostgreSQL: rows are copied by several connections into a table that nobody reads; then one
 * transaction makes them true and notes the version. A whole table gets its keys and statistics
 * first and takes the old one's place; changed resources, and tables that others gave something of
 * their own, are changed in their place.
 */
public final class PostgresTarget implements Target {
  /** See PostgreSQL's documentation: Limits, and System Columns. */
  public static final TargetLimits LIMITS =
      new TargetLimits(
          Identifiers.NAME,
          Identifiers.IN_WORDS,
          Set.of("ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"),
          1_600);

  private final LoadSettings settings;
  private final Retries retries;
  private final LoadState state;
  private final PostgresSession session;
  private final List<JobException> problems = new ArrayList<>();
  private final Consumer<String> notes;
  private final String runKey;
  private final AuditCopy audit;
  private final CopyConnections connections;
  private PostgresLoad load;

  private PostgresTarget(
      LoadSettings settings,
      AuditCopy audit,
      String runKey,
      Retries retries,
      Consumer<String> notes) {
    this.settings = settings;
    this.audit = audit;
    this.retries = retries;
    this.notes = notes;
    this.runKey = runKey;
    this.state = new LoadState(settings.stateSchema(), settings.schema());
    this.connections =
        new CopyConnections(settings.access(), settings.lockPatience(), settings.parallelCopies());
    this.session =
        new PostgresSession(
            settings.access(),
            settings.stateSchema(),
            settings.lockPatience(),
            settings.swapTimeout());
  }

  /**
   * Connects, waits for another loader, and makes the pipeline's own tables where they are missing.
   *
   * @param audit of the lake whose views are loaded
   * @param runKey the logical run, for the record
   * @param notes sentences for the person who reads the report
   * @throws JobException where the database cannot be used, another loader goes on for too long, or
   *     the schema has another lake's tables
   */
  public static PostgresTarget open(
      LoadSettings settings,
      AuditCopy audit,
      String runKey,
      Retries retries,
      Consumer<String> notes) {
    PostgresTarget target = new PostgresTarget(settings, audit, runKey, retries, notes);
    try {
      target.guarded("prepare the schemas", target::prepare);
    } catch (JobException e) {
      target.close();
      throw e;
    }
    return target;
  }

  private boolean prepare() throws SQLException {
    settings.access().requireUnicode(session.connection());
    state.create(session.connection(), settings.readerRole());
    session.transaction(audit::create);
    audit.bringUpToDate(session.connection());
    String role = new ReaderRole(settings, state, session).given(problems::add);
    load =
        new PostgresLoad(
            settings,
            runKey,
            role,
            retries,
            state,
            session,
            new StagedCopy(settings, state, session, connections),
            notes);
    new LeftOutIndexes(load).tell();
    return true;
  }

  @Override
  public TargetLimits limits() {
    return LIMITS;
  }

  @Override
  public Optional<Standing> standing(ViewSnapshot view) {
    return guarded(
        "look at " + nameOf(view.name()), () -> new StandingCheck(load, state, session).of(view));
  }

  @Override
  public Optional<Standing> lookedAt(ViewSnapshot view) {
    return guarded(
        "look at " + nameOf(view.name()),
        () -> new StandingCheck(load, state, session).read(view.shape()));
  }

  @Override
  public LoadResult replace(LoadRequest request) {
    return guarded(
        "load " + nameOf(request.view().name()),
        () -> {
          StandingTable table = load.standing(request.view().name());
          return table.dependedOn()
              ? new ReplaceRows(load).of(request, table)
              : new ReplaceTable(load).of(request, table);
        });
  }

  @Override
  public Optional<LoadResult> change(LoadRequest request, ViewChanges changes, Standing before) {
    return guarded(
        "change " + nameOf(request.view().name()),
        () -> new ChangeRows(load).of(request, changes, before.at()));
  }

  @Override
  public List<List<String>> tied(Set<String> waiting) {
    return guarded(
        "read the foreign keys", () -> new Neighbours(state).groups(session.connection(), waiting));
  }

  @Override
  public List<Optional<TiedResult>> together(List<Tied> group) {
    TiedRows rows = new TiedRows(load, group);
    return guarded("load " + rows, rows::load);
  }

  @Override
  public boolean verify(LoadRequest request) {
    return guarded(
        "verify " + nameOf(request.view().name()),
        () -> new ContentCheck(load, state, session).of(request));
  }

  @Override
  public Map<String, String> changedByOthers(List<TableShape> loaded, Set<String> changed) {
    return guarded(
        "look at what the loads did to other tables",
        () -> new StandingCheck(load, state, session).changedByOthers(loaded, changed));
  }

  @Override
  public Map<String, Map<String, Object>> facts(List<TableShape> views) {
    return guarded(
        "read what the tables contain",
        () -> new TableFacts(settings.schema(), session, notes).of(views));
  }

  @Override
  public Map<String, Map<String, Object>> quality(QualitySettings quality) {
    return guarded(
        "run the quality checks",
        () -> new QualityRun(quality, settings.schema(), load.readerRole(), session).run());
  }

  @Override
  public List<String> warnings() {
    return guarded(
        "read the warnings", () -> load.warnings(audit.warnings(session.connection(), runKey)));
  }

  @Override
  public List<JobException> problems() {
    return List.copyOf(problems);
  }

  @Override
  public boolean answers() {
    return session.answers();
  }

  @Override
  public Duration patience() {
    return settings.lockPatience();
  }

  @Override
  public String nameOf(String view) {
    return settings.schema() + "." + view;
  }

  @Override
  public int tablesAtOnce() {
    return settings.parallelCopies();
  }

  @Override
  public void close() {
    connections.close();
    session.close();
  }

  private <T> T guarded(String doing, Guarded.Attempt<T> attempt) {
    return new Guarded(session, retries, state).run(doing, attempt);
  }
}
