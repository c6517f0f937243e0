package io.epicfhir.extract.bulk.export;

import io.epicfhir.common.DurationText;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.Failpoint;
import io.epicfhir.common.FailureWords;
import io.epicfhir.common.JobException;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.extract.bulk.ledger.ExportLedger;
import io.epicfhir.extract.bulk.manifest.Manifest;
import io.epicfhir.extract.bulk.settings.BulkSettings;
import io.epicfhir.extract.source.answer.OutcomeWords;
import io.epicfhir.extract.source.answer.PassingFailure;
import io.epicfhir.extract.source.answer.Reply;
import io.epicfhir.extract.source.answer.RetryAfter;
import io.epicfhir.extract.source.answer.ServerRefusal;
import io.epicfhir.extract.source.pace.Pace;
import io.epicfhir.extract.source.settings.SourceSettings;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Looks once whether an export is ready. It never waits and never asks the server before the
 * server's time.
 */
public final class StatusCheck {
  private static final int LONGEST_PROGRESS = 200;
  private static final String CANNOT_ASK = "Cannot get the export's status: ";

  private final BulkSettings settings;
  private final int maxTries;
  private final int mostNoRoutes;
  private final BulkExport bulk;
  private final ExportLedger ledger;
  private final ExportClock exportClock;
  private final Pace pace;

  /**
   * How the export stands.
   *
   * @param complete whether its manifest is there
   * @param notBefore when the server may be asked next; null where complete
   * @param progress the server's words, shortened
   */
  public record State(boolean complete, Instant notBefore, String progress) {}

  /**
   * Of the ledger's export.
   *
   * @param source how many status requests in a row may fail, and how far clocks may be apart
   * @param lake what is known of the group
   * @param mostNoRoutes after how many 404s in a row, none in FHIR's words, the export is gone
   */
  public StatusCheck(
      BulkSettings settings,
      SourceSettings source,
      BulkExport bulk,
      ExportLedger ledger,
      Lake lake,
      Pace pace,
      int mostNoRoutes) {
    this.settings = settings;
    this.maxTries = source.maxTries();
    this.bulk = bulk;
    this.ledger = ledger;
    this.exportClock = new ExportClock(lake, source.clockTolerance());
    this.pace = pace;
    this.mostNoRoutes = mostNoRoutes;
  }

  /** Looks, and keeps the manifest where it is there. */
  public State run() {
    if (ledger.manifest().isPresent()) {
      return new State(true, null, "");
    }
    ExportLedger.Started started = ledger.requireStarted();
    URI statusUrl = URI.create(started.statusUrl());
    Instant now = pace.clock().instant();
    Optional<ExportLedger.Waiting> waiting = ledger.waiting();
    if (waiting.isPresent() && now.isBefore(waiting.get().notBefore())) {
      return state(waiting.get());
    }
    int failures = waiting.map(ExportLedger.Waiting::failures).orElse(0);
    return now.isAfter(started.startedAt().plus(settings.deadline()))
        ? lastLook(started, statusUrl, failures)
        : poll(started, statusUrl, failures);
  }

  /**
   * Nobody may have looked since it was ready; what the server does not report now is cancelled.
   */
  private State lastLook(ExportLedger.Started started, URI statusUrl, int failures) {
    try {
      State state = poll(started, statusUrl, failures);
      boolean told = ledger.waiting().map(ExportLedger.Waiting::failures).orElse(0) == 0;
      if (state.complete() || !told) {
        return state;
      }
    } catch (JobException e) {
      if (e.exitCode() != ExitCode.UNAVAILABLE) {
        throw e;
      }
    }
    throw tooLate(started, statusUrl, pace.clock().instant());
  }

  private JobException tooLate(ExportLedger.Started started, URI statusUrl, Instant now) {
    String what =
        "Cannot get the export of group \""
            + started.asked().group()
            + "\" within "
            + DurationText.of(settings.deadline())
            + " (bulk.deadline): it was ";
    String whatNext = "; rerun from the kick-off, or raise the deadline first";
    ledger.giveUp(now, what + "given up" + whatNext);
    String cancelled =
        bulk.letGo(statusUrl)
            .map(why -> "given up, and stays at the server (" + why + ")")
            .orElse("cancelled");
    return new JobException(ExitCode.UNAVAILABLE, what + cancelled + whatNext);
  }

  private State poll(ExportLedger.Started started, URI statusUrl, int failures) {
    Duration interval = settings.pollInterval();
    try {
      Reply reply = bulk.status(statusUrl);
      if (reply.status() == 202) {
        Duration wait =
            RetryAfter.of(reply.header("Retry-After"), reply.header("Date"), pace.clock())
                .orElse(interval);
        ledger.refusal().filter(r -> !r.judged()).ifPresent(r -> ledger.forgetRefusal());
        return wait(wait, clean(reply.header("X-Progress").orElse("")), 0);
      }
      return complete(reply, started, statusUrl);
    } catch (PassingFailure e) {
      boolean inItsWords = e.ofRequest() && e.status() >= 500 && !e.codes().isEmpty();
      Duration wait = e.retryAfter().orElse(interval);
      String why = CANNOT_ASK + e.getMessage() + bulk.at(statusUrl);
      return inItsWords
          ? troubled(failures + 1, wait, why, e)
          : failed(failures + 1, wait, e.getMessage(), why, e);
    } catch (IOException e) {
      String reason = FailureWords.of(e);
      return failed(failures + 1, interval, reason, CANNOT_ASK + reason + bulk.at(statusUrl), e);
    } catch (JobException e) {
      if (ServerRefusal.byGateway(e)) {
        return failed(failures + 1, interval, "a web page", e.getMessage(), e);
      }
      if (ServerRefusal.maybeNoRoute(e) && failures + 1 < mostNoRoutes) {
        return wait(interval, "a 404 that is not in FHIR's words", failures + 1);
      }
      throw refused(e, started);
    }
  }

  /** A partial manifest comes with 202 and is not read: the whole one repeats what it lists. */
  private State complete(Reply first, ExportLedger.Started started, URI statusUrl)
      throws IOException, PassingFailure {
    Instant received = pace.clock().instant();
    ManifestPages pages = new ManifestPages(bulk, pace.clock(), statusUrl, first);
    List<String> texts;
    try {
      texts = pages.read();
      Manifest manifest = Manifest.parse(texts);
      exportClock.check(manifest.transactionTime(), started, received, first.date());
    } catch (JobException e) {
      if (pages.asking() || e.exitCode() != ExitCode.REFUSED) {
        throw e;
      }
      JobException located = pages.located(e);
      ledger.refusedManifest(pages.verbatim());
      ledger.refuse(new ExportLedger.Refused(received, located.getMessage(), false));
      throw located;
    }
    ledger.forgetRefusal();
    Failpoint.at("status.manifest");
    ledger.manifest(texts);
    return new State(true, null, "");
  }

  /** The server has given the export up, so a rerun from the kick-off must not adopt it. */
  private JobException refused(JobException refusal, ExportLedger.Started started) {
    if (!ServerRefusal.endsExport(refusal)) {
      return refusal;
    }
    String why =
        refusal.getMessage()
            + "; this export is lost, so rerun from the kick-off, which requests group \""
            + started.asked().group()
            + "\" again";
    ledger.giveUp(pace.clock().instant(), why);
    return new JobException(ExitCode.REFUSED, why, refusal.getCause());
  }

  /**
   * An error of the server, though it puts it in FHIR's words, is not the end of an export of days.
   * Where it lasts, a rerun from the kick-off may ask for a new one; this one stays.
   */
  private State troubled(int failures, Duration interval, String why, Exception cause) {
    if (failures >= maxTries) {
      ledger.refuse(new ExportLedger.Refused(pace.clock().instant(), why, false));
      throw unavailable(
          why,
          failures,
          interval,
          "; the export is kept: rerun this task when the server has recovered, or rerun from the"
              + " kick-off to request a new export",
          cause);
    }
    return wait(interval, "an error of the server", failures);
  }

  private State failed(int failures, Duration wait, String progress, String why, Exception cause) {
    if (failures >= maxTries) {
      throw unavailable(why, failures, wait, "; rerun when the server has recovered", cause);
    }
    return wait(wait, progress, failures);
  }

  /** The task's next try counts from the beginning. */
  private JobException unavailable(
      String why, int failures, Duration wait, String whatNext, Exception cause) {
    wait(wait, "the server could not be asked", 0);
    return new JobException(
        ExitCode.UNAVAILABLE, why + ", " + failures + " times in a row" + whatNext, cause);
  }

  private State wait(Duration wait, String progress, int failures) {
    Instant now = pace.clock().instant();
    ExportLedger.Waiting waiting =
        new ExportLedger.Waiting(now, now.plus(wait), progress, failures);
    ledger.waiting(waiting);
    return state(waiting);
  }

  private static State state(ExportLedger.Waiting waiting) {
    return new State(false, waiting.notBefore(), waiting.progress());
  }

  /** The server's free text, cut to what a log line can hold. */
  private static String clean(String progress) {
    String line = OutcomeWords.progress(progress);
    return line.substring(0, Math.min(line.length(), LONGEST_PROGRESS));
  }
}
