package io.epicfhir.transform;

import io.epicfhir.common.Landing;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The landings to apply.
 *
 * @param pending not yet in the tables
 * @param later already in the tables, but not older than the oldest pending one: a row without
 *     last_updated is as old as its export, and where an export repeated a row unchanged silver
 *     still names the older export. So a late landing is weighed together with these.
 */
record Backlog(List<Landing> pending, List<Landing> later) {

  static Backlog of(List<Landing> pending, List<Landing> applied) {
    if (pending.isEmpty()) {
      return new Backlog(List.of(), List.of());
    }
    Instant oldest =
        pending.stream().map(Landing::transactionTime).min(Comparator.naturalOrder()).get();
    List<Landing> later =
        applied.stream().filter(landing -> !landing.transactionTime().isBefore(oldest)).toList();
    return new Backlog(List.copyOf(pending), later);
  }

  /** Every landing that is read. */
  List<Landing> all() {
    return Stream.concat(pending.stream(), later.stream()).toList();
  }

  /** The types whose resources are pending; deletions name their types only inside. */
  Set<String> resourceTypes() {
    Set<String> types = new TreeSet<>();
    resourceFiles(pending).forEach(file -> types.add(file.resourceType()));
    return types;
  }

  /** The files of a type, pending and later. */
  List<Landing.File> resourceFiles(String type) {
    return resourceFiles(all()).filter(file -> file.resourceType().equals(type)).toList();
  }

  /** The files of deletions, pending and later, of all types. */
  List<Landing.File> deletionFiles() {
    return files(all()).filter(file -> file.kind() == Landing.Kind.DELETIONS).toList();
  }

  /** How many resources of a type the landings say are pending. */
  long pendingRows(String type) {
    return resourceFiles(pending)
        .filter(file -> file.resourceType().equals(type))
        .mapToLong(Landing.File::rows)
        .sum();
  }

  /** How many rows a type's files have, those of later landings too. */
  long rows(String type) {
    return resourceFiles(type).stream().mapToLong(Landing.File::rows).sum();
  }

  /** Bytes on storage that a type's files have. */
  long bytes(String type) {
    return resourceFiles(type).stream().mapToLong(Landing.File::bytes).sum();
  }

  private static Stream<Landing.File> resourceFiles(List<Landing> landings) {
    return files(landings).filter(file -> file.kind() == Landing.Kind.RESOURCES);
  }

  private static Stream<Landing.File> files(List<Landing> landings) {
    return landings.stream().flatMap(landing -> landing.files().stream());
  }
}
