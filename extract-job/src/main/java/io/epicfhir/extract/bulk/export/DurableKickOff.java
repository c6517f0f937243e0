package io.epicfhir.extract.bulk.export;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.Failpoint;
import io.epicfhir.common.JobException;
import io.epicfhir.common.job.JobContext;
import io.epicfhir.extract.bulk.ledger.ExportLedger;
import io.epicfhir.extract.bulk.ledger.ExportRequest;
import io.epicfhir.extract.bulk.ledger.GroupLedger;
import io.epicfhir.extract.bulk.settings.BulkSettings;
import io.epicfhir.extract.source.pace.Pace;
import java.net.URI;
import java.time.Instant;
import java.util.Optional;

/**
 * One kick-off, in the ledger from before it is sent: a crash at any point leaves behind what was
 * asked for, and in which words.
 */
public final class DurableKickOff {
  private final JobContext context;
  private final BulkSettings settings;
  private final BulkExport bulk;
  private final Pace pace;

  /** By this client. */
  public DurableKickOff(JobContext context, BulkSettings settings, BulkExport bulk, Pace pace) {
    this.context = context;
    this.settings = settings;
    this.bulk = bulk;
    this.pace = pace;
  }

  /**
   * Asks the server, and makes its promise durable.
   *
   * @throws JobException {@link ExitCode#UNAVAILABLE} where the answer was lost
   */
  public void start(ExportRequest asked, String exportId) {
    ExportLedger ledger = new ExportLedger(context.lake(), exportId);
    String runKey = context.run().key();
    Optional<ExportLedger.Started> refused = ledger.started();
    Optional<ExportLedger.Intent> lost =
        ledger
            .intent()
            .filter(i -> refused.isEmpty() || i.askedAt().isAfter(refused.get().startedAt()));
    lost.ifPresent(
        intent ->
            context
                .recorder()
                .note(
                    "An earlier try requested this export at "
                        + intent.askedAt()
                        + " and got no response. The same request is sent again: a server that"
                        + " is already working on it may return the same job."));
    // In the same words: only so can a server know it again.
    ExportRequest words = lost.map(ExportLedger.Intent::asked).orElse(asked);
    ledger.intend(new ExportLedger.Intent(exportId, runKey, words, pace.clock().instant()));
    Failpoint.at("kick-off.intent");
    BulkExport.Promise promise = bulk.kickOff(words, settings, lost.isEmpty());
    Failpoint.at("kick-off.answer");
    Instant now = pace.clock().instant();
    if (refused.isPresent()) {
      ledger.giveUp(now);
    }
    new GroupLedger(context.lake()).note(new GroupLedger.Newest(words.group(), exportId, now));
    ledger.start(
        new ExportLedger.Started(
            exportId, runKey, words, now, promise.statusUrl().toString(), promise.serverTime()));
    Failpoint.at("kick-off.started");
    refused.ifPresent(old -> letGo(URI.create(old.statusUrl())));
  }

  /**
   * Asks for an export that the server has given before.
   *
   * @throws JobException {@link ExitCode#UNAVAILABLE} where the answer was lost, or where the
   *     server gives the group no new export yet
   */
  public void again(ExportRequest asked, String exportId) {
    try {
      start(asked, exportId);
    } catch (JobException e) {
      KickOffWindow window = new KickOffWindow(context.lake(), settings.window(), pace.clock());
      boolean askedBefore = window.askedLately(asked.group()).isPresent();
      throw KickOffWindow.isTooSoon(e, askedBefore) ? window.later(e) : e;
    }
  }

  /** A server that keeps a refused export is no reason to wait for the new one in vain. */
  private void letGo(URI statusUrl) {
    bulk.letGo(statusUrl)
        .ifPresent(
            why ->
                context
                    .recorder()
                    .note("The refused export could not be deleted at the server: " + why));
  }
}
