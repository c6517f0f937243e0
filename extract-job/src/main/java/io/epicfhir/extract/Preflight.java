package io.epicfhir.extract;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.job.Job;
import io.epicfhir.common.job.JobContext;
import io.epicfhir.common.job.JobRunner;
import io.epicfhir.extract.preflight.Findings;
import io.epicfhir.extract.preflight.SiteCheck;
import io.epicfhir.extract.settings.ExtractSettings;
import io.epicfhir.extract.source.SourceClient;
import io.epicfhir.extract.source.pace.Pace;
import io.epicfhir.extract.source.request.Traffic;

/**
 * Looks at a site before anything is asked of it: signs in, reads what the server says of itself,
 * tries every search of the settings for one patient, and reports what works, what does not, and
 * which settings fit. It reads only, some dozens of requests, and keeps no resource. Plain Java, no
 * Spark.
 */
public final class Preflight implements Job {
  /** See {@link io.epicfhir.common.job.JobArguments#USAGE}. */
  public static void main(String[] args) {
    System.exit(JobRunner.run(new Preflight(), args));
  }

  @Override
  public String phase() {
    return "extract";
  }

  @Override
  public void run(JobContext context) {
    ExtractSettings settings = ExtractSettings.from(context.settings());
    Traffic traffic = new Traffic();
    try {
      SiteCheck check =
          new SiteCheck(settings, new SourceClient(settings.source(), Pace.real()), traffic);
      Findings findings = check.run();
      context.recorder().result("preflight", findings.rows());
      context.recorder().result("settings", check.settings());
      System.out.println(findings.table());
      System.out.println("Suggested settings for pipeline.conf:");
      check.settings().forEach(line -> System.out.println("  " + line));
      if (findings.bad() > 0) {
        throw new JobException(
            ExitCode.REFUSED,
            "The site is not ready: "
                + findings.bad()
                + " of "
                + findings.all().size()
                + " checks failed or could not run; see the table above, or the run"
                + " report's result.preflight");
      }
    } finally {
      traffic.sums().countIn(context.recorder().registry());
    }
  }
}
