package io.epicfhir.transform.silver;

import io.epicfhir.common.lake.Landing;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The landings to apply.
 *
 * @param pending not yet in the tables
 * @param later already in the tables, but not older than the oldest pending one. Silver does not
 *     keep that an export repeated a row unchanged; so a late landing is weighed together with
 *     these
 * @param replaced exports of which the tables hold what an earlier landing of theirs brought
 * @param removalReplaced whether one of those earlier landings said that resources are gone: what
 *     it took away, and from whom, silver does not keep
 */
public record Backlog(
    List<Landing> pending, List<Landing> later, Set<String> replaced, boolean removalReplaced) {

  static Backlog of(
      List<Landing> pending, List<Landing> applied, Set<String> replaced, boolean removalReplaced) {
    if (pending.isEmpty()) {
      return new Backlog(List.of(), List.of(), Set.of(), false);
    }
    Instant oldest = oldest(pending);
    List<Landing> later =
        applied.stream().filter(landing -> !landing.transactionTime().isBefore(oldest)).toList();
    return new Backlog(List.copyOf(pending), later, Set.copyOf(replaced), removalReplaced);
  }

  /** The same without some exports. */
  Backlog without(Set<String> exports) {
    Predicate<Landing> stays = landing -> !exports.contains(landing.exportId());
    return of(
        pending.stream().filter(stays).toList(),
        later.stream().filter(stays).toList(),
        replaced.stream().filter(export -> !exports.contains(export)).collect(Collectors.toSet()),
        removalReplaced);
  }

  /**
   * Whether the pending exports hold nothing and say nothing: as an incremental one without news.
   */
  boolean saysNothing() {
    return replaced.isEmpty()
        && pending.stream()
            .allMatch(
                landing ->
                    landing.files().isEmpty()
                        && landing.completeTypes().isEmpty()
                        && landing.keptOut() == null);
  }

  /** The sources of the replaced exports. */
  Set<String> replacedSources() {
    return pending.stream()
        .filter(landing -> replaced.contains(landing.exportId()))
        .map(Landing::group)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** The pending exports. */
  Set<String> ids() {
    return pending.stream().map(Landing::exportId).collect(Collectors.toCollection(TreeSet::new));
  }

  /** When the oldest pending source was observed. */
  Instant oldest() {
    return oldest(pending);
  }

  private static Instant oldest(List<Landing> landings) {
    return landings.stream().map(Landing::transactionTime).min(Comparator.naturalOrder()).get();
  }

  /** Every landing that is read. */
  List<Landing> all() {
    return Stream.concat(pending.stream(), later.stream()).toList();
  }

  /** The types whose resources are pending; deletions name their types only inside. */
  Set<String> pendingTypes() {
    Set<String> types = new TreeSet<>();
    resourceFiles(pending).forEach(file -> types.add(file.resourceType()));
    return types;
  }

  /** The files of resources, pending and later. */
  List<Landing.File> resourceFiles() {
    return resourceFiles(all()).toList();
  }

  /** The files of deletions, pending and later, of all types. */
  List<Landing.File> deletionFiles() {
    return files(all()).filter(file -> file.kind() == Landing.Kind.DELETIONS).toList();
  }

  /** How many resources of each type the landings say are pending. */
  Map<String, Long> pendingRows() {
    Map<String, Long> rows = new HashMap<>();
    resourceFiles(pending).forEach(file -> rows.merge(file.resourceType(), file.rows(), Long::sum));
    return rows;
  }

  /** How many rows the files of resources have. */
  long rows() {
    return resourceFiles(all()).mapToLong(Landing.File::rows).sum();
  }

  /** Bytes on storage that all files have. */
  long bytes() {
    return files(all()).mapToLong(Landing.File::bytes).sum();
  }

  private static Stream<Landing.File> resourceFiles(List<Landing> landings) {
    return files(landings).filter(file -> file.kind() == Landing.Kind.RESOURCES);
  }

  private static Stream<Landing.File> files(List<Landing> landings) {
    return landings.stream().flatMap(landing -> landing.files().stream());
  }
}
