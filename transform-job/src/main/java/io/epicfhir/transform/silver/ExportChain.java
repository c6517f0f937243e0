package io.epicfhir.transform.silver;

import io.epicfhir.common.Json;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.Landing;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;

/**
 * Whether the exports of each source follow each other without a gap: what a withdrawn export
 * brought must have come again, and what changed before an incremental export must have come with
 * an earlier one.
 */
final class ExportChain {
  private final Lake lake;
  private final List<Landing> landings;

  ExportChain(Lake lake, List<Landing> landings) {
    this.lake = lake;
    this.landings = List.copyOf(landings);
  }

  /** A sentence for each gap. */
  List<String> gaps() {
    List<String> gaps = new ArrayList<>();
    for (Landing withdrawn : open()) {
      gaps.add(
          "Export "
              + withdrawn.exportId()
              + " was withdrawn because its bronze files were damaged or its counts did not match, and its"
              + " data has not been exported again since; run the extract task of "
              + withdrawn.runKey()
              + " again, or run a full export of group \""
              + withdrawn.group()
              + "\"");
    }
    for (Landing landing : landings) {
      if (landing.since() != null && hasEarlier(landing) && !reachesBack(landing)) {
        gaps.add(
            "Export "
                + landing.exportId()
                + " contains only the changes since "
                + landing.since()
                + ", and no earlier export of group \""
                + landing.group()
                + "\" covers the time before it; run a full export of the group"
                + " (EPIC_FHIR_BULK_MODE=full)");
      }
    }
    WeighedExports.read(lake)
        .lost(landings)
        .forEach(
            (export, weighed) -> {
              if (!madeUp(export, weighed)) {
                gaps.add(weighedInVain(export, weighed));
              }
            });
    return gaps;
  }

  /** Withdrawn landings whose data has not come again. */
  List<Landing> open() {
    return withdrawn().stream()
        .filter(withdrawn -> landings.stream().noneMatch(landing -> succeeds(landing, withdrawn)))
        .filter(withdrawn -> !cameAgain(withdrawn))
        .toList();
  }

  /** Every landing, oldest export first. */
  List<Landing> landings() {
    return landings;
  }

  private static String weighedInVain(String export, WeighedExports.Weighed weighed) {
    return "Export "
        + export
        + " landed again or was withdrawn, but older bronze rows that it must be compared with were"
        + " deleted (transform.care.bronze-retention); run a full export of "
        + (weighed.deletes() ? "every group" : "group \"" + weighed.group() + "\"");
  }

  /**
   * Whether full exports brought all again that a weighed landing may have ended: of its group, or,
   * where it said that resources are gone, of every group.
   */
  boolean madeUp(String export, WeighedExports.Weighed weighed) {
    Set<String> groups = new TreeSet<>(Set.of(weighed.group()));
    if (weighed.deletes()) {
      landings.forEach(landing -> groups.add(landing.group()));
    }
    return groups.stream().allMatch(group -> madeUp(export, weighed, group));
  }

  private boolean madeUp(String export, WeighedExports.Weighed weighed, String group) {
    List<Landing> own = landings.stream().filter(l -> l.group().equals(group)).toList();
    Set<String> types = new TreeSet<>(weighed.types());
    if (weighed.deletes()) {
      own.stream()
          .flatMap(landing -> landing.files().stream())
          .filter(file -> file.kind() == Landing.Kind.RESOURCES)
          .forEach(file -> types.add(file.resourceType()));
    }
    // What comes by reference only no export is complete for.
    types.removeIf(
        type ->
            !weighed.isCompleteFor(type)
                && own.stream().noneMatch(landing -> landing.isCompleteFor(type)));
    return own.stream()
        .anyMatch(
            landing ->
                !landing.exportId().equals(export)
                    && landing.since() == null
                    && !landing.transactionTime().isBefore(weighed.transactionTime())
                    && types.stream().allMatch(landing::isCompleteFor));
  }

  /**
   * Whether a landing covers the time of another one: it has what changed since then, or before.
   */
  private static boolean succeeds(Landing landing, Landing withdrawn) {
    if (landing.exportId().equals(withdrawn.exportId())) {
      return true;
    }
    boolean later = !landing.transactionTime().isBefore(withdrawn.transactionTime());
    boolean allOfIt =
        landing.since() != null
            && withdrawn.since() != null
            && !landing.since().isAfter(withdrawn.since());
    return landing.group().equals(withdrawn.group()) && later && allOfIt;
  }

  /** Whether later full exports have all types that a withdrawn one brought. */
  private boolean cameAgain(Landing withdrawn) {
    Set<String> types = withdrawn.removes() ? typesOf(withdrawn.group()) : new TreeSet<>();
    types.addAll(resourceTypes(withdrawn));
    return fullLater(withdrawn, types);
  }

  /**
   * Whether full exports of a landing's group that came later have the types. What comes by
   * reference only no export is complete for, and is not asked for.
   */
  private boolean fullLater(Landing landing, Set<String> types) {
    List<Landing> own = ofGroup(landing.group());
    List<Landing> full =
        own.stream()
            .filter(other -> !other.exportId().equals(landing.exportId()))
            .filter(other -> other.since() == null)
            .filter(other -> !other.transactionTime().isBefore(landing.transactionTime()))
            .toList();
    return !full.isEmpty()
        && types.stream()
            .filter(type -> own.stream().anyMatch(other -> other.isCompleteFor(type)))
            .allMatch(
                type ->
                    full.stream()
                        .anyMatch(f -> f.isCompleteFor(type) || resourceTypes(f).contains(type)));
  }

  private List<Landing> ofGroup(String group) {
    return landings.stream().filter(landing -> landing.group().equals(group)).toList();
  }

  private Set<String> typesOf(String group) {
    Set<String> types = new TreeSet<>();
    ofGroup(group).forEach(landing -> types.addAll(resourceTypes(landing)));
    return types;
  }

  private static Set<String> resourceTypes(Landing landing) {
    return landing.files().stream()
        .filter(file -> file.kind() == Landing.Kind.RESOURCES)
        .map(Landing.File::resourceType)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private boolean hasEarlier(Landing landing) {
    return landings.stream()
        .anyMatch(
            other ->
                other.group().equals(landing.group())
                    && other.transactionTime().isBefore(landing.transactionTime()));
  }

  private boolean reachesBack(Landing landing) {
    return landings.stream()
            .anyMatch(
                other ->
                    other.group().equals(landing.group())
                        && !other.exportId().equals(landing.exportId())
                        && !other.transactionTime().isAfter(landing.transactionTime())
                        && !other.transactionTime().isBefore(landing.since()))
        || laterFull(landing);
  }

  /** Of which types something is missing nobody knows: of each that the group has. */
  private boolean laterFull(Landing landing) {
    return fullLater(landing, typesOf(landing.group()));
  }

  private List<Landing> withdrawn() {
    List<Landing> withdrawn = new ArrayList<>();
    for (FileStatus file : lake.list(lake.paths().state("landings-withdrawn"))) {
      Path path = file.getPath();
      Optional<String> text = path.getName().endsWith(".json") ? lake.read(path) : Optional.empty();
      text.map(t -> Json.read(t, Landing.class, path.toString())).ifPresent(withdrawn::add);
    }
    return withdrawn;
  }
}
