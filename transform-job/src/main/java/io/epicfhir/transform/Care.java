package io.epicfhir.transform;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.job.Job;
import io.epicfhir.common.job.JobContext;
import io.epicfhir.common.job.JobRunner;
import io.epicfhir.common.lake.RunLock;
import java.util.List;

/**
 * Takes care of the tables of silver, views, joined tables and lookups: small files become large
 * ones, files that only old versions need go. Where settings ask for it, bronze loses what no table
 * stands on any more. No row of a table changes by it. A table that cannot be maintained stops none
 * of the others.
 */
public final class Care implements Job {
  /** Runs the job as a process; see {@link io.epicfhir.common.job.JobArguments#USAGE}. */
  public static void main(String[] args) {
    System.exit(JobRunner.run(new Care(), args));
  }

  @Override
  public String phase() {
    return "care";
  }

  @Override
  @SuppressWarnings("try") // the lock is held, not used
  public void run(JobContext context) throws InterruptedException {
    CareSettings settings = CareSettings.from(context.settings());
    try (RunLock lock =
        RunLock.acquire(context.lake(), Transformation.LOCK, settings.lockPatience())) {
      List<String> failures = new CareRun(context, settings).run();
      if (!failures.isEmpty()) {
        throw new JobException(
            ExitCode.DATA_REFUSED,
            "Maintenance is done, except for "
                + failures.size()
                + (failures.size() == 1 ? " part\n" : " parts\n")
                + String.join("\n", failures));
      }
    }
  }
}
