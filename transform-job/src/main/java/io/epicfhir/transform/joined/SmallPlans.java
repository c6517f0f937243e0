package io.epicfhir.transform.joined;

import io.epicfhir.transform.silver.SilverSession;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.SparkSession;
import scala.Option;

/**
 * While it is open, plans of the session are made at once and of few tasks: with little data a plan
 * that is adapted stage by stage takes longer than the work.
 */
final class SmallPlans implements AutoCloseable {
  private static final String PARTITIONS = "spark.sql.shuffle.partitions";

  private final SparkSession session;
  private final Map<String, String> before = new TreeMap<>();
  private final Option<SparkSession> active = SparkSession.getActiveSession();

  /** What runs in this thread beside a plan asks the session that is active, not the plan's. */
  private SmallPlans(SparkSession session) {
    this.session = session;
    SparkSession.setActiveSession(session);
  }

  /** For plans whose rows are few where keys are looked up. */
  static SmallPlans of(SparkSession session) {
    SmallPlans plans = new SmallPlans(session);
    plans.set("spark.sql.adaptive.enabled", "false");
    int tasks = Integer.parseInt(session.conf().get(PARTITIONS));
    plans.set(
        PARTITIONS, String.valueOf(Math.min(tasks, session.sparkContext().defaultParallelism())));
    return plans;
  }

  /** For plans over rows that are in memory: one task, and nothing is compiled for it. */
  static SmallPlans ofFewRows(SparkSession session) {
    SmallPlans plans = of(session);
    plans.set(PARTITIONS, "1");
    plans.set("spark.sql.leafNodeDefaultParallelism", "1");
    SilverSession.INTERPRETED.forEach(plans::setForTasks);
    // It would compute columns of rows in memory before a filter takes the rows that have no value.
    plans.add(
        "spark.sql.optimizer.excludedRules",
        "org.apache.spark.sql.catalyst.optimizer.ConvertToLocalRelation");
    return plans;
  }

  private void set(String key, String value) {
    before.putIfAbsent(key, now(key));
    session.conf().set(key, value);
  }

  /** Tasks of a plan that no query command of Spark runs know the context's properties only. */
  private void setForTasks(String key, String value) {
    set(key, value);
    session.sparkContext().setLocalProperty(key, value);
  }

  private void add(String key, String value) {
    set(key, now(key).isEmpty() ? value : now(key) + "," + value);
  }

  private String now(String key) {
    return session.conf().getOption(key).getOrElse(() -> "");
  }

  @Override
  public void close() {
    before.forEach(
        (key, value) -> {
          if (value.isEmpty()) {
            session.conf().unset(key);
          } else {
            session.conf().set(key, value);
          }
          session.sparkContext().setLocalProperty(key, null);
        });
    active.foreach(
        one -> {
          SparkSession.setActiveSession(one);
          return null;
        });
  }
}
