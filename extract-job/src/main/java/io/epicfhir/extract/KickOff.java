package io.epicfhir.extract;

import io.epicfhir.common.Job;
import io.epicfhir.common.JobContext;
import io.epicfhir.common.JobRunner;
import io.epicfhir.common.Landings;
import io.epicfhir.common.RunLock;
import java.net.URI;
import java.time.Instant;

/**
 * Asks the server for the export of the group; plain Java, no Spark. A rerun of the same run adopts
 * the export that it asked for before.
 */
public final class KickOff implements Job {
  private final Pace pace;

  /** Runs by this machine's clock. */
  public KickOff() {
    this(Pace.real());
  }

  KickOff(Pace pace) {
    this.pace = pace;
  }

  /** See {@link io.epicfhir.common.JobArguments#USAGE}. */
  public static void main(String[] args) {
    System.exit(JobRunner.run(new KickOff(), args));
  }

  @Override
  public String phase() {
    return "extract";
  }

  @Override
  @SuppressWarnings("try") // the lock is held, not used
  public void run(JobContext context) {
    ExtractSettings settings = ExtractSettings.from(context.settings());
    String group = settings.bulk().group();
    String exportId = ExportId.of(context.run(), group);
    context.recorder().result("export_id", exportId);
    ExportLedger ledger = new ExportLedger(context.lake(), exportId);
    try (RunLock lock =
        RunLock.acquire(context.lake(), "export-" + exportId, settings.bulk().lockPatience())) {
      if (new Landings(context.lake()).find(exportId).isPresent()) {
        context.recorder().note("This run's export has landed before; it is adopted.");
        context.recorder().result("state", "landed");
      } else if (ledger.started().isPresent()) {
        context.recorder().note("This run's export was kicked off before; it is adopted.");
        context.recorder().result("state", "adopted");
      } else {
        start(context, settings, ledger, exportId);
        context.recorder().result("state", "kicked-off");
      }
    }
  }

  private void start(
      JobContext context, ExtractSettings settings, ExportLedger ledger, String exportId) {
    Traffic traffic = new Traffic();
    try {
      SourceClient client = new SourceClient(settings.source(), pace);
      client.authenticate(traffic);
      String server = Capability.check(client, settings.source(), traffic);
      context.recorder().result("server", server);
      ledger
          .intent()
          .ifPresent(
              lost ->
                  context
                      .recorder()
                      .note(
                          "An earlier try asked for this export at "
                              + lost.askedAt()
                              + " and never saw an answer: the server may be working on that one"
                              + " too. It is asked again."));
      ask(context, settings, ledger, exportId, new BulkExport(settings.source(), client, traffic));
    } finally {
      traffic.sums().countIn(context.recorder().registry());
    }
  }

  private void ask(
      JobContext context,
      ExtractSettings settings,
      ExportLedger ledger,
      String exportId,
      BulkExport bulk) {
    BulkSettings wanted = settings.bulk();
    String runKey = context.run().key();
    Instant since = new Since(context.lake()).of(wanted).orElse(null);
    ledger.intend(
        new ExportLedger.Intent(
            exportId, runKey, wanted.group(), since, wanted.types(), pace.clock().instant()));
    URI statusUrl = bulk.kickOff(wanted.group(), wanted.types(), since);
    ledger.start(
        new ExportLedger.Started(
            exportId,
            runKey,
            wanted.group(),
            since,
            wanted.types(),
            pace.clock().instant(),
            statusUrl.toString()));
    context.recorder().result("since", since == null ? "" : since.toString());
  }
}
