package io.epicfhir.transform.joined;

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

  static SmallPlans where(boolean little, SparkSession session) {
    SmallPlans plans = new SmallPlans(session);
    if (little) {
      plans.set("spark.sql.adaptive.enabled", "false");
      int tasks = Integer.parseInt(session.conf().get(PARTITIONS));
      plans.set(
          PARTITIONS, String.valueOf(Math.min(tasks, session.sparkContext().defaultParallelism())));
    }
    return plans;
  }

  private void set(String key, String value) {
    before.put(key, session.conf().get(key));
    session.conf().set(key, value);
  }

  @Override
  public void close() {
    before.forEach((key, value) -> session.conf().set(key, value));
  }
}
