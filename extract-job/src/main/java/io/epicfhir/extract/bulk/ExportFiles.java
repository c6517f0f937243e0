package io.epicfhir.extract.bulk;

import io.epicfhir.common.Progress;
import io.epicfhir.common.job.JobContext;
import io.epicfhir.extract.bronze.BronzeSettings;
import io.epicfhir.extract.bulk.files.BinResult;
import io.epicfhir.extract.bulk.files.Download;
import io.epicfhir.extract.bulk.files.DownloadProgress;
import io.epicfhir.extract.bulk.files.FileReceipt;
import io.epicfhir.extract.bulk.files.Receipts;
import io.epicfhir.extract.bulk.ledger.ExportLedger;
import io.epicfhir.extract.bulk.manifest.Manifest;
import io.epicfhir.extract.bulk.manifest.RemoteFile;
import io.epicfhir.extract.crawl.references.ReferenceFinder;
import io.epicfhir.extract.source.SourceClients;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Takes the files of an export in, each that has no receipt. */
final class ExportFiles {
  private final JobContext context;
  private final BronzeSettings bronze;
  private final ExportLedger ledger;
  private final ReferenceFinder finder;
  private final BulkFigures figures;

  /** Of the ledger's export. */
  ExportFiles(
      JobContext context,
      BronzeSettings bronze,
      ExportLedger ledger,
      ReferenceFinder finder,
      BulkFigures figures) {
    this.context = context;
    this.bronze = bronze;
    this.ledger = ledger;
    this.finder = finder;
    this.figures = figures;
  }

  /** The receipts of all files. */
  List<FileReceipt> settled(Manifest manifest) {
    return receipts(manifest).settled(() -> take(manifest));
  }

  /** Those of an export that was taken in, wherever the Parquet files are by now. */
  List<FileReceipt> told(Manifest manifest) {
    return manifest.files().stream()
        .map(receipts(manifest)::told)
        .flatMap(Optional::stream)
        .toList();
  }

  Receipts receipts(Manifest manifest) {
    return new Receipts(context.lake(), ledger.staging(), manifest.transactionTime());
  }

  @SuppressWarnings("try") // the progress is logged, not used
  private List<FileReceipt> take(Manifest manifest) {
    figures.announced(manifest);
    Receipts receipts = receipts(manifest);
    List<FileReceipt> known =
        manifest.files().stream().map(receipts::find).flatMap(Optional::stream).toList();
    receipts.removeUnnamed(known);
    List<String> names = known.stream().map(r -> r.result().name()).toList();
    List<RemoteFile> open =
        manifest.files().stream().filter(f -> !names.contains(f.name())).toList();
    if (!known.isEmpty() && figures.isFirstTaking()) {
      context.recorder().note(known.size() + " files had already been ingested by an earlier try.");
    }
    long begin = System.nanoTime();
    List<BinResult> results;
    try (Progress unused =
        Progress.of(
            "files", "resources", new DownloadProgress(receipts, manifest, this::inFlight))) {
      results =
          new Download(context, bronze, finder)
              .run(open, manifest, ledger.exportId(), ledger.staging());
    }
    long ms = (System.nanoTime() - begin) / 1_000_000;
    List<FileReceipt> all = new ArrayList<>(known);
    results.forEach(result -> all.addAll(result.files()));
    figures.downloaded(
        ledger.requireStarted(), all.stream().map(FileReceipt::result).toList(), results, ms);
    BinResult.requireAll(results);
    return all;
  }

  /** What this JVM has in flight; executors elsewhere have their own. */
  private int inFlight() {
    return SourceClients.of(context.arguments().settingsFile()).gate().inFlight();
  }
}
