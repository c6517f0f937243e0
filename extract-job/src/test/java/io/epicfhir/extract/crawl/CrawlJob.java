package io.epicfhir.extract.crawl;

import io.epicfhir.common.job.Job;
import io.epicfhir.common.job.JobContext;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import io.epicfhir.common.settings.SettingsReader;
import io.epicfhir.extract.bronze.BronzeSettings;
import io.epicfhir.extract.bulk.ledger.ExportFence;
import io.epicfhir.extract.bulk.ledger.ExportId;
import io.epicfhir.extract.crawl.settings.CrawlSettings;
import io.epicfhir.extract.source.SourceClient;
import io.epicfhir.extract.source.pace.Pace;
import io.epicfhir.extract.source.request.Traffic;
import io.epicfhir.extract.source.settings.SourceSettings;

/** A whole crawl in one task, as the mains put it together. */
public final class CrawlJob implements Job {
  /** For tests that kill a process. */
  public static void main(String[] args) {
    System.exit(io.epicfhir.common.job.JobRunner.run(new CrawlJob(), args));
  }

  @Override
  public String phase() {
    return "extract";
  }

  @Override
  public void run(JobContext context) {
    SettingsReader source = context.settings().reader("source");
    SettingsReader crawl = context.settings().reader("crawl");
    SourceSettings sourceSettings = SourceSettings.read(source);
    CrawlSettings settings = CrawlSettings.read(crawl);
    BronzeSettings bronze = BronzeSettings.read(context.settings().reader("bronze"));
    source.and(crawl).check();
    SourceClient client = new SourceClient(sourceSettings, Pace.real());
    Traffic traffic = new Traffic();
    String own = ExportId.of(context.run(), Crawl.group(settings));
    try {
      String exportId =
          new Crawl(context, settings, sourceSettings, client, traffic).begin(own).exportId();
      CrawlLanding crawling =
          new CrawlLanding(context, settings, sourceSettings, bronze, client, traffic, exportId);
      Landing landing =
          new Landings(context.lake())
              .find(exportId)
              .orElseGet(() -> crawling.land(ExportFence.claim(context.lake(), exportId)::check));
      crawling.clean(landing);
    } finally {
      traffic.sums().countIn(context.recorder().registry());
    }
  }
}
