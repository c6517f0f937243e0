package io.epicfhir.transform;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.Json;
import io.epicfhir.common.Lake;
import io.epicfhir.common.Landing;
import io.epicfhir.common.Landings;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.hadoop.fs.Path;

/**
 * Which landings the tables hold already: {@code state/applied/<export id>.json} for each, written
 * when all of it is committed. What a red run left is therefore caught up by the next.
 */
final class AppliedExports {
  private final Lake lake;

  /** The landing that was applied; one that landed anew since then is applied anew. */
  record Mark(String exportId, Instant landedAt, Instant appliedAt, String runKey) {}

  AppliedExports(Lake lake) {
    this.lake = lake;
  }

  /**
   * What is to be applied, and what must be looked at again because of it.
   *
   * @param asked exports to apply whether or not they were applied before
   */
  Backlog backlog(Set<String> asked) {
    List<Landing> pending = new ArrayList<>();
    List<Landing> applied = new ArrayList<>();
    for (Landing landing : new Landings(lake).all()) {
      boolean again = asked.contains(landing.exportId());
      (again || !isApplied(landing) ? pending : applied).add(landing);
    }
    asked.forEach(export -> requireLanded(export, pending));
    return Backlog.of(pending, applied);
  }

  /** All that ever landed, as if nothing had been applied. */
  Backlog everything() {
    return Backlog.of(new Landings(lake).all(), List.of());
  }

  /** Says that all of the landing is committed. */
  void mark(Landing landing, String runKey) {
    Mark mark = new Mark(landing.exportId(), landing.landedAt(), Instant.now(), runKey);
    lake.write(file(landing.exportId()), Json.write(mark));
  }

  private boolean isApplied(Landing landing) {
    Path file = file(landing.exportId());
    return lake.read(file)
        .map(text -> Json.read(text, Mark.class, file.toString()))
        .filter(mark -> landing.landedAt().equals(mark.landedAt()))
        .isPresent();
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
