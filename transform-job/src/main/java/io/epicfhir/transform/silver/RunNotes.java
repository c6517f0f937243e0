package io.epicfhir.transform.silver;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.Json;
import io.epicfhir.common.StateFile;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.Landing;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.hadoop.fs.Path;

/**
 * What only the try that applies an export can count. It is kept in {@code state/silver-notes.json}
 * before silver's commit, so that a later try of the same run reports it, too, although the exports
 * are applied then.
 */
final class RunNotes {
  /** So many runs are kept: an older one is hardly run again. */
  private static final int RUNS = 30;

  private final Lake lake;
  private final String runKey;
  private final List<String> landings;
  private Optional<List<Try>> earlier = Optional.empty();

  /**
   * The file.
   *
   * @param runs the newest last
   */
  record Kept(List<Run> runs) implements StateFile {
    Kept {
      runs = runs == null ? List.of() : List.copyOf(runs);
    }
  }

  /** The tries of a run that had something to say. */
  record Run(String runKey, List<Try> tries) {}

  /**
   * One try.
   *
   * @param version the commit of silver that has all of it
   * @param landings that it read
   * @param types what it counted, by resource type
   */
  record Try(long version, List<String> landings, Map<String, NotedCounts> types) {}

  /**
   * @param pending the landings that this try reads
   */
  RunNotes(Lake lake, String runKey, List<Landing> pending) {
    this.lake = lake;
    this.runKey = runKey;
    this.landings =
        pending.stream().map(one -> one.exportId() + "@" + one.landedAt()).sorted().toList();
  }

  /**
   * Keeps what this try counted.
   *
   * @param newest commit of silver that changed rows
   * @param next the one that will have all of the try
   */
  void keep(Map<String, SilverCounts> counts, long newest, long next) {
    Map<String, NotedCounts> types = new TreeMap<>();
    counts.forEach(
        (type, one) -> {
          NotedCounts noted = NotedCounts.of(one);
          if (!noted.equals(NotedCounts.NONE)) {
            types.put(type, noted);
          }
        });
    Kept kept = read();
    List<Try> before =
        earlier.orElseGet(() -> earlier(kept, newest, types)); // once: a try may begin again
    earlier = Optional.of(before);
    if (types.isEmpty() && before.equals(tries(kept))) {
      return;
    }
    List<Run> runs =
        new ArrayList<>(kept.runs().stream().filter(run -> !run.runKey().equals(runKey)).toList());
    runs.add(
        new Run(
            runKey,
            Stream.concat(before.stream(), Stream.of(new Try(next, landings, types))).toList()));
    List<Run> newestRuns = runs.subList(Math.max(0, runs.size() - RUNS), runs.size());
    lake.write(file(), Json.write(new Kept(newestRuns)));
  }

  /**
   * What earlier tries of the run counted, by resource type.
   *
   * @param newest commit of silver that changed rows
   */
  Map<String, NotedCounts> earlier(long newest) {
    Map<String, NotedCounts> sum = new TreeMap<>();
    earlier
        .orElseGet(() -> earlier(read(), newest, Map.of()))
        .forEach(
            one -> one.types().forEach((type, noted) -> sum.merge(type, noted, NotedCounts::plus)));
    return sum;
  }

  /**
   * The tries that came to their commit.
   *
   * @param now what this try counts
   */
  private List<Try> earlier(Kept kept, long newest, Map<String, NotedCounts> now) {
    return tries(kept).stream()
        .filter(one -> one.version() <= newest)
        .map(one -> rest(one, now))
        .toList();
  }

  /**
   * What this try reads again it counts again, but for who was new: silver knows them by now. Of
   * the other landings nobody else tells.
   */
  private Try rest(Try one, Map<String, NotedCounts> now) {
    List<String> others =
        one.landings().stream().filter(landing -> !landings.contains(landing)).toList();
    Map<String, NotedCounts> types = new TreeMap<>(one.types());
    if (others.isEmpty() && !one.landings().isEmpty()) {
      types.replaceAll((type, noted) -> noted.newcomersOnly());
      return new Try(one.version(), one.landings(), types);
    }
    if (others.size() == one.landings().size() || !one.landings().containsAll(landings)) {
      return one; // where both read something else, too: rather twice than not at all
    }
    types.replaceAll((type, noted) -> noted.without(now.getOrDefault(type, NotedCounts.NONE)));
    return new Try(one.version(), others, types);
  }

  private List<Try> tries(Kept kept) {
    return kept.runs().stream()
        .filter(run -> run.runKey().equals(runKey))
        .findFirst()
        .map(Run::tries)
        .orElse(List.of());
  }

  /** A file that is half says nothing: it is about notes only. */
  private Kept read() {
    Optional<String> text = lake.read(file());
    try {
      return text.map(t -> Json.read(t, Kept.class, file().toString())).orElse(new Kept(null));
    } catch (JobException e) {
      if (e.exitCode() == ExitCode.STORAGE) {
        return new Kept(null);
      }
      throw e;
    }
  }

  private Path file() {
    return lake.paths().state("silver-notes.json");
  }
}
