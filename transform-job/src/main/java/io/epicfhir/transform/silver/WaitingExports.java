package io.epicfhir.transform.silver;

import io.epicfhir.common.lake.Landing;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Exports that are not applied yet, because something that must be known before could not be read.
 *
 * @param why a sentence for each export
 * @param damaged what is wrong with bronze files of other exports, by export
 */
public record WaitingExports(Map<String, String> why, Map<String, String> damaged) {
  /** No export waits. */
  public static final WaitingExports NONE = new WaitingExports(Map.of(), Map.of());

  public WaitingExports {
    why = Map.copyOf(why);
    damaged = Map.copyOf(damaged);
  }

  boolean isEmpty() {
    return why.isEmpty();
  }

  /** Those among some exports. */
  Set<String> among(Set<String> exports) {
    Set<String> some = new TreeSet<>(why.keySet());
    some.retainAll(exports);
    return some;
  }

  /**
   * Those and, where the tables have one of them already, what is no newer: it cannot be weighed
   * without.
   *
   * @param unapplied exports that the tables do not have
   */
  Set<String> with(Backlog backlog, Set<String> unapplied) {
    Set<String> all = new TreeSet<>(why.keySet());
    for (Landing again : backlog.pending()) {
      if (why.containsKey(again.exportId()) && !unapplied.contains(again.exportId())) {
        backlog.pending().stream()
            .filter(landing -> !landing.transactionTime().isAfter(again.transactionTime()))
            .forEach(landing -> all.add(landing.exportId()));
      }
    }
    return all;
  }
}
