package io.epicfhir.transform;

import io.epicfhir.common.Job;
import io.epicfhir.common.JobContext;
import io.epicfhir.common.JobRunner;
import io.epicfhir.common.RunLock;
import java.util.Map;

/**
 * Bronze to silver to views: applies every landing that the tables do not hold yet. Where there is
 * nothing to do, no Spark session starts.
 */
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
    // Delta excludes a second writer only within one JVM on a local disk; the lock does it
    // anywhere.
    try (RunLock lock = RunLock.acquire(context.lake(), Tables.LOCK, settings.lockPatience())) {
      Tables tables =
          new Tables(
              context::spark, context.lake(), settings, views, context.recorder().registry());
      tables
          .bringUpToDate(Again.of(context.arguments()), context.run().key())
          .record(context.recorder(), context.lake().paths());
    } catch (BronzeFiles.Damaged e) {
      context.recorder().result("damaged_export", e.exportId());
      throw e;
    } catch (SilverCheck.Changed e) {
      context.recorder().result("changed_types", e.types());
      throw e;
    }
  }
}
