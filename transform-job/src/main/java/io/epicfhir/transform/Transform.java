package io.epicfhir.transform;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.job.Job;
import io.epicfhir.common.job.JobContext;
import io.epicfhir.common.job.JobRunner;
import io.epicfhir.common.lake.RunLock;
import io.epicfhir.transform.delta.TableSignature;
import io.epicfhir.transform.sqlviews.SqlCatalog;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Bronze to silver to views to joined tables: applies every landing that the tables do not hold
 * yet. Where there is little or nothing to do, no Spark session starts.
 */
public final class Transform implements Job {
  /** Runs the job as a process; see {@link io.epicfhir.common.job.JobArguments#USAGE}. */
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
    SecurityLabels labels = SecurityLabels.from(context.settings());
    // Compiling takes a second or two of one core, and so does the start of Spark: side by side.
    CompletableFuture<ViewCatalog.Read> views =
        CompletableFuture.supplyAsync(() -> ViewCatalog.load(settings.views(), labels));
    SqlCatalog joined = settings.joined().sql().map(SqlCatalog::load).orElse(SqlCatalog.NONE);
    TransformResult result;
    // Delta excludes a second writer only within one JVM on a local disk; the lock does it
    // anywhere.
    try (RunLock lock =
        RunLock.acquire(context.lake(), Transformation.LOCK, settings.lockPatience())) {
      result =
          new Transformation(
                  context::spark,
                  context.lake(),
                  settings,
                  () -> views(views),
                  joined,
                  TableSignature.of(context.run()))
              .run(RebuildRequest.of(context.arguments()), context.run().key());
    }
    result.record(context);
    if (!result.problems().isEmpty()) {
      throw new JobException(ExitCode.DATA_REFUSED, String.join("\n", result.problems()));
    }
  }

  private static ViewCatalog.Read views(CompletableFuture<ViewCatalog.Read> views) {
    try {
      return views.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException known ? known : e;
    }
  }
}
