package io.epicfhir.transform.joined;

import io.epicfhir.common.JobException;
import io.epicfhir.common.SideBySide;
import io.epicfhir.common.delta.DamagedLog;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.transform.Failures;
import io.epicfhir.transform.UnreadFile;
import io.epicfhir.transform.delta.DeletionVectors;
import io.epicfhir.transform.delta.KeptTable;
import io.epicfhir.transform.lookups.LookupResults;
import io.epicfhir.transform.sqlviews.AnalysedView;
import io.epicfhir.transform.sqlviews.SqlCatalog;
import io.epicfhir.transform.sqlviews.SqlView;
import io.epicfhir.transform.sqlviews.SqlView.Dependency;
import io.epicfhir.transform.sqlviews.SqlView.Kind;
import io.epicfhir.transform.sqlviews.TableOrder;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings all joined tables up to date, in the order of their dependencies, those that do not need
 * each other side by side: a small one is mostly plans, and a plan is made by one core. Each stands
 * alone: one that fails keeps its last good rows, those that read it wait, and the others go on.
 */
public final class JoinedTables {
  private static final Logger LOG = LoggerFactory.getLogger(JoinedTables.class);

  private final Supplier<SparkSession> spark;
  private final Lake lake;
  private final DeletionVectors vectors;
  private final JoinedLimits limits;
  private final KnownSources sources;
  private final JoinedResults results = JoinedResults.empty();

  /**
   * @param spark asked only where a table is behind
   * @param views the views that are what silver gives, by name
   */
  public JoinedTables(
      Supplier<SparkSession> spark,
      Lake lake,
      DeletionVectors vectors,
      JoinedLimits limits,
      Map<String, Source> views,
      LookupResults lookups) {
    this.spark = spark;
    this.lake = lake;
    this.vectors = vectors;
    this.limits = limits;
    this.sources = new KnownSources(lake, views, lookups);
  }

  /**
   * Brings them up to date.
   *
   * @param order of the same catalog
   * @param anew those that are built anew
   */
  public JoinedResults bringUpToDate(SqlCatalog catalog, TableOrder order, Set<String> anew) {
    Stream.concat(catalog.problems().stream(), order.problems().stream())
        .forEach(one -> failed(one.name(), one.message()));
    try (JoinedSessions sessions = new JoinedSessions(spark, lake, limits, sources, order)) {
      TableQueue queue = new TableQueue(order.views(), sources::read);
      int threads = Math.min(order.views().size(), Runtime.getRuntime().availableProcessors());
      SideBySide.forEach(
          Collections.nCopies(threads, queue),
          tables ->
              tables.each(
                  view ->
                      Failures.attempt(
                          () -> one(view, sessions, anew.contains(view.name())),
                          failure -> fail(view, failure))));
      return results;
    }
  }

  private void one(SqlView view, JoinedSessions sessions, boolean anew) {
    long start = System.nanoTime();
    Optional<Map<String, Source>> found = sources(view);
    if (found.isEmpty()) {
      return; // it waits, and that is reported
    }
    Map<String, Source> byLabel = found.get();
    boolean marked = byLabel.values().stream().anyMatch(Source::marked);
    JoinedTable table = new JoinedTable(lake, view, marked);
    List<JoinedState.Read> reads =
        byLabel.entrySet().stream().map(one -> one.getValue().readAs(one.getKey())).toList();
    KeptTable.Left<JoinedState> read = table.left();
    Optional<JoinedState> left = read.state();
    Optional<String> strange = read.unread().or(() -> left.flatMap(table::strange));
    strange.ifPresent(why -> results.changed().put(view.name(), why));
    Optional<JoinedState> from =
        left.filter(state -> strange.isEmpty())
            .filter(table::isOfThisDefinition)
            .filter(state -> !anew);
    Optional<JoinedState> known = from.filter(state -> !table.isAhead(state));
    if (known.filter(state -> state.reads().equals(reads)).isPresent()) {
      done(
          view,
          marked,
          new JoinedResults.Done(known.get(), JoinedResults.Built.NONE, 0, 0, since(start)));
      return;
    }
    JoinedBuild.Outcome outcome = sessions.with(one -> build(table, byLabel, from, known, one));
    JoinedState state =
        from.filter(before -> outcome.version() == before.deltaVersion())
            .map(before -> before.of(reads))
            .orElseGet(() -> table.state(outcome.version(), reads));
    done(
        view,
        marked,
        new JoinedResults.Done(
            table.keep(state),
            outcome.built(),
            outcome.touched(),
            outcome.changed(),
            since(start)));
  }

  private static double since(long start) {
    return Math.round((System.nanoTime() - start) / 1e6) / 1e3;
  }

  private void done(SqlView view, boolean marked, JoinedResults.Done done) {
    results.done().put(view.name(), done);
    JoinedState state = done.state();
    Source table =
        Source.of(
            "joined/" + view.name(),
            lake.paths().joined(view.name()),
            state.deltaVersion(),
            state.identity(),
            state.bytes());
    sources.add(view.name(), marked ? table.withMarks() : table);
  }

  /** What it reads, by label in order; empty if something is missing, which is reported. */
  private Optional<Map<String, Source>> sources(SqlView view) {
    Map<String, Source> found = new LinkedHashMap<>();
    for (Dependency dependency : view.dependencies()) {
      Optional<Source> source = sources.of(dependency);
      if (source.isEmpty()) {
        failed(
            view.name(),
            "It needs "
                + (dependency.kind() == Kind.LOOKUP ? "the lookup " : "")
                + dependency.name()
                + ", which this run could not bring up to date");
        return Optional.empty();
      }
      found.put(dependency.label(), source.get());
    }
    return Optional.of(found);
  }

  private JoinedBuild.Outcome build(
      JoinedTable table,
      Map<String, Source> byLabel,
      Optional<JoinedState> from,
      Optional<JoinedState> known,
      JoinedSessions.One with) {
    SqlView view = table.view();
    SparkSession own = with.session();
    own.sparkContext().setJobGroup("joined", "joined table " + view.name(), false);
    try (SqlSession sql = new SqlSession(own, view, with.tables(), byLabel)) {
      AnalysedView analysed = sql.analysed();
      TouchRules rules = TouchRules.of(sql, analysed);
      JoinedBuild build = new JoinedBuild(lake, vectors, table, analysed, sql);
      TouchedKeys keys = new TouchedKeys(lake, sql, analysed, rules);
      KeyQuery query = new KeyQuery(sql, analysed, rules);
      try {
        return known
            .filter(state -> view.key().isPresent())
            .flatMap(
                state ->
                    SqlFailure.unlessOfRows(
                        () -> keys.since(state, byLabel).flatMap(k -> build.keys(state, k, query))))
            .orElseGet(() -> build.whole(from, query));
      } catch (Exception e) { // Spark throws checked ones without saying so
        Optional<UnreadFile> file = UnreadFile.in(e);
        if (file.isEmpty() && !(e instanceof DamagedLog)) {
          throw e;
        }
        if (file.filter(one -> one.isIn(table.kept().path())).isEmpty()) {
          return build.whole(from, query); // without what a rebuilt dependency left behind
        }
        results.changed().put(view.name(), file.get().sentence());
        return build.whole(Optional.empty(), query);
      }
    }
  }

  private void fail(SqlView view, Throwable failure) {
    Optional<UnreadFile> file = UnreadFile.in(failure);
    if (file.isPresent()) {
      failed(
          view.name(),
          "It cannot read a table: %s; restore the file from a backup, or delete that table's folder and rerun from transform, which rebuilds it"
              .formatted(file.get().sentence()));
      return;
    }
    RuntimeException told = Failures.ofTable("joined table " + view.name(), failure);
    failed(
        view.name(),
        told instanceof JobException known ? known.getMessage() : SqlFailure.of(view, failure));
    LOG.warn(
        "Joined table {} failed: {}", view.name(), Failures.root(failure).getClass().getName());
  }

  private void failed(String name, String why) {
    results.failed().put(name, "Joined table " + name + " keeps its last good rows. " + why);
  }
}
