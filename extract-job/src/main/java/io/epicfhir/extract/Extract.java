package io.epicfhir.extract;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.Job;
import io.epicfhir.common.JobContext;
import io.epicfhir.common.JobException;
import io.epicfhir.common.JobRunner;
import io.epicfhir.common.Landing;
import io.epicfhir.common.Landings;
import io.epicfhir.common.RunLock;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Takes a finished export into bronze, in Spark: downloads its files side by side, counts, judges,
 * and shows them in one step. A rerun of the same run adopts what has landed.
 */
public final class Extract implements Job {
  /** See {@link io.epicfhir.common.JobArguments#USAGE}. */
  public static void main(String[] args) {
    System.exit(JobRunner.run(new Extract(), args));
  }

  @Override
  public String phase() {
    return "extract";
  }

  @Override
  @SuppressWarnings("try") // the lock is held, not used
  public void run(JobContext context) {
    ExtractSettings settings = ExtractSettings.from(context.settings());
    String exportId =
        context
            .arguments()
            .export()
            .orElseGet(() -> ExportId.of(context.run(), settings.bulk().group()));
    context.recorder().result("export_id", exportId);
    try (RunLock lock =
        RunLock.acquire(context.lake(), "export-" + exportId, settings.bulk().lockPatience())) {
      ExportLedger ledger = new ExportLedger(context.lake(), exportId);
      Optional<Landing> landed = new Landings(context.lake()).find(exportId);
      Landing landing;
      if (landed.isPresent()) {
        context.recorder().note("This run's export has landed before; nothing was downloaded.");
        landing = landed.get();
      } else {
        landing = land(context, settings, ledger);
      }
      new AfterLanding(context, settings, ledger).run(landing);
      ExtractFigures.landed(context, landing);
    }
  }

  private static Landing land(JobContext context, ExtractSettings settings, ExportLedger ledger) {
    ExportLedger.Started started = ledger.requireStarted();
    Manifest manifest =
        Manifest.parse(
            ledger
                .manifest()
                .orElseThrow(
                    () ->
                        new JobException(
                            ExitCode.SETTINGS,
                            "Cannot extract export "
                                + started.exportId()
                                + ": it is not complete; run the status check until it is")));
    ExtractFigures.announced(context, manifest);
    context.spark();
    Staging staging = new Staging(context.lake(), ledger, started.exportId(), context.run());
    staging.clear();
    long begin = System.nanoTime();
    List<BinResult> results =
        new Download(context, settings, Path.of(context.arguments().settingsFile()))
            .run(manifest, started.exportId(), staging.folder());
    long ms = (System.nanoTime() - begin) / 1_000_000;
    List<FileResult> files = results.stream().flatMap(r -> r.files().stream()).toList();
    ExtractFigures.downloaded(context, started, files, results, ms);
    stopOnFailure(results, ledger);
    List<String> quarantined = staging.quarantine(results);
    ExtractFigures.quarantined(context, quarantined, files);
    Optional<JobException> complaint = Judgement.of(files, settings.bulk());
    if (complaint.isPresent()) {
      staging.hold(results);
      throw complaint.get();
    }
    return staging.publish(results, started, manifest);
  }

  private static void stopOnFailure(List<BinResult> results, ExportLedger ledger) {
    List<BinResult.Failure> failures =
        results.stream().map(BinResult::failure).filter(f -> f != null).toList();
    if (failures.isEmpty()) {
      return;
    }
    boolean gone = failures.stream().anyMatch(BinResult.Failure::gone);
    if (gone) {
      ledger.forgetManifest();
    }
    BinResult.Failure first = failures.get(0);
    for (BinResult.Failure failure : failures) {
      // Where one failure will repeat itself, a retry that another one asks for is in vain.
      if (failure.exitCode() != ExitCode.UNAVAILABLE && failure.exitCode() != ExitCode.STORAGE) {
        first = failure;
      }
    }
    throw new JobException(
        first.exitCode(),
        first.message()
            + (gone ? "; its link has expired: rerun from the status check" : "")
            + (failures.size() > 1 ? " (and " + (failures.size() - 1) + " more failed)" : ""));
  }
}
