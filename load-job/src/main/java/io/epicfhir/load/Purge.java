package io.epicfhir.load;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.Job;
import io.epicfhir.common.JobContext;
import io.epicfhir.common.JobException;
import io.epicfhir.common.JobRunner;
import io.epicfhir.common.optout.OptOutList;
import io.epicfhir.common.optout.OptOuts;
import java.util.Map;
import java.util.TreeMap;

/**
 * Takes rows that name somebody on the list of opt-outs out of the target, after a load has brought
 * the views' tables up to date: what tables of views that are gone, the list of refused values and
 * staging tables still hold. Then it looks again, and is red where one is left.
 */
public final class Purge implements Job {
  /** The process: {@code --conf FILE --dag ID --run ID --task ID ...}. */
  public static void main(String[] args) {
    System.exit(JobRunner.run(new Purge(), args));
  }

  @Override
  public String phase() {
    return "purge";
  }

  @Override
  public void run(JobContext context) {
    LoadSettings settings = LoadSettings.from(context.settings());
    OptOuts optOuts = new OptOutList(context.lake()).load();
    Map<String, Long> gone =
        switch (settings.target()) {
          case POSTGRESQL -> new PostgresPurge(settings, optOuts).run();
          case PARQUET -> new ParquetPurge(context.lake(), settings, optOuts).run();
        };
    context.recorder().result("purged", new TreeMap<>(gone));
    context.recorder().note("Rows or folders that were taken out besides the loaded ones: " + gone);
  }

  /** What is left although it was taken out. */
  static JobException left(String where) {
    return new JobException(
        ExitCode.DATA_REFUSED,
        "Cannot take the patients on the list out of "
            + where
            + ": rows that name one are still there; let the other writer end, then rerun");
  }
}
