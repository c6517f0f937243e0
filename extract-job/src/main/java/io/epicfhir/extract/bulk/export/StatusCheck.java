package io.epicfhir.extract.bulk.export;

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
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Looks once whether an export is ready. It never waits and never asks the server before the
 * server's time.
 */
public final class StatusCheck {
  private static final int LONGEST_PROGRESS = 200;
  private static final int MOST_PAGES = 100_000;

  private final BulkSettings settings;
  private final int maxTries;
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
   */
  public StatusCheck(
      BulkSettings settings,
      SourceSettings source,
      BulkExport bulk,
      ExportLedger ledger,
      Lake lake,
      Pace pace) {
    this.settings = settings;
    this.maxTries = source.maxTries();
    this.bulk = bulk;
    this.ledger = ledger;
    this.exportClock = new ExportClock(lake, source.clockTolerance());
    this.pace = pace;
  }

  /** Looks, and keeps the manifest where it is there. */
  public State run() {
    if (ledger.manifest().isPresent()) {
      return new State(true, null, "");
    }
    ExportLedger.Started started = ledger.requireStarted();
    URI statusUrl = URI.create(started.statusUrl());
    Instant now = pace.clock().instant();
    if (now.isAfter(started.startedAt().plus(settings.deadline()))) {
      throw tooLate(started, statusUrl, now);
    }
    Optional<ExportLedger.Waiting> waiting = ledger.waiting();
    if (waiting.isPresent() && now.isBefore(waiting.get().notBefore())) {
      return state(waiting.get());
    }
    return poll(started, statusUrl, waiting.map(ExportLedger.Waiting::failures).orElse(0));
  }

  private JobException tooLate(ExportLedger.Started started, URI statusUrl, Instant now) {
    bulk.delete(statusUrl);
    ledger.giveUp(now);
    return new JobException(
        ExitCode.UNAVAILABLE,
        "Cannot get the export of group \""
            + started.asked().group()
            + "\" within "
            + settings.deadline()
            + ": it was cancelled; rerun from the kick-off, or raise bulk.deadline");
  }

  private State poll(ExportLedger.Started started, URI statusUrl, int failures) {
    Duration interval = settings.pollInterval();
    try {
      Reply reply = bulk.status(statusUrl);
      if (reply.status() == 202) {
        Duration wait =
            RetryAfter.of(reply.header("Retry-After"), reply.header("Date"), pace.clock())
                .orElse(interval);
        return wait(wait, clean(reply.header("X-Progress").orElse("")), 0);
      }
      return complete(reply, started, statusUrl);
    } catch (PassingFailure e) {
      return failed(failures + 1, e.retryAfter().orElse(interval), e.getMessage(), e);
    } catch (IOException e) {
      return failed(failures + 1, interval, FailureWords.of(e), e);
    } catch (JobException e) {
      if (ServerRefusal.serverTrouble(e)) {
        return troubled(failures + 1, interval, e);
      }
      throw refused(e);
    }
  }

  /** A partial manifest comes with 202 and is not read: the whole one repeats what it lists. */
  private State complete(Reply first, ExportLedger.Started started, URI statusUrl)
      throws IOException, PassingFailure {
    Instant received = pace.clock().instant();
    List<String> pages = new ArrayList<>();
    pages.add(first.text());
    try {
      if (first.status() != 200) {
        throw Manifest.refused("it came with status " + first.status() + " instead of 200");
      }
      Set<URI> seen = new HashSet<>();
      URI from = statusUrl;
      Optional<URI> next = Manifest.next(first.text(), from);
      while (next.isPresent()) {
        if (!seen.add(next.get()) || seen.size() > MOST_PAGES) {
          throw Manifest.refused("its pages lead in a circle");
        }
        from = next.get();
        String page = bulk.manifestPage(from).text();
        pages.add(page);
        next = Manifest.next(page, from);
      }
      Manifest manifest = Manifest.parse(pages);
      exportClock.check(manifest.transactionTime(), started, received, first.date());
    } catch (JobException e) {
      if (ServerRefusal.of(e).isEmpty()) {
        ledger.refusedManifest(String.join("\n", pages));
        ledger.refuse(new ExportLedger.Refused(received, e.getMessage(), false));
      }
      throw e;
    }
    ledger.forgetRefusal();
    Failpoint.at("status.manifest");
    ledger.manifest(pages);
    return new State(true, null, "");
  }

  /** The server has given the export up, so a rerun from the kick-off must not adopt it. */
  private JobException refused(JobException refusal) {
    if (!ServerRefusal.endsExport(refusal)) {
      return refusal;
    }
    ledger.giveUp(pace.clock().instant());
    return new JobException(
        ExitCode.REFUSED,
        refusal.getMessage() + "; the export is given up: rerun from the kick-off",
        refusal.getCause());
  }

  /**
   * An error of the server, though it puts it in FHIR's words, is not the end of an export of days.
   * Where it lasts, a rerun from the kick-off may ask for a new one; this one stays.
   */
  private State troubled(int failures, Duration interval, JobException trouble) {
    if (failures >= maxTries) {
      ledger.refuse(new ExportLedger.Refused(pace.clock().instant(), trouble.getMessage(), false));
      throw new JobException(
          ExitCode.UNAVAILABLE,
          trouble.getMessage()
              + ", "
              + failures
              + " times in a row; the export is not given up: rerun this task when the server is"
              + " well, or rerun from the kick-off to ask for a new export",
          trouble.getCause());
    }
    return wait(interval, "an error of the server", failures);
  }

  private State failed(int failures, Duration wait, String reason, Exception cause) {
    if (failures >= maxTries) {
      throw new JobException(
          ExitCode.UNAVAILABLE,
          "Cannot ask for the export's status: "
              + reason
              + ", "
              + failures
              + " times in a row; rerun when the server is well",
          cause);
    }
    return wait(wait, reason, failures);
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
