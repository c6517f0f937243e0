package io.epicfhir.extract;

import io.epicfhir.common.job.JobContext;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import io.epicfhir.common.report.RunRecorder;
import io.epicfhir.extract.bulk.export.GroupKickOff;
import io.epicfhir.extract.bulk.export.StatusCheck;
import io.epicfhir.extract.bulk.ledger.ExportLedger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.Path;

/**
 * The answers about a run's exports in the run report: {@code export_id}, several joined by commas,
 * and {@code state}, which is that of the one farthest behind.
 */
final class ExportsReport {
  private static final List<String> ORDER =
      List.of("in-progress", "kicked-off", "adopted", "complete", "landed");

  private ExportsReport() {}

  /**
   * What became of the kick-offs.
   *
   * @param exports those of all groups, also of one that was refused: the tasks after it name it
   */
  static void kickedOff(
      RunRecorder recorder, List<String> exports, List<GroupKickOff.Result> results) {
    recorder.result("export_id", String.join(",", exports));
    recorder.result("state", farthestBehind(results.stream().map(r -> r.state()).toList()));
  }

  /**
   * How the exports stand.
   *
   * @param exports all of them
   * @param looked those that are not given up: the state is theirs
   */
  static void looked(
      RunRecorder recorder,
      List<String> exports,
      List<String> looked,
      Map<String, StatusCheck.State> states) {
    recorder.result("export_id", String.join(",", exports));
    List<String> words = new ArrayList<>();
    for (String export : looked) {
      StatusCheck.State state = states.get(export);
      words.add(state == null ? "landed" : state.complete() ? "complete" : "in-progress");
    }
    recorder.result("state", farthestBehind(words));
    List<StatusCheck.State> open =
        states.values().stream().filter(state -> !state.complete()).toList();
    open.stream()
        .map(StatusCheck.State::notBefore)
        .filter(Objects::nonNull)
        .min(Comparator.<Instant>naturalOrder())
        .ifPresent(notBefore -> recorder.result("not_before", notBefore.toString()));
    if (!open.isEmpty()) {
      recorder.result(
          "progress",
          open.stream().map(StatusCheck.State::progress).collect(Collectors.joining("; ")));
    }
  }

  /** What the landings show, by partition; the run has landed only where all exports have. */
  static void landed(RunRecorder recorder, List<String> exports, List<Landing> landings) {
    Map<String, List<Landing.File>> partitions =
        landings.stream()
            .flatMap(landing -> landing.files().stream())
            .collect(
                Collectors.groupingBy(
                    f -> new Path(f.path()).getParent().toString(),
                    TreeMap::new,
                    Collectors.toList()));
    partitions.forEach(
        (partition, files) ->
            recorder.output(
                files.get(0).resourceType(),
                partition,
                files.stream().mapToLong(Landing.File::rows).sum(),
                files.stream().mapToLong(Landing.File::bytes).sum()));
    recorder.result("export_id", String.join(",", exports));
    recorder.result(
        "transaction_time",
        landings.stream()
            .map(landing -> landing.transactionTime().toString())
            .collect(Collectors.joining(",")));
    recorder.result("partitions", List.copyOf(new TreeSet<>(partitions.keySet())));
  }

  /** The group of an export, which its failure names; empty where the run has no other export. */
  static Optional<String> group(JobContext context, List<String> exports, String export) {
    return exports.size() == 1
        ? Optional.empty()
        : new ExportLedger(context.lake(), export).started().map(s -> s.asked().group());
  }

  /** Those that only a new kick-off can bring: no rerun of the task finds them. */
  static void givenUp(JobContext context, List<String> exports) {
    List<String> none =
        exports.stream()
            .filter(export -> new ExportLedger(context.lake(), export).started().isEmpty())
            .filter(export -> new Landings(context.lake()).find(export).isEmpty())
            .toList();
    if (!none.isEmpty()) {
      context.recorder().result("given_up", none);
    }
  }

  private static String farthestBehind(List<String> states) {
    return states.stream().min(Comparator.comparingInt(ORDER::indexOf)).orElse("");
  }
}
