package io.epicfhir.transform;

import io.epicfhir.common.Job;
import io.epicfhir.common.JobContext;
import io.epicfhir.common.JobRunner;
import io.epicfhir.common.RunLock;
import java.util.Map;
import org.apache.spark.sql.SparkSession;

/** Bronze to silver to views: applies every landing that the tables do not hold yet. */
public final class Transform implements Job {
  /** Runs the job as a process; see {@link io.epicfhir.common.JobArguments#USAGE}. */
  public static void main(String[] args) {
    System.exit(JobRunner.run(new Transform(), args));
  }

  @Override
  public String phase() {
    return "transform";
  }

  @Override
  @SuppressWarnings("try") // the lock is held, not used
  public void run(JobContext context) throws InterruptedException {
    TransformSettings settings = TransformSettings.from(context.settings());
    Map<String, TypeViews> views = ViewCatalog.read(settings.views());
    SparkSession spark = context.spark();
    // Delta excludes a second writer only within one JVM on a local disk; the lock does it
    // anywhere.
    try (RunLock lock = RunLock.acquire(context.lake(), Tables.LOCK, settings.lockPatience())) {
      Tables tables =
          new Tables(spark, context.lake(), settings, views, context.recorder().registry());
      tables
          .bringUpToDate(context.arguments().export(), context.run().key())
          .record(context.recorder(), context.lake().paths());
    }
  }
}
