package io.epicfhir.transform.silver;

import io.epicfhir.common.lake.Landing;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Landings that are missing although silver may hold what they brought. What is computed from the
 * other landings would lose that, and an export that is not newer would be weighed without them;
 * once the landings are back, nobody would look at it again.
 *
 * @param gone when the landings were landed that are not there at all, by export; nobody knows of
 *     which types they were, nor their exports' times, which are no later
 * @param withdrawn landings that were withdrawn, and whose data has not come again
 */
record MissingLandings(Map<String, Instant> gone, List<Landing> withdrawn) {
  /** The exports that they are of. */
  Set<String> exports() {
    Set<String> exports = new TreeSet<>(gone.keySet());
    withdrawn.forEach(landing -> exports.add(landing.exportId()));
    return exports;
  }

  /** Those of some types of which silver may have what no landing shows. */
  Set<String> types(Set<String> held) {
    return gone.isEmpty() ? DamagedTypes.of(withdrawn, exports(), Set.of(), held) : held;
  }

  /** The pending exports that a missing one may be newer than: they wait for it. */
  Set<String> waiting(Backlog backlog) {
    return backlog.pending().stream()
        .filter(landing -> isAnyAsNew(landing.transactionTime()))
        .map(Landing::exportId)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private boolean isAnyAsNew(Instant time) {
    return gone.values().stream().anyMatch(landed -> !landed.isBefore(time))
        || withdrawn.stream().anyMatch(landing -> !landing.transactionTime().isBefore(time));
  }
}
