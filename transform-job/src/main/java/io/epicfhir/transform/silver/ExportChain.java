package io.epicfhir.transform.silver;

import io.epicfhir.common.Json;
import io.epicfhir.common.Lake;
import io.epicfhir.common.Landing;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
    for (Landing withdrawn : withdrawn()) {
      if (landings.stream().noneMatch(landing -> succeeds(landing, withdrawn))) {
        gaps.add(
            "Export "
                + withdrawn.exportId()
                + " was withdrawn because its bronze files were damaged, and nothing that it"
                + " brought has come again; run the extract task of "
                + withdrawn.runKey()
                + " again, or make a full export of group \""
                + withdrawn.group()
                + "\"");
      }
    }
    for (Landing landing : landings) {
      if (landing.since() != null && hasEarlier(landing) && !reachesBack(landing)) {
        gaps.add(
            "Export "
                + landing.exportId()
                + " has only what changed since "
                + landing.since()
                + ", and no earlier export of group \""
                + landing.group()
                + "\" reaches up to then; make a full export of the group");
      }
    }
    WeighedExports weighed = WeighedExports.read(lake);
    landings.stream()
        .filter(landing -> weighed.isAnew(landing) && !laterFull(landing))
        .map(ExportChain::landedTooLate)
        .forEach(gaps::add);
    return gaps;
  }

  private static String landedTooLate(Landing landing) {
    return "Export "
        + landing.exportId()
        + " landed anew, and older rows that it must be weighed against were removed from bronze"
        + " (transform.care.bronze-retention); make a full export of group \""
        + landing.group()
        + "\"";
  }

  /** Whether a landing brings all that another one did, or newer. */
  private static boolean succeeds(Landing landing, Landing withdrawn) {
    if (landing.exportId().equals(withdrawn.exportId())) {
      return true;
    }
    boolean later = !landing.transactionTime().isBefore(withdrawn.transactionTime());
    boolean allOfIt =
        landing.since() == null
            || (withdrawn.since() != null && !landing.since().isAfter(withdrawn.since()));
    return landing.group().equals(withdrawn.group()) && later && allOfIt;
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

  /** A full export that came later has everything. */
  boolean laterFull(Landing landing) {
    return landings.stream()
        .anyMatch(
            other ->
                !other.exportId().equals(landing.exportId())
                    && other.group().equals(landing.group())
                    && other.since() == null
                    && !other.transactionTime().isBefore(landing.transactionTime()));
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
