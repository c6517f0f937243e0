package io.epicfhir.extract.bulk;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.Failpoint;
import io.epicfhir.common.JobContext;
import io.epicfhir.common.JobException;
import io.epicfhir.common.Landing;
import io.epicfhir.common.Landings;
import io.epicfhir.common.RunLock;
import io.epicfhir.extract.source.Pace;
import io.epicfhir.extract.source.PassingFailure;
import io.epicfhir.extract.source.PastWindow;
import java.net.URI;
import java.time.Instant;
import java.util.Optional;

/**
 * Gets a group's export going, once: a rerun adopts what this run asked for before, and a run
 * adopts what another one asked for in the same words and never fetched. A server that exports a
 * group once in so many hours is thus never asked in vain. A run whose interval ended before what
 * the lake knows of the group asks for nothing: days that were missed, or that a backfill goes
 * through in any order, cost the server one export.
 */
public final class GroupKickOff {
  private final JobContext context;
  private final BulkSettings settings;
  private final BulkExport bulk;
  private final Pace pace;

  /**
   * How it went.
   *
   * @param state kicked-off, adopted, or landed
   */
  public record Result(String group, String exportId, String state) {}

  /** By this client. */
  public GroupKickOff(JobContext context, BulkSettings settings, BulkExport bulk, Pace pace) {
    this.context = context;
    this.settings = settings;
    this.bulk = bulk;
    this.pace = pace;
  }

  /** Kicks off or adopts. */
  @SuppressWarnings("try") // the lock is held, not used
  public Result run(String group) {
    RunExports exports = new RunExports(context.lake(), context.run());
    try (RunLock lock =
        RunLock.acquire(context.lake(), "group-" + ExportId.of(group), settings.lockPatience())) {
      Result result = decide(group, exports.of(group));
      exports.decide(group, result.exportId());
      return result;
    }
  }

  private Result decide(String group, Optional<String> decided) {
    String own = decided.orElseGet(() -> ExportId.of(context.run(), group));
    if (new Landings(context.lake()).find(own).isPresent()) {
      context.recorder().note("This run's export has landed before; it is adopted.");
      return new Result(group, own, "landed");
    }
    if (new ExportLedger(context.lake(), own).started().isPresent()) {
      context.recorder().note("This run's export was kicked off before; it is adopted.");
      return new Result(group, own, "adopted");
    }
    Since since = new Since(context.lake(), group, settings);
    PastWindow window = new PastWindow(context, pace.clock().instant());
    Optional<Landing> covering = window.end().flatMap(since::covering);
    if (covering.isPresent()) {
      window.covered(group, covering.get());
      return new Result(group, covering.get().exportId(), "landed");
    }
    ExportLedger.Asked asked =
        new ExportLedger.Asked(
            group, since.from().orElse(null), settings.types(), settings.typeFilters());
    window.asking(group, asked.since());
    return unfinished(asked).orElseGet(() -> ask(asked, ExportId.of(context.run(), group)));
  }

  /** Another run's export in the same words that has neither landed nor been given up. */
  private Optional<Result> unfinished(ExportLedger.Asked asked) {
    Optional<GroupLedger.Newest> newest = new GroupLedger(context.lake()).newest(asked.group());
    if (newest.isEmpty()) {
      return Optional.empty();
    }
    String id = newest.get().exportId();
    Optional<ExportLedger.Started> started = new ExportLedger(context.lake(), id).started();
    boolean fits =
        started.isPresent()
            && started.get().asked().equals(asked)
            && pace.clock().instant().isBefore(started.get().startedAt().plus(settings.deadline()))
            && new Landings(context.lake()).find(id).isEmpty();
    if (!fits) {
      return Optional.empty();
    }
    context
        .recorder()
        .note(
            "Group \""
                + asked.group()
                + "\": run "
                + started.get().runKey()
                + " asked for the same at "
                + started.get().startedAt()
                + " and has not landed it; its export is adopted.");
    return Optional.of(new Result(asked.group(), id, "adopted"));
  }

  private Result ask(ExportLedger.Asked asked, String exportId) {
    try {
      start(asked, exportId);
      return new Result(asked.group(), exportId, "kicked-off");
    } catch (JobException e) {
      Optional<Landing> landed = landedLately(asked.group());
      boolean busy = e.getCause() instanceof PassingFailure;
      if (e.exitCode() != ExitCode.UNAVAILABLE || !busy || landed.isEmpty()) {
        throw e;
      }
      context
          .recorder()
          .note(
              "The server gives no new export of group \""
                  + asked.group()
                  + "\" yet ("
                  + e.getMessage()
                  + "); what landed at "
                  + landed.get().landedAt()
                  + " is adopted, and nothing newer can be had before bulk.window has passed.");
      return new Result(asked.group(), landed.get().exportId(), "landed");
    }
  }

  /** The group's newest export, where it landed and was asked for within the server's window. */
  private Optional<Landing> landedLately(String group) {
    Instant from = pace.clock().instant().minus(settings.window());
    return new GroupLedger(context.lake())
        .newest(group)
        .filter(newest -> newest.askedAt().isAfter(from))
        .flatMap(newest -> new Landings(context.lake()).find(newest.exportId()));
  }

  /**
   * Asks the server, and makes its promise durable.
   *
   * @throws JobException {@link ExitCode#UNAVAILABLE} where the answer was lost
   */
  public void start(ExportLedger.Asked asked, String exportId) {
    ExportLedger ledger = new ExportLedger(context.lake(), exportId);
    String runKey = context.run().key();
    Optional<ExportLedger.Intent> lost = ledger.intent();
    lost.ifPresent(
        intent ->
            context
                .recorder()
                .note(
                    "An earlier try asked for this export at "
                        + intent.askedAt()
                        + " and never saw an answer. It is asked in the same words: a server that"
                        + " works on it already may answer with that one."));
    // In the same words: only so can a server know it again.
    ExportLedger.Asked words = lost.map(ExportLedger.Intent::asked).orElse(asked);
    ledger.intend(new ExportLedger.Intent(exportId, runKey, words, pace.clock().instant()));
    Failpoint.at("kick-off.intent");
    URI statusUrl = bulk.kickOff(words, settings.method(), lost.isEmpty());
    Failpoint.at("kick-off.answer");
    Instant now = pace.clock().instant();
    new GroupLedger(context.lake()).note(new GroupLedger.Newest(words.group(), exportId, now));
    ledger.start(new ExportLedger.Started(exportId, runKey, words, now, statusUrl.toString()));
    Failpoint.at("kick-off.started");
  }
}
