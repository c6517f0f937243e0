package io.epicfhir.extract;

import io.epicfhir.common.job.JobContext;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.extract.bronze.WithdrawnExports;
import io.epicfhir.extract.bulk.BulkFigures;
import io.epicfhir.extract.bulk.CatchUp;
import io.epicfhir.extract.bulk.LandGroup;
import io.epicfhir.extract.bulk.export.BulkExport;
import io.epicfhir.extract.bulk.judgement.LandingReport;
import io.epicfhir.extract.bulk.ledger.ExportFence;
import io.epicfhir.extract.bulk.ledger.ExportLedger;
import io.epicfhir.extract.crawl.references.BulkHydration;
import io.epicfhir.extract.settings.ExtractSettings;
import io.epicfhir.extract.source.SourceClients;
import io.epicfhir.extract.source.request.Traffic;
import java.util.List;

/** Bulk exports: their files are downloaded side by side, in Spark. */
final class BulkTaking implements Taking {
  private final JobContext context;
  private final ExtractSettings settings;
  private final Traffic traffic;
  private final BulkFigures figures;
  private final BulkHydration hydration;
  private final CatchUp catchUp;

  BulkTaking(JobContext context, ExtractSettings settings, Traffic traffic) {
    this.context = context;
    this.settings = settings;
    this.traffic = traffic;
    this.figures = new BulkFigures(context);
    this.catchUp = new CatchUp(context, settings.bulk(), settings.source());
    this.hydration =
        new BulkHydration(
            context,
            settings
                .crawl()
                .hydrating(
                    settings.bulk().hydrate(), settings.bulk().coverage().maxConfirmations()),
            settings.source(),
            settings.bronze(),
            SourceClients.of(context.arguments().settingsFile()),
            traffic);
  }

  @Override
  public Landing take(String exportId, ExportFence fence) {
    BulkExport bulk =
        new BulkExport(
            settings.source(), SourceClients.of(context.arguments().settingsFile()), traffic);
    try {
      return new LandGroup(context, settings, bulk, ledger(exportId), hydration, figures)
          .run(fence);
    } finally {
      figures.tell();
    }
  }

  @Override
  public void clean(String exportId, Landing landing) {
    catchUp.finish(ledger(exportId), landing);
    hydration.clean(landing.group());
  }

  @Override
  public void forget(String exportId) {
    ledger(exportId).forgetLanded();
  }

  @Override
  public void conclude(List<Landing> landings) {
    new LandingReport(context, settings.bulk()).tell(landings);
    new WithdrawnExports(context.lake()).requireSuccessors(settings.bulk().groups());
  }

  private ExportLedger ledger(String exportId) {
    return new ExportLedger(context.lake(), exportId);
  }
}
