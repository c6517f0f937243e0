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
    return ofGroups(context, settings);
  }

  /** Those of all groups, in their order. */
  static List<String> ofGroups(JobContext context, ExtractSettings settings) {
    return settings.bulk().groups().stream().map(group -> ofGroup(context, group)).toList();
  }

  /** The one that the run's kick-off decided on; else the run's own, which there may never be. */
  static String ofGroup(JobContext context, String group) {
    return new RunExports(context.lake(), context.run())
        .of(group)
        .orElseGet(() -> ExportId.of(context.run(), group));
  }
}
