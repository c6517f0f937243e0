package io.epicfhir.extract;

import io.epicfhir.common.job.JobContext;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.extract.bronze.WithdrawnExports;
import io.epicfhir.extract.bulk.ledger.ExportFence;
import io.epicfhir.extract.crawl.Crawl;
import io.epicfhir.extract.crawl.CrawlLanding;
import io.epicfhir.extract.settings.ExtractSettings;
import io.epicfhir.extract.source.SourceClients;
import io.epicfhir.extract.source.request.Traffic;
import java.util.List;

/** A crawl: searches patient by patient, in threads of this JVM. */
final class CrawlTaking implements Taking {
  private final JobContext context;
  private final ExtractSettings settings;
  private final Traffic traffic;

  CrawlTaking(JobContext context, ExtractSettings settings, Traffic traffic) {
    this.context = context;
    this.settings = settings;
    this.traffic = traffic;
  }

  @Override
  public Landing take(String exportId, ExportFence fence) {
    return landing(exportId).land(fence::check);
  }

  @Override
  public void clean(String exportId, Landing landing) {
    landing(exportId).clean(landing);
  }

  @Override
  public void conclude(List<Landing> landings) {
    // A crawl judges itself before it lands; what others brought and was lost is still to be said.
    new WithdrawnExports(context.lake()).requireSuccessors(List.of(Crawl.group(settings.crawl())));
  }

  @Override
  public void forget(String exportId) {
    landing(exportId).forget();
  }

  private CrawlLanding landing(String exportId) {
    return new CrawlLanding(
        context,
        settings.crawl(),
        settings.source(),
        settings.bronze(),
        SourceClients.of(context.arguments().settingsFile()),
        traffic,
        exportId);
  }
}
