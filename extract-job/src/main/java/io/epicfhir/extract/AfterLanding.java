package io.epicfhir.extract;

import io.epicfhir.common.JobContext;
import io.epicfhir.common.JobException;
import io.epicfhir.common.Landing;
import java.net.URI;
import java.nio.file.Path;

/**
 * What is left to do when an export has landed; all of it may be done again. Only now may the
 * server forget the export.
 */
final class AfterLanding {
  private final JobContext context;
  private final ExtractSettings settings;
  private final ExportLedger ledger;

  AfterLanding(JobContext context, ExtractSettings settings, ExportLedger ledger) {
    this.context = context;
    this.settings = settings;
    this.ledger = ledger;
  }

  void run(Landing landing) {
    boolean deleted = ledger.landed().map(ExportLedger.Landed::deletedAtServer).orElse(false);
    if (ledger.landed().isEmpty()) {
      Staging.removeUnseen(context.lake(), landing);
      context.lake().delete(ledger.staging());
    }
    ledger.landed(new ExportLedger.Landed(landing.landedAt(), deleted || deletedAtServer()));
  }

  /** A server that keeps an export longer than it must is no reason for a red run. */
  private boolean deletedAtServer() {
    Traffic traffic = new Traffic();
    try {
      String settingsFile = Path.of(context.arguments().settingsFile()).toAbsolutePath().toString();
      BulkExport bulk = new BulkExport(settings.source(), SourceClients.of(settingsFile), traffic);
      bulk.delete(URI.create(ledger.requireStarted().statusUrl()));
      return true;
    } catch (JobException e) {
      context.recorder().note("The export landed but stays at the server: " + e.getMessage());
      return false;
    } finally {
      traffic.sums().countIn(context.recorder().registry());
    }
  }
}
