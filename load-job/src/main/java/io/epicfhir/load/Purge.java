package io.epicfhir.load;

import io.epicfhir.common.JobException;
import io.epicfhir.common.job.Job;
import io.epicfhir.common.job.JobContext;
import io.epicfhir.common.job.JobRunner;
import io.epicfhir.common.optout.OptOutList;
import io.epicfhir.common.optout.OptOuts;
import io.epicfhir.load.parquet.ParquetPurge;
import io.epicfhir.load.postgres.PostgresPurge;
import io.epicfhir.load.settings.LoadSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Takes rows that name somebody on the list of opt-outs out of the target, after a load has brought
 * the views' tables up to date: what tables of views that are gone, bad rows of quality checks, the
 * list of refused values and staging tables still hold. Then it looks again, and is red where one
 * is left. A table that cannot be looked through stops only itself. Those whose erasure may still
 * be refused keep their rows.
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
    OptOuts optOuts = new OptOutList(context.lake()).settled();
    List<JobException> failures = new ArrayList<>();
    Map<String, Long> gone =
        switch (settings.target()) {
          case POSTGRESQL ->
              new PostgresPurge(settings, optOuts, context.recorder()::note).run(failures::add);
          case PARQUET -> new ParquetPurge(context.lake(), settings, optOuts).run(failures::add);
        };
    context.recorder().result("purged", new TreeMap<>(gone));
    context
        .recorder()
        .note("Rows or folders deleted in addition to those that the load replaced: " + gone);
    if (!failures.isEmpty()) {
      throw LoadFailures.together(failures);
    }
  }
}
