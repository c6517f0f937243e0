package io.epicfhir.extract.bulk;

import io.epicfhir.common.report.RunRecorder;
import io.epicfhir.extract.bulk.files.FileResult;
import io.epicfhir.extract.bulk.manifest.FileKind;
import io.epicfhir.extract.crawl.references.Hydrated;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Where a run's quarantined lines are, and how many there are of each reason. */
final class QuarantineFigures {
  private final RunRecorder recorder;
  private final Set<String> folders = new TreeSet<>();
  private final Map<String, Long> reasons = new TreeMap<>();
  private final Set<String> foldersNow = new TreeSet<>();
  private Map<String, Long> reasonsNow = new TreeMap<>();

  QuarantineFigures(RunRecorder recorder) {
    this.recorder = recorder;
  }

  /** The lines of an export's files; replaces what was told of the export so far. */
  void told(List<String> folders, List<FileResult> files) {
    reasonsNow = new TreeMap<>();
    files.forEach(file -> add(file.reasons(), reasonsNow));
    tell(folders, files.stream().mapToLong(f -> f.rejected() + errorLines(f)).sum());
  }

  /** What was read by the export's references, beside the lines of its files. */
  void told(List<String> folders, Hydrated found) {
    add(found.counts().reasons(), reasonsNow);
    tell(folders, found.quarantined());
  }

  private void tell(List<String> where, long rows) {
    for (String folder : where) {
      recorder.output("quarantine", folder, rows, null);
      folders.add(folder);
      foldersNow.add(folder);
      recorder.result("quarantine", String.join(", ", folders));
    }
    Map<String, Long> all = new TreeMap<>(reasons);
    add(reasonsNow, all);
    recorder.result("quarantine_reasons", all);
  }

  /** The entries of the result that tell of the export so far. */
  Map<String, Object> result() {
    return foldersNow.isEmpty()
        ? Map.of()
        : Map.of("quarantine", String.join(", ", foldersNow), "quarantine_reasons", reasonsNow);
  }

  /** The next export begins. */
  void next() {
    add(reasonsNow, reasons);
    reasonsNow = new TreeMap<>();
    foldersNow.clear();
  }

  private static void add(Map<String, Long> counts, Map<String, Long> to) {
    counts.forEach((reason, n) -> to.merge(reason, n, Long::sum));
  }

  private static long errorLines(FileResult file) {
    return file.kind() == FileKind.ERROR ? file.received() : 0;
  }
}
