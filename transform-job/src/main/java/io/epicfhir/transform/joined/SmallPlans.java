package io.epicfhir.transform.joined;

import io.epicfhir.transform.silver.SilverSession;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.SparkSession;

/**
 * While it is open, plans of the session are made at once and of few tasks: with little data a plan
 * that is adapted stage by stage takes longer than the work.
 */
final class SmallPlans implements AutoCloseable {
  private static final String PARTITIONS = "spark.sql.shuffle.partitions";

  private final SparkSession session;
  private final Map<String, String> before = new TreeMap<>();

  private SmallPlans(SparkSession session) {
    this.session = session;
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
    SilverSession.INTERPRETED.forEach(plans::set);
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
        });
  }
}
