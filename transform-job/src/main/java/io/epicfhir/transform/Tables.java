package io.epicfhir.transform;

import com.codahale.metrics.MetricRegistry;
import io.epicfhir.common.Failpoint;
import io.epicfhir.common.Lake;
import io.epicfhir.common.Landing;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.hadoop.fs.FileStatus;
import org.apache.spark.sql.SparkSession;

/** All silver and view tables of the lake, brought up to date with its landings. */
final class Tables {
  /** Who writes silver or views holds it. */
  static final String LOCK = "silver";

  private final SparkSession spark;
  private final Lake lake;
  private final TransformSettings settings;
  private final Map<String, TypeViews> views;
  private final MetricRegistry registry;
  private final AtomicBoolean failed = new AtomicBoolean();

  Tables(
      SparkSession spark,
      Lake lake,
      TransformSettings settings,
      Map<String, TypeViews> views,
      MetricRegistry registry) {
    this.spark = spark;
    this.lake = lake;
    this.settings = settings;
    this.views = views;
    this.registry = registry;
  }

  /**
   * Applies what is pending; whoever calls has the lock of the tables.
   *
   * @param asked an export to apply whether or not it was applied before
   * @param runKey the logical run, for the marks
   */
  TransformResult bringUpToDate(Optional<String> asked, String runKey) throws InterruptedException {
    AppliedExports exports = new AppliedExports(lake);
    Backlog backlog = exports.backlog(asked);
    new BronzeFiles(lake).check(backlog);
    Map<String, Long> deletions = deletions(backlog);
    TypeWork work = new TypeWork(lake, registry, settings.writing(), backlog, deletions);
    List<TypeResult> types = sideBySide(work, types(backlog, deletions.keySet()));
    for (Landing landing : backlog.pending()) {
      Failpoint.at("applied.mark");
      exports.mark(landing, runKey);
    }
    return new TransformResult(
        backlog.pending().stream().map(Landing::exportId).toList(), types, unknownViews());
  }

  private Map<String, Long> deletions(Backlog backlog) {
    if (backlog.deletionFiles().isEmpty()) {
      return Map.of();
    }
    spark.sparkContext().setJobGroup("deletions", "deletions", false);
    try {
      return Deletions.countByType(new BronzeReader(spark, lake.paths(), backlog).deletions());
    } catch (Exception e) {
      throw Failures.of("the deletions", e);
    }
  }

  /**
   * Every type with a table, a view or something pending. First those that views of others refer
   * to, so that a reader finds what a new row points to; then the biggest backlog, so that none is
   * left to run alone at the end.
   */
  private List<String> types(Backlog backlog, Set<String> deleted) {
    Set<String> types = new TreeSet<>(backlog.resourceTypes());
    types.addAll(deleted);
    types.addAll(views.keySet());
    types.addAll(folders("silver"));
    Set<String> referredTo = new TreeSet<>();
    views.forEach(
        (type, ofType) ->
            ofType.refersTo().stream().filter(t -> !t.equals(type)).forEach(referredTo::add));
    return types.stream()
        .sorted(
            Comparator.comparing((String type) -> !referredTo.contains(type))
                .thenComparing(type -> -backlog.bytes(type)))
        .toList();
  }

  private List<TypeResult> sideBySide(TypeWork work, List<String> types)
      throws InterruptedException {
    ExecutorService pool = Executors.newFixedThreadPool(settings.parallelTables());
    try {
      List<Future<Optional<TypeResult>>> running = new ArrayList<>();
      for (String type : types) {
        running.add(pool.submit(() -> unlessFailed(work, type)));
      }
      return results(running);
    } finally {
      pool.shutdown();
    }
  }

  /** After a failure nothing new is begun; what runs comes to its own end. */
  private Optional<TypeResult> unlessFailed(TypeWork work, String type) {
    if (failed.get()) {
      return Optional.empty();
    }
    try {
      SparkSession.setActiveSession(spark);
      return Optional.of(work.run(spark, type, views.getOrDefault(type, TypeViews.NONE)));
    } catch (Exception e) {
      failed.set(true);
      throw Failures.of("silver " + type, e);
    } catch (Error e) {
      failed.set(true);
      throw e;
    }
  }

  private static List<TypeResult> results(List<Future<Optional<TypeResult>>> running)
      throws InterruptedException {
    List<TypeResult> results = new ArrayList<>();
    Throwable first = null;
    for (Future<Optional<TypeResult>> one : running) {
      try {
        one.get().ifPresent(results::add);
      } catch (ExecutionException e) {
        if (first == null) {
          first = e.getCause();
        } else {
          first.addSuppressed(e.getCause());
        }
      }
    }
    if (first instanceof Error error) {
      throw error;
    }
    if (first != null) {
      throw Failures.of("the tables", first);
    }
    return results;
  }

  private List<String> unknownViews() {
    List<String> unknown = new ArrayList<>(folders("views"));
    views.values().forEach(type -> type.views().forEach(view -> unknown.remove(view.name())));
    return unknown;
  }

  private List<String> folders(String parent) {
    return lake.list(lake.paths().at(parent)).stream()
        .filter(FileStatus::isDirectory)
        .map(folder -> folder.getPath().getName())
        .toList();
  }
}
