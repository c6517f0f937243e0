package io.epicfhir.extract;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.job.Job;
import io.epicfhir.common.job.JobContext;
import io.epicfhir.common.job.JobRunner;
import io.epicfhir.common.lake.Landings;
import io.epicfhir.common.lake.RunLock;
import io.epicfhir.extract.bulk.export.BulkExport;
import io.epicfhir.extract.bulk.ledger.ExportLedger;
import io.epicfhir.extract.settings.ExtractSettings;
import io.epicfhir.extract.source.SourceClient;
import io.epicfhir.extract.source.pace.Pace;
import io.epicfhir.extract.source.request.Traffic;
import java.net.URI;

/**
 * Gives a run's exports up, for the person on call: asks the server to stop, and has the next
 * kick-off ask anew. What has landed stays. Plain Java, no Spark.
 */
public final class Cancel implements Job {
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
    if (settings.by() == ExtractSettings.By.CRAWL) {
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
        cancel(context, settings, bulk, export);
      }
      context.recorder().result("state", "cancelled");
    } finally {
      traffic.sums().countIn(context.recorder().registry());
    }
  }

  @SuppressWarnings("try") // the lock is held, not used
  private static void cancel(
      JobContext context, ExtractSettings settings, BulkExport bulk, String export) {
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
        ledger.giveUp(Pace.real().clock().instant());
        context
            .recorder()
            .note("Export " + export + " was given up; the next kick-off requests a new one.");
        bulk.letGo(statusUrl)
            .ifPresent(why -> context.recorder().note("The export stays at the server: " + why));
      }
    }
  }
}
