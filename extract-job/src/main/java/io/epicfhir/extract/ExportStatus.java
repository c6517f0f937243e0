package io.epicfhir.extract;

import io.epicfhir.common.job.Job;
import io.epicfhir.common.job.JobContext;
import io.epicfhir.common.job.JobRunner;
import io.epicfhir.common.lake.Landings;
import io.epicfhir.extract.bulk.export.BulkExport;
import io.epicfhir.extract.bulk.export.StatusCheck;
import io.epicfhir.extract.bulk.ledger.ExportLedger;
import io.epicfhir.extract.bulk.manifest.Manifest;
import io.epicfhir.extract.settings.ExtractSettings;
import io.epicfhir.extract.source.SourceClient;
import io.epicfhir.extract.source.pace.Pace;
import io.epicfhir.extract.source.request.Traffic;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Looks once whether the run's exports are ready; plain Java, no Spark. It never waits and never
 * asks the server before the server's time.
 */
public final class ExportStatus implements Job {
  private final Pace pace;

  /** Runs by this machine's clock. */
  public ExportStatus() {
    this(Pace.real());
  }

  ExportStatus(Pace pace) {
    this.pace = pace;
  }

  /** See {@link io.epicfhir.common.job.JobArguments#USAGE}. */
  public static void main(String[] args) {
    System.exit(JobRunner.run(new ExportStatus(), args));
  }

  @Override
  public String phase() {
    return "extract";
  }

  /** A look at an export moves no data, and there are many. */
  @Override
  public boolean audited() {
    return false;
  }

  @Override
  public void run(JobContext context) {
    ExtractSettings settings = ExtractSettings.from(context.settings());
    List<String> exports = Exports.of(context, settings);
    if (settings.by() == ExtractSettings.By.CRAWL) {
      // A crawl waits for nobody.
      context.recorder().result("export_id", String.join(",", exports));
      context.recorder().result("state", "complete");
      return;
    }
    Traffic traffic = new Traffic();
    try {
      BulkExport bulk =
          new BulkExport(settings.source(), new SourceClient(settings.source(), pace), traffic);
      look(context, settings, bulk, exports);
    } finally {
      traffic.sums().countIn(context.recorder().registry());
    }
  }

  /** At each of them: one that has failed keeps no other from being looked at. */
  private void look(
      JobContext context, ExtractSettings settings, BulkExport bulk, List<String> exports) {
    Landings landings = new Landings(context.lake());
    GroupFailures failures = new GroupFailures(context.recorder());
    List<String> looked = new ArrayList<>();
    Map<String, StatusCheck.State> states = new LinkedHashMap<>();
    for (String export : exports) {
      failures.guard(
          () -> ExportsReport.group(context, exports, export),
          () -> {
            if (landings.find(export).isEmpty()) {
              states.put(export, state(context, settings, bulk, export));
            }
            looked.add(export);
          });
    }
    ExportsReport.givenUp(
        context, exports.stream().filter(export -> !looked.contains(export)).toList());
    if (looked.isEmpty()) {
      failures.raise(context.arguments());
    }
    ExportsReport.looked(context.recorder(), exports, looked, states);
    failures.raiseWhatMayPass(context.arguments());
  }

  private StatusCheck.State state(
      JobContext context, ExtractSettings settings, BulkExport bulk, String export) {
    ExportLedger ledger = new ExportLedger(context.lake(), export);
    int tries = settings.source().maxTries();
    StatusCheck.State state =
        new StatusCheck(
                settings.bulk(), settings.source(), bulk, ledger, context.lake(), pace, tries)
            .run();
    ledger.manifest().map(Manifest::parse).ifPresent(manifest -> told(context, manifest));
    return state;
  }

  private static void told(JobContext context, Manifest manifest) {
    context.recorder().registry().counter("manifest.files").inc(manifest.files().size());
    context.recorder().result("transaction_time", manifest.transactionTime().toString());
  }
}
