package io.epicfhir.extract.crawl;

import static java.util.stream.Collectors.toSet;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.Json;
import io.epicfhir.common.StateFile;
import io.epicfhir.common.lake.Lake;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.hadoop.fs.Path;

/** What is durably known of one crawl: {@code state/exports/<export id>/}. */
final class CrawlLedger {
  private final Lake lake;
  private final String exportId;

  /**
   * A crawl that was begun.
   *
   * @param group the cohort, as landings name it
   * @param startedAt the server's time when it began: the crawl's place in the order of exports
   * @param since the time of the cohort's last landed crawl; null where there is none
   * @param changedSince from when on changes are asked for, by type; other types are asked for in
   *     full
   */
  record Begun(
      String exportId,
      String runKey,
      String group,
      Instant startedAt,
      Instant since,
      Map<String, Instant> changedSince)
      implements StateFile {}

  CrawlLedger(Lake lake, String exportId) {
    this.lake = lake;
    this.exportId = exportId;
  }

  void begin(Begun begun) {
    lake.write(file("crawl.json"), Json.write(begun));
  }

  Optional<Begun> begun() {
    Path file = file("crawl.json");
    return lake.read(file).map(text -> Json.read(text, Begun.class, file.toString()));
  }

  Begun requireBegun() {
    return begun()
        .orElseThrow(
            () ->
                new JobException(
                    ExitCode.SETTINGS,
                    "Cannot crawl for export "
                        + exportId
                        + ": it was not started; rerun from the kick-off"));
  }

  /** The patients, one a line, in the order of the crawl. */
  void patients(List<String> ids) {
    lake.write(patientsFile(), String.join("\n", ids));
  }

  Optional<List<String>> patients() {
    return lake.read(patientsFile())
        .map(text -> text.isEmpty() ? List.of() : text.lines().toList());
  }

  /** What makes it doubtful that these are all; written before them, for each try to report. */
  void doubts(List<String> sentences) {
    lake.write(new Path(staging(), "doubts.txt"), String.join("\n", sentences));
  }

  List<String> doubts() {
    return lake.read(new Path(staging(), "doubts.txt")).orElse("").lines().toList();
  }

  /** Who of the cohort stays out, by keyed hashes; written before the patients. */
  void keptOut(Set<String> entries) {
    lake.write(new Path(staging(), "kept-out.txt"), String.join("\n", entries));
  }

  Set<String> keptOut() {
    return lake.read(new Path(staging(), "kept-out.txt")).orElse("").lines().collect(toSet());
  }

  private Path patientsFile() {
    return new Path(staging(), "patients.txt");
  }

  /** What is to be brought into bronze, from the decision on until it shows. */
  Path publicationPlan() {
    return file("publication.json");
  }

  /** Where everything lies before it is counted. */
  Path staging() {
    return file("staging");
  }

  /** The pages as they came. */
  Path spool() {
    return new Path(staging(), "spool");
  }

  private Path file(String name) {
    return lake.paths().state("exports/" + exportId + "/" + name);
  }
}
