package io.epicfhir.extract.bulk;

import io.epicfhir.common.Failpoint;
import io.epicfhir.common.JobException;
import io.epicfhir.common.job.JobContext;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.extract.bronze.Staging;
import io.epicfhir.extract.bulk.export.BulkExport;
import io.epicfhir.extract.bulk.ledger.ExportLedger;
import io.epicfhir.extract.source.SourceClients;
import io.epicfhir.extract.source.request.Traffic;
import io.epicfhir.extract.source.settings.SourceSettings;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What is left to do when an export has landed; all of it may be done again. Only now may the
 * server forget the export.
 */
public final class AfterLanding {
  private final JobContext context;
  private final SourceSettings settings;
  private final ExportLedger ledger;

  /** Of the ledger's export. */
  public AfterLanding(JobContext context, SourceSettings settings, ExportLedger ledger) {
    this.context = context;
    this.settings = settings;
    this.ledger = ledger;
  }

  /** Cleans up, and notifies the server. */
  public void run(Landing landing) {
    boolean deleted = ledger.landed().map(ExportLedger.Landed::deletedAtServer).orElse(false);
    Failpoint.at("after.landing");
    if (ledger.landed().isEmpty()) {
      Staging.removeUnseen(context.lake(), landing);
      context.lake().delete(ledger.staging());
    }
    ledger.landed(new ExportLedger.Landed(landing.landedAt(), deleted || deletedAtServer()));
  }

  /** A server that keeps an export longer than it must is no reason for a red run. */
  private boolean deletedAtServer() {
    Optional<String> stays = whyItStays();
    stays.ifPresent(
        why ->
            context
                .recorder()
                .note("The export landed, but could not be deleted at the server: " + why));
    return stays.isEmpty();
  }

  private Optional<String> whyItStays() {
    Traffic traffic = new Traffic();
    try {
      String settingsFile = Path.of(context.arguments().settingsFile()).toAbsolutePath().toString();
      BulkExport bulk = new BulkExport(settings, SourceClients.of(settingsFile), traffic);
      return bulk.letGo(URI.create(ledger.requireStarted().statusUrl()));
    } catch (JobException e) {
      return Optional.of(e.getMessage());
    } finally {
      traffic.sums().countIn(context.recorder().registry());
    }
  }
}
