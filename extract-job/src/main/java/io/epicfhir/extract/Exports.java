package io.epicfhir.extract;

import io.epicfhir.common.job.JobContext;
import io.epicfhir.extract.bulk.ledger.ExportId;
import io.epicfhir.extract.bulk.ledger.RunExports;
import io.epicfhir.extract.crawl.Crawl;
import io.epicfhir.extract.settings.ExtractSettings;
import java.util.List;

/** Which exports a task works on. */
final class Exports {
  private Exports() {}

  /** Those that the arguments name, or those that the run's kick-off decided on. */
  static List<String> of(JobContext context, ExtractSettings settings) {
    if (context.arguments().export().isPresent()) {
      return List.of(context.arguments().export().get().split(","));
    }
    if (settings.by() == ExtractSettings.By.CRAWL) {
      return List.of(ExportId.of(context.run(), Crawl.group(settings.crawl())));
    }
    RunExports decided = new RunExports(context.lake(), context.run());
    return settings.bulk().groups().stream()
        .map(group -> decided.of(group).orElseGet(() -> ExportId.of(context.run(), group)))
        .toList();
  }
}
