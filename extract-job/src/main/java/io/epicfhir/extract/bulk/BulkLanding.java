package io.epicfhir.extract.bulk;

import com.codahale.metrics.Timer;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.job.JobContext;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.extract.bronze.BronzeSettings;
import io.epicfhir.extract.bronze.Publication;
import io.epicfhir.extract.bronze.StagedFile;
import io.epicfhir.extract.bronze.Staging;
import io.epicfhir.extract.bulk.files.FileReceipt;
import io.epicfhir.extract.bulk.files.FileResult;
import io.epicfhir.extract.bulk.judgement.Judgement;
import io.epicfhir.extract.bulk.ledger.Completeness;
import io.epicfhir.extract.bulk.ledger.ExportFence;
import io.epicfhir.extract.bulk.ledger.ExportLedger;
import io.epicfhir.extract.bulk.ledger.ExportSpan;
import io.epicfhir.extract.bulk.manifest.Manifest;
import io.epicfhir.extract.bulk.settings.BulkSettings;
import io.epicfhir.extract.crawl.references.BulkHydration;
import io.epicfhir.extract.crawl.references.Hydrated;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

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
  private final ExportFiles files;

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
    this.files = new ExportFiles(context, bronze, ledger, hydration.finder(), figures);
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
    Optional<Landing> landed = takeAndShow(manifest, started, publication, fence);
    while (landed.isEmpty()) { // fewer are on the opt-out list now, for this export for good
      landed = takeAndShow(manifest, started, publication, fence);
    }
    return landed.get();
  }

  /** Empty where a read resource came as another patient's that was on the opt-out list. */
  private Optional<Landing> takeAndShow(
      Manifest manifest, ExportLedger.Started started, Publication publication, ExportFence fence) {
    List<FileReceipt> receipts = files.settled(manifest);
    List<FileResult> results = receipts.stream().map(FileReceipt::result).toList();
    figures.recounted(results);
    List<StagedFile> rejected = receipts.stream().flatMap(r -> r.quarantine().stream()).toList();
    fence.check();
    figures.quarantined(
        Staging.quarantine(context.lake(), context.run(), started.exportId(), rejected), results);
    judge(manifest, receipts, results);
    Completeness completeness = Completeness.of(started.asked(), results, bulk);
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
    Set<String> keptOut = FileResult.keptOut(results);
    if (hydration.isWanted() || !completeness.toConfirm().isEmpty()) {
      List<String> complete = complete(landing, staged);
      Hydrated found = hydration.run(export(landing, completeness, complete, staged), fence::check);
      if (!found.released().isEmpty()) {
        files.receipts(manifest).release(found.released(), receipts);
        return Optional.empty();
      }
      landing = hydrated(landing, complete, found, rejected);
      staged.addAll(found.bronze());
      keptOut.addAll(found.keptOut());
    }
    ledger.completeness(completeness);
    ledger.forgetRefusal();
    return Optional.of(
        publication.publish(
            figures.reported(landing),
            staged,
            keptOut,
            context.run().extractionDate(),
            bronze.targetFileSize()));
  }

  private BulkHydration.Export export(
      Landing landing, Completeness completeness, List<String> complete, List<StagedFile> staged) {
    return new BulkHydration.Export(
        landing.exportId(),
        landing.group(),
        landing.transactionTime(),
        ledger.requireStarted().asked().full(),
        Set.copyOf(complete),
        new TreeSet<>(completeness.toConfirm()),
        new GroupScope(context.lake(), ledger, bulk).members(complete, staged),
        staged,
        BulkHydration.folder(ledger.staging()));
  }

  /** The types of which the files hold all; none of those that come by reference alone. */
  private static List<String> complete(Landing landing, List<StagedFile> staged) {
    List<String> complete = new ArrayList<>(landing.completeTypes());
    if (complete.remove(Landing.ALL_TYPES)) {
      staged.stream().map(StagedFile::type).distinct().forEach(complete::add);
    }
    return complete;
  }

  /** The landing with what the export only refers to, or lacks. */
  private Landing hydrated(
      Landing landing, List<String> complete, Hydrated found, List<StagedFile> rejected) {
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
      List<FileResult> results = files.told(manifest).stream().map(FileReceipt::result).toList();
      figures.announced(manifest);
      figures.downloaded(started, results, List.of(), 0);
      ledger.references().ifPresent(figures::hydrated);
      context
          .recorder()
          .note("An earlier try had ingested all files; this try only completed the landing.");
    }
    return begun;
  }

  /** What must not land stays in staging: a rerun judges it anew, by the settings of then. */
  private void judge(Manifest manifest, List<FileReceipt> receipts, List<FileResult> files) {
    Optional<JobException> complaint = Judgement.of(files, bulk);
    if (complaint.isPresent()) {
      receipts.stream()
          .filter(r -> !r.result().counted())
          .forEach(this.files.receipts(manifest)::drop);
      throw refused(complaint.get().getMessage(), true);
    }
  }
}
