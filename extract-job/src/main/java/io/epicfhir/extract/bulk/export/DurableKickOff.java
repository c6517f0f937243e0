package io.epicfhir.extract.bulk.export;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.Failpoint;
import io.epicfhir.common.JobException;
import io.epicfhir.common.job.JobContext;
import io.epicfhir.extract.bulk.ledger.ExportLedger;
import io.epicfhir.extract.bulk.ledger.ExportRequest;
import io.epicfhir.extract.bulk.ledger.GroupLedger;
import io.epicfhir.extract.bulk.settings.BulkSettings;
import io.epicfhir.extract.source.answer.MaybeDone;
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
    // What the settings no longer ask for may be what kept the server from answering.
    Optional<ExportLedger.Intent> lost =
        ledger
            .intent()
            .filter(i -> refused.isEmpty() || i.askedAt().isAfter(refused.get().startedAt()))
            .filter(i -> i.asked().isBySettingsOf(asked));
    lost.ifPresent(
        intent ->
            context
                .recorder()
                .note(
                    "An earlier try requested this export at "
                        + intent.askedAt()
                        + " and got no response, or none that says where the export is. The same"
                        + " request is sent again: a server that is already working on it may"
                        + " return the same job."));
    // In the same words: only so can a server know it again.
    ExportRequest words = lost.map(ExportLedger.Intent::asked).orElse(asked);
    BulkExport.Promise promise =
        send(
            new ExportLedger.Intent(exportId, runKey, words, pace.clock().instant()),
            ledger,
            lost.isEmpty());
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

  /** Only while the server may have begun it the ledger has what was asked for. */
  private BulkExport.Promise send(ExportLedger.Intent intent, ExportLedger ledger, boolean fresh) {
    Optional<ExportLedger.Intent> before = ledger.intent();
    ledger.intend(intent);
    Failpoint.at("kick-off.intent");
    try {
      return bulk.kickOff(intent.asked(), settings, fresh);
    } catch (JobException e) {
      if (!(e instanceof MaybeDone)) {
        before.ifPresentOrElse(ledger::intend, ledger::forgetIntent);
      }
      throw e;
    }
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
