package io.epicfhir.transform;

import com.codahale.metrics.MetricRegistry;
import io.epicfhir.common.Lake;
import io.epicfhir.transform.SilverChanges.Counts;
import io.epicfhir.transform.views.Drift;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** One resource type: first its silver table, then its views. */
final class TypeWork {
  private final Lake lake;
  private final MetricRegistry registry;
  private final WriteSettings writing;
  private final Backlog backlog;
  private final Map<String, Long> deletions;

  /**
   * @param backlog what is pending
   * @param deletions pending deletions by type
   */
  TypeWork(
      Lake lake,
      MetricRegistry registry,
      WriteSettings writing,
      Backlog backlog,
      Map<String, Long> deletions) {
    this.lake = lake;
    this.registry = registry;
    this.writing = writing;
    this.backlog = backlog;
    this.deletions = deletions;
  }

  TypeResult run(SparkSession base, String type, TypeViews views) {
    long start = System.nanoTime();
    SilverTable silver = new SilverTable(lake, type, writing);
    long landed = backlog.pendingRows(type);
    long deleted = deletions.getOrDefault(type, 0L);
    SparkSession spark =
        TableSession.of(base, backlog.bytes(type), silver.bytes(), silver.folder().logBytes());
    Optional<Counts> counts = Optional.empty();
    if (landed + deleted > 0) {
      counts =
          Optional.of(
              named(spark, "silver", type, () -> apply(spark, silver, type, landed + deleted)));
    }
    Optional<SilverTable.State> state = silver.state(spark);
    Standing standing =
        views.views().isEmpty()
            ? new Standing(Map.of(), Map.of())
            : views(spark, silver, state, counts, views);
    return new TypeResult(
        type,
        landed,
        deleted,
        counts,
        state,
        standing.views(),
        standing.drift(),
        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
  }

  private Counts apply(SparkSession spark, SilverTable silver, String type, long landed) {
    return silver.apply(
        spark,
        new BronzeReader(spark, lake.paths(), backlog).candidates(type),
        landed,
        backlog.rows(type) + deletions.getOrDefault(type, 0L));
  }

  /** The views of a type, and what their passes met that FHIR does not say. */
  private record Standing(Map<String, ViewTable.State> views, Map<String, Long> drift) {}

  private Standing views(
      SparkSession spark,
      SilverTable silver,
      Optional<SilverTable.State> state,
      Optional<Counts> counts,
      TypeViews views) {
    boolean few = counts.filter(c -> TableSession.few(c.changed())).isPresent();
    Drift drift = Drift.registered(spark.sparkContext());
    UnaryOperator<Dataset<Row>> parse = rows -> views.parse().apply(rows, drift);
    ViewSource source =
        state
            .map(
                s ->
                    ViewSource.of(
                        silver.folder().read(spark), s.deltaVersion(), s.bytes(), few, parse))
            .orElseGet(() -> ViewSource.empty(spark, parse));
    Map<String, ViewTable.State> standing = new LinkedHashMap<>();
    Map<String, Long> odd = new TreeMap<>();
    for (ViewPlan plan : views.views()) {
      try {
        ViewTable table = new ViewTable(lake, plan, writing);
        standing.put(
            plan.name(),
            named(spark, "view", plan.name(), () -> table.bringUpToDate(spark, source)));
        // Each view passes over the resources that are new to it; the most that one saw is told.
        drift.value().forEach((what, times) -> odd.merge(what, times, Math::max));
        drift.reset();
      } catch (Exception e) {
        throw Failures.of("view " + plan.name(), e);
      }
    }
    return new Standing(standing, odd);
  }

  /** Names the work in Spark's UI, in the stages of the report, and in its timers. */
  private <T> T named(SparkSession spark, String what, String name, Supplier<T> work) {
    spark.sparkContext().setJobGroup(what + " " + name, what + " " + name, false);
    return registry.timer(what + "." + name).timeSupplier(work);
  }
}
