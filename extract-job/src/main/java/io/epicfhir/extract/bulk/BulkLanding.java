package io.epicfhir.extract.bulk;

import com.codahale.metrics.Timer;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.Progress;
import io.epicfhir.common.job.JobContext;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.extract.bronze.BronzeSettings;
import io.epicfhir.extract.bronze.Publication;
import io.epicfhir.extract.bronze.StagedFile;
import io.epicfhir.extract.bronze.Staging;
import io.epicfhir.extract.bulk.files.BinResult;
import io.epicfhir.extract.bulk.files.Download;
import io.epicfhir.extract.bulk.files.DownloadProgress;
import io.epicfhir.extract.bulk.files.FileReceipt;
import io.epicfhir.extract.bulk.files.FileResult;
import io.epicfhir.extract.bulk.files.Receipts;
import io.epicfhir.extract.bulk.judgement.Judgement;
import io.epicfhir.extract.bulk.ledger.Completeness;
import io.epicfhir.extract.bulk.ledger.ExportFence;
import io.epicfhir.extract.bulk.ledger.ExportLedger;
import io.epicfhir.extract.bulk.ledger.ExportSpan;
import io.epicfhir.extract.bulk.manifest.Manifest;
import io.epicfhir.extract.bulk.manifest.RemoteFile;
import io.epicfhir.extract.bulk.settings.BulkSettings;
import io.epicfhir.extract.crawl.references.BulkHydration;
import io.epicfhir.extract.crawl.references.Hydrated;
import io.epicfhir.extract.source.SourceClients;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.hadoop.fs.Path;

/**
 * Takes a finished export into bronze: downloads what has no receipt yet, counts, judges, and shows
 * it in one step. A crash anywhere costs the files that were being downloaded.
 */
public final class BulkLanding {
  private final JobContext context;
  private final BulkSettings bulk;
  private final BronzeSettings bronze;
  private final ExportLedger ledger;
  private final BulkHydration hydration;
  private final BulkFigures figures;

  /** The landing of the ledger's export. */
  public BulkLanding(
      JobContext context,
      BulkSettings bulk,
      BronzeSettings bronze,
      ExportLedger ledger,
      BulkHydration hydration,
      BulkFigures figures) {
    this.context = context;
    this.bulk = bulk;
    this.bronze = bronze;
    this.ledger = ledger;
    this.hydration = hydration;
    this.figures = figures;
  }

  /**
   * Lands the export.
   *
   * @throws JobException {@link ExitCode#DATA_REFUSED} where it must not land, and as the requests
   *     end
   */
  @SuppressWarnings("try") // the time is taken, not used
  public Landing land(Manifest manifest, ExportFence fence) {
    if (!manifest.files().isEmpty()) {
      context.spark(); // its start is no part of the times below
    }
    try (Timer.Context unused = context.recorder().registry().timer("extract.land").time()) {
      return takeAndShow(manifest, fence);
    }
  }

  private Landing takeAndShow(Manifest manifest, ExportFence fence) {
    ExportLedger.Started started = ledger.requireStarted();
    Publication publication =
        new Publication(context.lake(), ledger.publicationPlan(), fence::check);
    Optional<Landing> begun = resume(publication, manifest, started);
    if (begun.isPresent()) {
      return begun.get();
    }
    List<FileReceipt> receipts = receipts(manifest).settled(() -> take(manifest, started));
    List<FileResult> files = receipts.stream().map(FileReceipt::result).toList();
    figures.recounted(files);
    List<StagedFile> rejected = receipts.stream().flatMap(r -> r.quarantine().stream()).toList();
    fence.check();
    figures.quarantined(
        Staging.quarantine(context.lake(), context.run(), started.exportId(), rejected), files);
    judge(manifest, receipts, files);
    Completeness completeness = Completeness.of(started.asked(), files, bulk);
    Optional<String> gap = ExportSpan.gap(context.lake(), started);
    if (gap.isPresent()) {
      throw refused(gap.get(), false);
    }
    Landing landing =
        new Landing(
            started.exportId(),
            started.asked().group(),
            manifest.transactionTime(),
            ExportSpan.from(started.asked()),
            started.startedAt(),
            context.run().key(),
            List.of(),
            completeness.types(),
            false);
    List<StagedFile> staged =
        new ArrayList<>(receipts.stream().flatMap(r -> r.bronze().stream()).toList());
    Set<String> keptOut = FileResult.keptOut(files);
    if (hydration.isWanted() || !completeness.toConfirm().isEmpty()) {
      landing = hydrated(landing, completeness, staged, rejected, keptOut, fence);
    }
    ledger.completeness(completeness);
    ledger.forgetRefusal();
    return publication.publish(
        figures.reported(landing),
        staged,
        keptOut,
        context.run().extractionDate(),
        bronze.targetFileSize());
  }

  /** Adds to the staged files what the export only refers to, or lacks. */
  private Landing hydrated(
      Landing landing,
      Completeness completeness,
      List<StagedFile> staged,
      List<StagedFile> rejected,
      Set<String> keptOut,
      ExportFence fence) {
    List<String> complete = new ArrayList<>(landing.completeTypes());
    if (complete.remove(Landing.ALL_TYPES)) { // not of those that come by reference
      staged.stream().map(StagedFile::type).distinct().forEach(complete::add);
    }
    Hydrated found =
        hydration.run(
            new BulkHydration.Export(
                landing.exportId(),
                landing.group(),
                landing.transactionTime(),
                ledger.requireStarted().asked().full(),
                Set.copyOf(complete),
                new TreeSet<>(completeness.toConfirm()),
                new GroupScope(context.lake(), ledger, bulk).members(complete, staged),
                staged,
                new Path(ledger.staging(), "references")),
            fence::check);
    figures.hydrated(found.counts());
    if (!found.quarantine().isEmpty()) {
      List<StagedFile> all = new ArrayList<>(rejected);
      all.addAll(found.quarantine());
      figures.quarantined(
          Staging.quarantine(context.lake(), context.run(), landing.exportId(), all), found);
    }
    if (found.complaint().isPresent()) {
      throw refused(found.complaint().get().getMessage(), true);
    }
    ledger.references(found.counts());
    complete.removeAll(found.byReference());
    staged.addAll(found.bronze());
    keptOut.addAll(found.keptOut());
    return landing.saying(complete, found.concludes());
  }

  private JobException refused(String why, boolean judged) {
    ledger.refuse(new ExportLedger.Refused(Instant.now(), why, judged));
    context.recorder().result("refused_export", ledger.exportId());
    return new JobException(ExitCode.DATA_REFUSED, why);
  }

  /** An earlier try had decided that the export lands; its counts stand in the receipts. */
  private Optional<Landing> resume(
      Publication publication, Manifest manifest, ExportLedger.Started started) {
    Optional<Landing> begun = publication.resume();
    if (begun.isPresent()) {
      List<FileResult> files =
          manifest.files().stream()
              .map(receipts(manifest)::told)
              .flatMap(Optional::stream)
              .map(FileReceipt::result)
              .toList();
      figures.announced(manifest);
      figures.downloaded(started, files, List.of(), 0);
      ledger.references().ifPresent(figures::hydrated);
      context
          .recorder()
          .note("An earlier try had ingested all files; this try only completed the landing.");
    }
    return begun;
  }

  @SuppressWarnings("try") // the progress is logged, not used
  private List<FileReceipt> take(Manifest manifest, ExportLedger.Started started) {
    figures.announced(manifest);
    Receipts receipts = receipts(manifest);
    List<FileReceipt> known =
        manifest.files().stream().map(receipts::find).flatMap(Optional::stream).toList();
    receipts.removeUnnamed(known);
    List<String> names = known.stream().map(r -> r.result().name()).toList();
    List<RemoteFile> open =
        manifest.files().stream().filter(f -> !names.contains(f.name())).toList();
    if (!known.isEmpty()) {
      context.recorder().note(known.size() + " files had already been ingested by an earlier try.");
    }
    long begin = System.nanoTime();
    List<BinResult> results;
    try (Progress unused =
        Progress.of(
            "files", "resources", new DownloadProgress(receipts, manifest, this::inFlight))) {
      results =
          new Download(context, bronze, hydration.finder())
              .run(open, manifest, started.exportId(), ledger.staging());
    }
    long ms = (System.nanoTime() - begin) / 1_000_000;
    List<FileReceipt> all = new ArrayList<>(known);
    results.forEach(result -> all.addAll(result.files()));
    figures.downloaded(started, all.stream().map(FileReceipt::result).toList(), results, ms);
    BinResult.requireAll(results);
    return all;
  }

  private Receipts receipts(Manifest manifest) {
    return new Receipts(context.lake(), ledger.staging(), manifest.transactionTime());
  }

  /** What this JVM has in flight; executors elsewhere have their own. */
  private int inFlight() {
    return SourceClients.of(context.arguments().settingsFile()).gate().inFlight();
  }

  /** What must not land stays in staging: a rerun judges it anew, by the settings of then. */
  private void judge(Manifest manifest, List<FileReceipt> receipts, List<FileResult> files) {
    Optional<JobException> complaint = Judgement.of(files, bulk);
    if (complaint.isPresent()) {
      receipts.stream().filter(r -> !r.result().counted()).forEach(receipts(manifest)::drop);
      throw refused(complaint.get().getMessage(), true);
    }
  }
}
