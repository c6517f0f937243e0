package io.epicfhir.extract;

import com.codahale.metrics.MetricRegistry;
import io.epicfhir.common.JobContext;
import io.epicfhir.common.Landing;
import io.epicfhir.common.RunRecorder;
import io.epicfhir.common.RunReport;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.Path;

/** What the run report says about an extract. */
final class ExtractFigures {
  private ExtractFigures() {}

  /** The download's figures, also where nothing lands of it. */
  static void downloaded(
      JobContext context,
      ExportLedger.Started started,
      List<FileResult> files,
      List<BinResult> results,
      long ms) {
    RunRecorder recorder = context.recorder();
    MetricRegistry registry = recorder.registry();
    results.forEach(result -> result.traffic().countIn(registry));
    for (FileResult file : files) {
      recorder.input(file.name(), file.name(), file.received(), file.bytes());
      registry.timer("extract.file").update(Duration.ofMillis(file.ms()));
      registry.counter("lines.blank").inc(file.blank());
      registry.counter("lines.unreadable-last-updated").inc(file.oddLastUpdated());
      registry.counter("lines.server-errors").inc(file.severe());
    }
    registry.timer("extract.download").update(Duration.ofMillis(ms));
    byType(files).forEach((type, ofType) -> recorder.resources(type, sum(ofType)));
    patients(recorder, started, files, ms);
  }

  /**
   * How many lines of each type the manifest announced; a type whose files do not all have a count
   * is left out.
   */
  static void announced(JobContext context, Manifest manifest) {
    Map<String, List<RemoteFile>> byType =
        manifest.files().stream()
            .filter(f -> f.kind() != FileKind.ERROR)
            .collect(Collectors.groupingBy(RemoteFile::type, TreeMap::new, Collectors.toList()));
    byType.values().removeIf(files -> files.stream().anyMatch(f -> f.count() == null));
    Map<String, Long> counts = new TreeMap<>();
    byType.forEach(
        (type, files) -> counts.put(type, files.stream().mapToLong(RemoteFile::count).sum()));
    context.recorder().result("manifest_counts", counts);
  }

  /** Where quarantined lines are. */
  static void quarantined(JobContext context, List<String> folders, List<FileResult> files) {
    long rows = files.stream().mapToLong(f -> f.rejected() + errorLines(f)).sum();
    for (String folder : folders) {
      context.recorder().output("quarantine", folder, rows, null);
      context.recorder().result("quarantine", folder);
    }
    Map<String, Long> reasons = new TreeMap<>();
    files.forEach(f -> f.reasons().forEach((reason, n) -> reasons.merge(reason, n, Long::sum)));
    if (!reasons.isEmpty()) {
      context.recorder().note("Lines in quarantine by reason: " + reasons + ".");
    }
  }

  /** What the landing shows, by partition. */
  static void landed(JobContext context, Landing landing) {
    Map<String, List<Landing.File>> partitions =
        landing.files().stream()
            .collect(
                Collectors.groupingBy(
                    f -> new Path(f.path()).getParent().toString(),
                    TreeMap::new,
                    Collectors.toList()));
    partitions.forEach(
        (partition, files) ->
            context
                .recorder()
                .output(
                    files.get(0).resourceType(),
                    partition,
                    files.stream().mapToLong(Landing.File::rows).sum(),
                    files.stream().mapToLong(Landing.File::bytes).sum()));
    context.recorder().result("state", "landed");
    context.recorder().result("transaction_time", landing.transactionTime().toString());
    context.recorder().result("partitions", List.copyOf(partitions.keySet()));
  }

  private static void patients(
      RunRecorder recorder, ExportLedger.Started started, List<FileResult> files, long ms) {
    long patients =
        files.stream()
            .filter(f -> f.kind() == FileKind.OUTPUT && f.type().equals("Patient"))
            .mapToLong(FileResult::written)
            .sum();
    recorder.patients(patients, patients == 0 ? 0 : (double) ms / patients);
    if (started.since() != null) {
      recorder.note(
          "An incremental export: patients are those that changed, and the time for each holds the"
              + " changes of all others.");
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

  private static long errorLines(FileResult file) {
    return file.kind() == FileKind.ERROR ? file.received() : 0;
  }
}
