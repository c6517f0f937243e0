package io.epicfhir.extract.bulk.judgement;

import io.epicfhir.common.lake.Landing;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * Whether a landing is what earlier full exports of its group let expect. It may be right all the
 * same, so there is a warning and nothing is refused.
 */
final class Expectations {
  private static final String PATIENT = "Patient";
  private static final double ENOUGH = 0.9;
  private static final double THE_SAME = 0.95;
  private static final long LEAST = 20;

  private final Landing landing;
  private final List<String> asked;
  private final Optional<Landing> lastFull;
  private final Map<String, Long> rows;
  private final Function<Landing, Map<String, Long>> byReference;

  /**
   * Of a landing.
   *
   * @param asked the types that were asked for
   * @param landings all that there are
   * @param byReference the rows of a landing that no export brought, by type
   */
  Expectations(
      Landing landing,
      List<String> asked,
      List<Landing> landings,
      Function<Landing, Map<String, Long>> byReference) {
    this.landing = landing;
    this.asked = asked;
    this.byReference = byReference;
    this.rows = rows(landing);
    this.lastFull =
        landings.stream()
            .filter(other -> other.group().equals(landing.group()))
            .filter(other -> !other.exportId().equals(landing.exportId()))
            .filter(other -> other.since() == null)
            .filter(other -> other.landedAt().isBefore(landing.landedAt()))
            .max(Comparator.comparing(Landing::landedAt));
  }

  /** A sentence for each that is not met. */
  List<String> warnings() {
    List<String> warnings = new ArrayList<>();
    if (landing.since() == null) {
      fullExport(warnings);
    } else if (sinceIgnored()) {
      warnings.add(
          sentence(
              "the server seems to ignore _since: the incremental export has as many resources of every"
                  + " type as the last full export. Set bulk.mode = full; date windows (bulk.windows)"
                  + " keep the daily exports small"));
    }
    return warnings;
  }

  /** Whether an export of changes holds about all that the last full one did. */
  boolean sinceIgnored() {
    Instant since = landing.since();
    if (since == null || lastFull.isEmpty() || landing.transactionTime().equals(since)) {
      return false;
    }
    Map<String, Long> full = rows(lastFull.get());
    full.keySet().retainAll(asked);
    return full.values().stream().mapToLong(n -> n).sum() >= LEAST
        && full.entrySet().stream().allMatch(f -> of(f.getKey()) >= THE_SAME * f.getValue());
  }

  /** Whether everything was asked for although the group was known. */
  boolean isSweep() {
    return landing.since() == null && lastFull.isPresent();
  }

  private void fullExport(List<String> warnings) {
    if (rows.isEmpty()) {
      warnings.add(
          sentence("the full export is empty; check that the group exists and has members"));
      return;
    }
    if (asked.contains(PATIENT) && of(PATIENT) == 0) {
      warnings.add(
          sentence(
              "the full export contains no Patient; check the group and the client's permissions"));
    }
    Map<String, Long> before = lastFull.map(this::rows).orElse(Map.of());
    before.forEach(
        (type, n) -> {
          if (asked.contains(type) && of(type) == 0) {
            warnings.add(
                sentence(
                    "the full export has no "
                        + type
                        + ", but the last full export had "
                        + n
                        + "; check the client's permissions at the server"));
          } else if (asked.contains(type) && of(type) < ENOUGH * n) {
            warnings.add(
                sentence(
                    "the full export holds "
                        + of(type)
                        + " "
                        + type
                        + ", less than "
                        + Math.round(100 * ENOUGH)
                        + " % of the last one's "
                        + n));
          }
        });
  }

  private String sentence(String what) {
    return "Group \"" + landing.group() + "\": " + what + ".";
  }

  private long of(String type) {
    return rows.getOrDefault(type, 0L);
  }

  private Map<String, Long> rows(Landing landing) {
    Map<String, Long> rows = new TreeMap<>();
    landing.files().stream()
        .filter(file -> file.kind() == Landing.Kind.RESOURCES)
        .forEach(file -> rows.merge(file.resourceType(), file.rows(), Long::sum));
    byReference.apply(landing).forEach((type, n) -> rows.merge(type, -n, Long::sum));
    rows.values().removeIf(n -> n <= 0);
    return rows;
  }
}
