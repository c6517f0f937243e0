package io.epicfhir.extract;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.job.Job;
import io.epicfhir.common.job.JobContext;
import io.epicfhir.common.job.JobRunner;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import io.epicfhir.common.lake.RunLock;
import io.epicfhir.extract.bulk.export.BulkExport;
import io.epicfhir.extract.bulk.ledger.ExportLedger;
import io.epicfhir.extract.settings.ExtractSettings;
import io.epicfhir.extract.source.SourceClient;
import io.epicfhir.extract.source.pace.Pace;
import io.epicfhir.extract.source.request.Traffic;
import java.net.URI;
import java.time.Instant;
import java.util.Optional;

/**
 * Gives a run's exports up, for the person on call: asks the server to stop, and has the next
 * kick-off ask anew. What has landed stays; in the mode {@value #TAKE_BACK} its landing is
 * withdrawn, so that no later export leaves out what it brought. Plain Java, no Spark.
 */
public final class Cancel implements Job {
  private static final String TAKE_BACK = "take-back";

  /** See {@link io.epicfhir.common.job.JobArguments#USAGE}. */
  public static void main(String[] args) {
    System.exit(JobRunner.run(new Cancel(), args));
  }

  @Override
  public String phase() {
    return "extract";
  }

  @Override
  public void run(JobContext context) {
    ExtractSettings settings = ExtractSettings.from(context.settings());
    boolean takesBack = context.arguments().mode().equals(TAKE_BACK);
    if (takesBack) {
      Exports.of(context, settings).forEach(export -> takeBack(context, settings, export));
    }
    if (settings.by() == ExtractSettings.By.CRAWL) {
      if (takesBack) {
        return;
      }
      throw new JobException(
          ExitCode.SETTINGS,
          "Cannot cancel a crawl at the server: it has no job there. Mark the running task as failed in Airflow, which stops it");
    }
    Traffic traffic = new Traffic();
    BulkExport bulk =
        new BulkExport(
            settings.source(), new SourceClient(settings.source(), Pace.real()), traffic);
    try {
      for (String export : Exports.of(context, settings)) {
        cancel(context, settings, bulk, export, takesBack);
      }
      context.recorder().result("state", "cancelled");
    } finally {
      traffic.sums().countIn(context.recorder().registry());
    }
  }

  /**
   * Of a crawl or an export; that it is withdrawn comes first, so that nothing forgets its data.
   */
  @SuppressWarnings("try") // the lock is held, not used
  private static void takeBack(JobContext context, ExtractSettings settings, String export) {
    try (RunLock lock =
        RunLock.acquire(context.lake(), "export-" + export, settings.bulk().lockPatience())) {
      Landings landings = new Landings(context.lake());
      Optional<Landing> landing = landings.find(export);
      if (landing.isEmpty()) {
        return;
      }
      landings.withdraw(landing.get());
      new ExportLedger(context.lake(), export).forgetLanded();
      context
          .recorder()
          .note(
              "Export "
                  + export
                  + " was withdrawn; the next export of group \""
                  + landing.get().group()
                  + "\" covers its time as well.");
    }
  }

  @SuppressWarnings("try") // the lock is held, not used
  private static void cancel(
      JobContext context,
      ExtractSettings settings,
      BulkExport bulk,
      String export,
      boolean takesBack) {
    try (RunLock lock =
        RunLock.acquire(context.lake(), "export-" + export, settings.bulk().lockPatience())) {
      ExportLedger ledger = new ExportLedger(context.lake(), export);
      if (new Landings(context.lake()).find(export).isPresent()) {
        context.recorder().note("Export " + export + " has landed; there is nothing to cancel.");
      } else if (ledger.started().isEmpty()) {
        context
            .recorder()
            .note("Export " + export + " was not kicked off, or was already given up.");
      } else {
        URI statusUrl = URI.create(ledger.requireStarted().statusUrl());
        Instant now = Pace.real().clock().instant();
        if (takesBack) {
          ledger.giveUp(
              now,
              "Export "
                  + export
                  + " was withdrawn because its counts did not match; rerun from the kick-off, which"
                  + " requests its data again");
        } else {
          ledger.giveUp(now);
        }
        context
            .recorder()
            .note("Export " + export + " was given up; the next kick-off requests a new one.");
        bulk.letGo(statusUrl)
            .ifPresent(why -> context.recorder().note("The export stays at the server: " + why));
      }
    }
  }
}
