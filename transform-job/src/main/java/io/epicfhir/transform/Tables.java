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
import java.util.function.Supplier;
import org.apache.hadoop.fs.FileStatus;
import org.apache.spark.sql.SparkSession;

/** All silver and view tables of the lake, brought up to date with its landings. */
final class Tables {
  /** Who writes silver or views holds it. */
  static final String LOCK = "silver";

  private final Supplier<SparkSession> spark;
  private final Lake lake;
  private final TransformSettings settings;
  private final Map<String, TypeViews> views;
  private final MetricRegistry registry;
  private final AtomicBoolean failed = new AtomicBoolean();

  /**
   * @param spark asked only where there is something to do
   */
  Tables(
      Supplier<SparkSession> spark,
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
   * @param again what is done although it was done before
   * @param runKey the logical run, for the marks
   */
  TransformResult bringUpToDate(Again again, String runKey) throws InterruptedException {
    AppliedExports exports = new AppliedExports(lake);
    TypeWork.Input pending = input(exports.backlog(again.exports()));
    List<String> names = types(pending.backlog(), pending.deletions().keySet());
    again.check(
        names,
        views.values().stream()
            .flatMap(type -> type.views().stream())
            .map(ViewPlan::name)
            .toList());
    SilverCheck.check(
        names.stream()
            .filter(type -> !again.types().contains(type))
            .map(type -> new SilverTable(lake, type, settings.writing()))
            .toList(),
        spark);
    TypeWork.Input all = again.types().isEmpty() ? pending : input(exports.everything());
    TypeWork work = new TypeWork(lake, registry, settings.writing(), pending, all, again);
    List<TypeResult> types = sideBySide(work, names);
    for (Landing landing : pending.backlog().pending()) {
      Failpoint.at("applied.mark");
      exports.mark(landing, runKey);
    }
    return new TransformResult(
        pending.backlog().pending().stream().map(Landing::exportId).toList(),
        types,
        unknownViews());
  }

  /** Landings whose files are what they say. */
  private TypeWork.Input input(Backlog backlog) {
    new BronzeFiles(lake).check(backlog);
    return new TypeWork.Input(backlog, deletions(backlog));
  }

  private Map<String, Long> deletions(Backlog backlog) {
    if (backlog.deletionFiles().isEmpty()) {
      return Map.of();
    }
    SparkSession session = spark.get();
    session.sparkContext().setJobGroup("deletions", "deletions", false);
    try {
      return Deletions.countByType(new BronzeReader(session, lake.paths(), backlog).deletions());
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
