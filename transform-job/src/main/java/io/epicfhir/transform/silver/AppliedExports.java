package io.epicfhir.transform.silver;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.Json;
import io.epicfhir.common.StateFile;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;

/**
 * Which landings the tables hold already: {@code state/applied/<export id>.json} for each, written
 * when a run begins to apply it, and again when all of it is committed. What a red run left is
 * therefore caught up by the next; and a run that died between its commit and the mark is known to
 * have applied that landing, perhaps, when another one of the export follows.
 */
final class AppliedExports {
  private final Lake lake;
  private final List<Landing> landings;

  /**
   * The landing that was applied; one that landed anew since then is applied anew.
   *
   * @param appliedAt null where a run has begun and not ended
   * @param removes whether the landing, or one that it replaces, said that resources are gone; null
   *     where that is not known
   * @param replaces whether silver may still hold what an earlier landing of the export brought
   */
  record Mark(
      String exportId,
      Instant landedAt,
      Instant appliedAt,
      String runKey,
      Boolean removes,
      boolean replaces)
      implements StateFile {
    boolean isOf(Landing landing) {
      return landing.landedAt().equals(landedAt);
    }

    boolean mayRemove() {
      return removes == null || removes;
    }
  }

  /** Reads every landing, once. */
  AppliedExports(Lake lake) {
    this.lake = lake;
    this.landings = new Landings(lake).all();
  }

  /** Every landing, oldest export first. */
  List<Landing> landings() {
    return landings;
  }

  /**
   * What is to be applied, and what must be looked at again because of it.
   *
   * @param asked exports to apply whether or not they were applied before
   */
  Backlog backlog(Set<String> asked) {
    List<Landing> pending = new ArrayList<>();
    List<Landing> applied = new ArrayList<>();
    Map<String, Boolean> withdrawn = withdrawn();
    Set<String> replaced = new TreeSet<>();
    boolean removalReplaced = false;
    for (Landing landing : landings) {
      String export = landing.exportId();
      Optional<Mark> mark = mark(export);
      boolean current = mark.filter(m -> m.isOf(landing) && m.appliedAt() != null).isPresent();
      (asked.contains(export) || !current ? pending : applied).add(landing);
      Optional<Mark> other = mark.filter(m -> !m.isOf(landing) || m.replaces());
      if (!current && (other.isPresent() || withdrawn.containsKey(export))) {
        replaced.add(export);
        removalReplaced |=
            other.filter(Mark::mayRemove).isPresent() || withdrawn.getOrDefault(export, false);
      }
    }
    asked.forEach(export -> requireLanded(export, pending));
    return Backlog.of(pending, applied, replaced, removalReplaced);
  }

  /** The exports of which silver has nothing for certain: no run has begun to apply one. */
  Set<String> fresh() {
    Map<String, Boolean> withdrawn = withdrawn();
    return landings.stream()
        .map(Landing::exportId)
        .filter(export -> mark(export).isEmpty() && !withdrawn.containsKey(export))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /**
   * Exports that were applied and whose landing is not there, nor kept aside as withdrawn. Of what
   * they brought bronze no longer shows.
   */
  Set<String> landingsGone() {
    Set<String> gone = new TreeSet<>();
    for (FileStatus file : lake.list(lake.paths().state("applied"))) {
      String name = file.getPath().getName();
      if (name.endsWith(".json") && !name.startsWith(".")) {
        gone.add(name.substring(0, name.length() - ".json".length()));
      }
    }
    landings.forEach(landing -> gone.remove(landing.exportId()));
    if (!gone.isEmpty()) {
      gone.removeAll(withdrawn().keySet());
    }
    return gone;
  }

  /** What silver may hold, and no landing shows. */
  MissingLandings missing(ExportChain chain) {
    Map<String, Instant> gone = new TreeMap<>();
    landingsGone()
        .forEach(
            export ->
                mark(export)
                    .ifPresent(
                        m ->
                            gone.put(
                                export, Optional.ofNullable(m.landedAt()).orElse(Instant.EPOCH))));
    return new MissingLandings(
        gone,
        chain.open().stream().filter(landing -> mark(landing.exportId()).isPresent()).toList());
  }

  /**
   * Exports that had a landing which was taken back, and whether it said that resources are gone;
   * it may have been applied before.
   */
  private Map<String, Boolean> withdrawn() {
    Map<String, Boolean> exports = new TreeMap<>();
    for (FileStatus file : lake.list(lake.paths().state("landings-withdrawn"))) {
      Path path = file.getPath();
      lake.read(path)
          .map(text -> Json.read(text, Landing.class, path.toString()))
          .ifPresent(old -> exports.merge(old.exportId(), removes(old), Boolean::logicalOr));
    }
    return exports;
  }

  private static boolean removes(Landing landing) {
    return !landing.completeTypes().isEmpty() || landing.removes();
  }

  /** All that ever landed, as if nothing had been applied. */
  Backlog everything() {
    return Backlog.of(landings, List.of(), Set.of(), false);
  }

  /** Says that a run begins to apply landings. */
  void begin(List<Landing> pending, String runKey) {
    for (Landing landing : pending) {
      Optional<Mark> before = mark(landing.exportId());
      if (before.filter(m -> m.isOf(landing)).isEmpty()) {
        boolean removes = removes(landing) || before.filter(Mark::mayRemove).isPresent();
        write(landing, null, runKey, removes, before.isPresent());
      }
    }
  }

  /** Says that all of the landing is committed. */
  void mark(Landing landing, String runKey) {
    write(landing, Instant.now(), runKey, removes(landing), false);
  }

  private void write(
      Landing landing, Instant applied, String runKey, boolean removes, boolean replaces) {
    Mark mark =
        new Mark(landing.exportId(), landing.landedAt(), applied, runKey, removes, replaces);
    lake.write(file(landing.exportId()), Json.write(mark));
  }

  /**
   * Says that an export is to be applied again. That silver may hold what it brought stays known.
   */
  void reopen(String exportId) {
    mark(exportId)
        .map(m -> new Mark(exportId, m.landedAt(), null, m.runKey(), m.removes(), true))
        .ifPresent(reopened -> lake.write(file(exportId), Json.write(reopened)));
  }

  private Optional<Mark> mark(String exportId) {
    Path file = file(exportId);
    return lake.read(file).map(text -> Json.read(text, Mark.class, file.toString()));
  }

  private static void requireLanded(String export, List<Landing> pending) {
    if (pending.stream().noneMatch(landing -> landing.exportId().equals(export))) {
      throw new JobException(
          ExitCode.DATA_REFUSED,
          "Cannot apply export " + export + ": it has not landed; run its extract task first");
    }
  }

  private Path file(String exportId) {
    return lake.paths().state("applied/" + exportId + ".json");
  }
}
