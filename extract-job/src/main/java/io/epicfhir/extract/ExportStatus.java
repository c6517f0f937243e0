package io.epicfhir.extract;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.Job;
import io.epicfhir.common.JobContext;
import io.epicfhir.common.JobException;
import io.epicfhir.common.JobRunner;
import io.epicfhir.common.Landings;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;

/**
 * Looks once whether the export is ready; plain Java, no Spark. It never waits and never asks the
 * server before the server's time.
 */
public final class ExportStatus implements Job {
  private static final int LONGEST_PROGRESS = 200;

  private final Pace pace;

  /** Runs by this machine's clock. */
  public ExportStatus() {
    this(Pace.real());
  }

  ExportStatus(Pace pace) {
    this.pace = pace;
  }

  /** See {@link io.epicfhir.common.JobArguments#USAGE}. */
  public static void main(String[] args) {
    System.exit(JobRunner.run(new ExportStatus(), args));
  }

  @Override
  public String phase() {
    return "extract";
  }

  @Override
  public void run(JobContext context) {
    ExtractSettings settings = ExtractSettings.from(context.settings());
    String exportId =
        context
            .arguments()
            .export()
            .orElseGet(() -> ExportId.of(context.run(), settings.bulk().group()));
    context.recorder().result("export_id", exportId);
    ExportLedger ledger = new ExportLedger(context.lake(), exportId);
    if (new Landings(context.lake()).find(exportId).isPresent()) {
      context.recorder().result("state", "landed");
    } else if (ledger.manifest().isPresent()) {
      context.recorder().result("state", "complete");
    } else {
      check(context, settings, ledger);
    }
  }

  private void check(JobContext context, ExtractSettings settings, ExportLedger ledger) {
    ExportLedger.Started started = ledger.requireStarted();
    URI statusUrl = URI.create(started.statusUrl());
    Traffic traffic = new Traffic();
    try {
      BulkExport bulk =
          new BulkExport(settings.source(), new SourceClient(settings.source(), pace), traffic);
      Instant now = pace.clock().instant();
      if (now.isAfter(started.startedAt().plus(settings.bulk().deadline()))) {
        bulk.delete(statusUrl);
        ledger.giveUp(now);
        throw new JobException(
            ExitCode.UNAVAILABLE,
            "Cannot get the export of group \""
                + started.group()
                + "\" within "
                + settings.bulk().deadline()
                + ": it was cancelled; rerun from the kick-off, or raise bulk.deadline");
      }
      if (ledger.waiting().map(w -> now.isBefore(w.notBefore())).orElse(false)) {
        report(context, ledger.waiting().orElseThrow());
        return;
      }
      poll(context, settings, ledger, bulk, statusUrl);
    } finally {
      traffic.sums().countIn(context.recorder().registry());
    }
  }

  private void poll(
      JobContext context,
      ExtractSettings settings,
      ExportLedger ledger,
      BulkExport bulk,
      URI statusUrl) {
    int failures = ledger.waiting().map(ExportLedger.Waiting::failures).orElse(0);
    Duration interval = settings.bulk().pollInterval();
    try {
      Reply reply = bulk.status(statusUrl);
      if (reply.status() == 202) {
        Duration wait =
            RetryAfter.of(reply.header("Retry-After"), reply.header("Date"), pace.clock())
                .orElse(interval);
        wait(context, ledger, wait, clean(reply.header("X-Progress").orElse("")), 0);
      } else {
        complete(context, ledger, reply);
      }
    } catch (PassingFailure e) {
      Duration wait = e.retryAfter().orElse(interval);
      failed(context, settings, ledger, failures + 1, wait, e.getMessage(), e);
    } catch (IOException e) {
      String reason = e.getClass().getSimpleName();
      failed(context, settings, ledger, failures + 1, interval, reason, e);
    } catch (JobException e) {
      throw refused(e, ledger);
    }
  }

  private static void complete(JobContext context, ExportLedger ledger, Reply reply) {
    Manifest manifest;
    try {
      manifest = Manifest.parse(reply.text());
    } catch (JobException e) {
      ledger.refusedManifest(reply.text());
      throw e;
    }
    ledger.manifest(reply.text());
    context.recorder().result("state", "complete");
    context.recorder().result("files", manifest.files().size());
    context.recorder().result("transaction_time", manifest.transactionTime().toString());
  }

  /** The server has given the export up, so a rerun from the kick-off must not adopt it. */
  private JobException refused(JobException refusal, ExportLedger ledger) {
    if (!ServerRefusal.endsExport(refusal)) {
      return refusal;
    }
    ledger.giveUp(pace.clock().instant());
    return new JobException(
        ExitCode.REFUSED,
        refusal.getMessage() + "; the export is given up: rerun from the kick-off",
        refusal);
  }

  private void failed(
      JobContext context,
      ExtractSettings settings,
      ExportLedger ledger,
      int failures,
      Duration wait,
      String reason,
      Exception cause) {
    if (failures >= settings.source().maxTries()) {
      throw new JobException(
          ExitCode.UNAVAILABLE,
          "Cannot ask for the export's status: "
              + reason
              + ", "
              + failures
              + " times in a row; rerun when the server is well",
          cause);
    }
    wait(context, ledger, wait, reason, failures);
  }

  private void wait(
      JobContext context, ExportLedger ledger, Duration wait, String progress, int failures) {
    Instant now = pace.clock().instant();
    ExportLedger.Waiting waiting =
        new ExportLedger.Waiting(now, now.plus(wait), progress, failures);
    ledger.waiting(waiting);
    report(context, waiting);
  }

  private static void report(JobContext context, ExportLedger.Waiting waiting) {
    context.recorder().result("state", "in-progress");
    context.recorder().result("not_before", waiting.notBefore().toString());
    context.recorder().result("progress", waiting.progress());
  }

  /** The server's free text, cut to what a log line can hold. */
  private static String clean(String progress) {
    String line = progress.replaceAll("\\p{Cntrl}", " ");
    return line.substring(0, Math.min(line.length(), LONGEST_PROGRESS));
  }
}
