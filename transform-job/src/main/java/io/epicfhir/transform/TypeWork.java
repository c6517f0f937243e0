package io.epicfhir.transform;

import com.codahale.metrics.MetricRegistry;
import io.epicfhir.common.Lake;
import io.epicfhir.transform.SilverChanges.Counts;
import io.epicfhir.transform.views.Drift;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
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
  private final Input pending;
  private final Input all;
  private final Again again;

  /**
   * What landings bring.
   *
   * @param deletions how many, by type
   */
  record Input(Backlog backlog, Map<String, Long> deletions) {
    long landed(String type) {
      return backlog.pendingRows(type);
    }

    long deleted(String type) {
      return deletions.getOrDefault(type, 0L);
    }

    /** How many candidates for silver there are, those of later landings too. */
    long candidates(String type) {
      return backlog.rows(type) + deleted(type);
    }
  }

  /**
   * @param pending what is not yet in the tables
   * @param all what ever landed, for the types that are made anew
   */
  TypeWork(
      Lake lake,
      MetricRegistry registry,
      WriteSettings writing,
      Input pending,
      Input all,
      Again again) {
    this.lake = lake;
    this.registry = registry;
    this.writing = writing;
    this.pending = pending;
    this.all = all;
    this.again = again;
  }

  /**
   * Brings the type's tables up to date.
   *
   * @param base asked only where there is something to do
   */
  TypeResult run(Supplier<SparkSession> base, String type, TypeViews views) {
    long start = System.nanoTime();
    SilverTable silver = new SilverTable(lake, type, writing);
    Input input = again.types().contains(type) ? all : pending;
    Supplier<SparkSession> session = once(() -> session(base.get(), input.backlog(), type, silver));
    Optional<Counts> counts = Optional.empty();
    if (input.landed(type) + input.deleted(type) > 0) {
      SparkSession spark = session.get();
      counts = Optional.of(named(spark, "silver", type, () -> apply(spark, silver, type, input)));
    }
    Optional<SilverTable.State> state = silver.state(session);
    Standing standing = views(session, silver, type, state, counts, views);
    return new TypeResult(
        type,
        pending.landed(type),
        pending.deleted(type),
        counts,
        state,
        standing.views(),
        standing.drift(),
        standing.changed(),
        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
  }

  private static SparkSession session(
      SparkSession base, Backlog backlog, String type, SilverTable silver) {
    SparkSession.setActiveSession(base);
    return TableSession.of(base, backlog.bytes(type), silver.bytes(), silver.folder().logBytes());
  }

  private Counts apply(SparkSession spark, SilverTable silver, String type, Input input) {
    return silver.apply(
        spark,
        new BronzeReader(spark, lake.paths(), input.backlog()).candidates(type),
        new SilverTable.Announced(input.landed(type) + input.deleted(type), input.candidates(type)),
        again.types().contains(type));
  }

  /**
   * The views of a type.
   *
   * @param drift what their passes met that FHIR does not say
   * @param changed what somebody else did to those that are made anew for it
   */
  private record Standing(
      Map<String, ViewTable.State> views, Map<String, Long> drift, Map<String, String> changed) {}

  /**
   * A view that is not what silver gives now.
   *
   * @param from where its table stands; empty where it is made anew
   */
  private record Behind(String name, ViewTable table, Optional<ViewTable.State> from) {}

  private Standing views(
      Supplier<SparkSession> session,
      SilverTable silver,
      String type,
      Optional<SilverTable.State> state,
      Optional<Counts> counts,
      TypeViews views) {
    long version = state.map(SilverTable.State::deltaVersion).orElse(ViewSource.NOTHING);
    Map<String, ViewTable.State> standing = new LinkedHashMap<>();
    Map<String, String> changed = new TreeMap<>();
    List<Behind> behind = new ArrayList<>();
    for (ViewPlan plan : views.views()) {
      ViewTable table = new ViewTable(lake, plan, writing);
      ViewTable.Found found = table.look(version);
      found.strange().ifPresent(told -> changed.put(plan.name(), told));
      Optional<ViewTable.State> from = again.anew(type, plan) ? Optional.empty() : found.standing();
      from.filter(then -> then.silverVersion() == version)
          .ifPresentOrElse(
              now -> standing.put(plan.name(), now),
              () -> behind.add(new Behind(plan.name(), table, from)));
    }
    Map<String, Long> odd = new TreeMap<>();
    if (!behind.isEmpty()) {
      SparkSession spark = session.get();
      Drift drift = Drift.registered(spark.sparkContext());
      ViewSource source =
          source(spark, silver, state, counts, rows -> views.parse().apply(rows, drift));
      for (Behind view : behind) {
        standing.put(view.name(), bringUpToDate(spark, view, source));
        // Each view passes over the resources that are new to it; the most that one saw is told.
        drift.value().forEach((what, times) -> odd.merge(what, times, Math::max));
        drift.reset();
      }
    }
    return new Standing(standing, odd, changed);
  }

  private ViewTable.State bringUpToDate(SparkSession spark, Behind view, ViewSource source) {
    try {
      return named(
          spark, "view", view.name(), () -> view.table().bringUpToDate(spark, source, view.from()));
    } catch (Exception e) {
      throw Failures.of("view " + view.name(), e);
    }
  }

  private static ViewSource source(
      SparkSession spark,
      SilverTable silver,
      Optional<SilverTable.State> state,
      Optional<Counts> counts,
      UnaryOperator<Dataset<Row>> parse) {
    if (state.isEmpty()) {
      return ViewSource.empty(spark, parse);
    }
    boolean few = counts.filter(c -> TableSession.few(c.changed())).isPresent();
    return ViewSource.of(
        silver.folder().read(spark), state.get().deltaVersion(), state.get().bytes(), few, parse);
  }

  private static <T> Supplier<T> once(Supplier<T> made) {
    AtomicReference<T> kept = new AtomicReference<>();
    return () -> kept.updateAndGet(known -> known == null ? made.get() : known);
  }

  /** Names the work in Spark's UI, in the stages of the report, and in its timers. */
  private <T> T named(SparkSession spark, String what, String name, Supplier<T> work) {
    spark.sparkContext().setJobGroup(what + " " + name, what + " " + name, false);
    return registry.timer(what + "." + name).timeSupplier(work);
  }
}
