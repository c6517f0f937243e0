package io.epicfhir.extract.bulk;

import com.codahale.metrics.MetricRegistry;
import io.epicfhir.common.job.JobContext;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.report.RunRecorder;
import io.epicfhir.common.report.RunReport;
import io.epicfhir.extract.bulk.files.BinResult;
import io.epicfhir.extract.bulk.files.FileResult;
import io.epicfhir.extract.bulk.ledger.ExportLedger;
import io.epicfhir.extract.bulk.manifest.FileKind;
import io.epicfhir.extract.bulk.manifest.FileLabel;
import io.epicfhir.extract.bulk.manifest.Manifest;
import io.epicfhir.extract.bulk.manifest.RemoteFile;
import io.epicfhir.extract.crawl.references.Hydrated;
import io.epicfhir.extract.crawl.references.HydrationCounts;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What the run report says about bulk exports; one for all exports of a run. An export may be begun
 * again within a run, with fresh links: each file of it counts once, by the last beginning.
 */
public final class BulkFigures {
  private final JobContext context;
  private final Map<String, Long> announced = new TreeMap<>();
  private final Map<String, Long> serverErrors = new TreeMap<>();
  private final QuarantineFigures quarantine;
  private Map<String, Long> announcedNow = Map.of();
  private Taken takenNow;
  private HydrationCounts hydratedNow;
  private final Map<String, Map<String, Long>> hydrated = new TreeMap<>();
  private long patients;
  private long ms;

  /** What came of an export. */
  private record Taken(ExportLedger.Started started, List<FileResult> files, long downloadMs) {}

  /** The figures of a run. */
  public BulkFigures(JobContext context) {
    this.context = context;
    this.quarantine = new QuarantineFigures(context.recorder());
  }

  /** Whether nothing of the export was taken in by this run's task so far. */
  boolean isFirstTaking() {
    return takenNow == null;
  }

  /**
   * The download's figures, also where nothing lands of it; replaces those of the export so far,
   * but for the time.
   */
  void downloaded(
      ExportLedger.Started started,
      List<FileResult> files,
      List<BinResult> results,
      long downloadMs) {
    results.forEach(result -> result.traffic().countIn(context.recorder().registry()));
    long before = takenNow == null ? 0 : takenNow.downloadMs();
    takenNow = new Taken(started, files, before + downloadMs);
  }

  /** The same files, where some of their lines turned out to be of patients who stay out. */
  void recounted(List<FileResult> files) {
    takenNow =
        takenNow == null ? null : new Taken(takenNow.started(), files, takenNow.downloadMs());
  }

  /** Reports the figures of one export, and is ready for the next. */
  public void tell() {
    announcedNow.forEach((type, n) -> announced.merge(type, n, Long::sum));
    context.recorder().result("manifest_counts", announced);
    if (takenNow != null) {
      tell(takenNow);
    }
    if (hydratedNow != null) {
      tell(hydratedNow);
    }
    quarantine.next();
    announcedNow = Map.of();
    takenNow = null;
    hydratedNow = null;
  }

  /** The landing with what this tells of the export so far. */
  Landing reported(Landing landing) {
    Map<String, RunReport.Resources> resources = new TreeMap<>();
    Map<String, Object> result = new TreeMap<>();
    result.put("manifest_counts", announcedNow);
    Map<String, Long> optedOut = new TreeMap<>();
    if (takenNow != null) {
      byType(takenNow.files()).forEach((type, ofType) -> resources.put(type, sum(ofType)));
      optedOut.putAll(optedOut(takenNow.files()));
    }
    if (hydratedNow != null) {
      hydratedNow
          .resources()
          .forEach((type, counts) -> resources.merge(type, counts, RunReport.Resources::plus));
      hydratedNow.optedOut().forEach((type, n) -> optedOut.merge(type, n, Long::sum));
      result.putAll(hydratedNow.results());
    }
    result.put("opted_out", optedOut);
    result.putAll(quarantine.result());
    return landing.reported(new Landing.Report(resources, result));
  }

  /** What was fetched by the export's references; replaces that of the export so far. */
  void hydrated(HydrationCounts counts) {
    hydratedNow = counts;
  }

  private void tell(HydrationCounts counts) {
    counts.resources().forEach(context.recorder()::resources);
    counts.results().forEach(this::result);
    if (!counts.kept().isEmpty() || !counts.unconfirmed().isEmpty()) {
      context
          .recorder()
          .note(
              "This export is incomplete for some types and lacks resources that earlier exports"
                  + " had. Still on the server (read by id): "
                  + counts.kept()
                  + "; kept because the server did not confirm a deletion: "
                  + counts.unconfirmed()
                  + ".");
    }
  }

  /** Sums over the exports of the run. */
  private void result(String key, Map<String, Long> counts) {
    Map<String, Long> sums = hydrated.computeIfAbsent(key, k -> new TreeMap<>());
    counts.forEach((type, n) -> sums.merge(type, n, Long::sum));
    context.recorder().result(key, sums);
  }

  private void tell(Taken taken) {
    RunRecorder recorder = context.recorder();
    MetricRegistry registry = recorder.registry();
    for (FileResult file : taken.files()) {
      file.problems().byKey().forEach((key, n) -> serverErrors.merge(key, n, Long::sum));
      String label = FileLabel.of(file.type(), file.name());
      recorder.input(label, label, file.received(), file.bytes());
      registry.timer("extract.file").update(Duration.ofMillis(file.ms()));
      registry.counter("lines.blank").inc(file.blank());
      registry.counter("lines.unreadable-last-updated").inc(file.oddLastUpdated());
      registry.counter("lines.server-errors").inc(file.severe());
    }
    if (!serverErrors.isEmpty()) {
      recorder.result("server_errors", new TreeMap<>(serverErrors));
    }
    registry.timer("extract.download").update(Duration.ofMillis(taken.downloadMs()));
    byType(taken.files()).forEach((type, ofType) -> recorder.resources(type, sum(ofType)));
    result("opted_out", optedOut(taken.files()));
    ms += taken.downloadMs();
    patients(recorder, taken.started(), taken.files());
  }

  /**
   * How many lines of each type the manifest announced; a type whose files do not all have a count
   * is left out.
   */
  void announced(Manifest manifest) {
    Map<String, List<RemoteFile>> byType =
        manifest.files().stream()
            .filter(f -> f.kind() != FileKind.ERROR)
            .collect(Collectors.groupingBy(RemoteFile::type, TreeMap::new, Collectors.toList()));
    byType.values().removeIf(files -> files.stream().anyMatch(f -> f.count() == null));
    Map<String, Long> counts = new TreeMap<>();
    byType.forEach(
        (type, files) -> counts.put(type, files.stream().mapToLong(RemoteFile::count).sum()));
    announcedNow = counts;
  }

  /** The lines of an export's files that were put into quarantine. */
  void quarantined(List<String> folders, List<FileResult> files) {
    quarantine.told(folders, files);
  }

  /** The same, with what was read by the export's references. */
  void quarantined(List<String> folders, Hydrated found) {
    quarantine.told(folders, found);
  }

  private void patients(
      RunRecorder recorder, ExportLedger.Started started, List<FileResult> files) {
    patients +=
        files.stream()
            .filter(f -> f.kind() == FileKind.OUTPUT && f.type().equals("Patient"))
            .mapToLong(FileResult::written)
            .sum();
    recorder.patients(patients, patients == 0 ? 0 : (double) ms / patients);
    if (started.asked().since() != null) {
      recorder.note(
          "This is an incremental export, so the report counts only changed patients; the time per"
              + " patient includes the changes of all other resources.");
    }
  }

  private static Map<String, List<FileResult>> byType(List<FileResult> files) {
    return files.stream()
        .filter(f -> f.kind() != FileKind.ERROR)
        .collect(Collectors.groupingBy(FileResult::type, TreeMap::new, Collectors.toList()));
  }

  private static RunReport.Resources sum(List<FileResult> files) {
    return new RunReport.Resources(
        files.stream().mapToLong(FileResult::received).sum(),
        files.stream().mapToLong(FileResult::written).sum(),
        files.stream().mapToLong(FileResult::rejected).sum(),
        null,
        files.stream().mapToLong(FileResult::ms).sum());
  }

  private static Map<String, Long> optedOut(List<FileResult> files) {
    Map<String, Long> counts = new TreeMap<>();
    files.stream()
        .filter(file -> file.optedOut() > 0)
        .forEach(file -> counts.merge(file.type(), file.optedOut(), Long::sum));
    return counts;
  }
}
