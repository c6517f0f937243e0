package io.epicfhir.transform.silver;

import io.epicfhir.common.lake.Landing;
import java.util.Set;

/**
 * Conclusions that wait until somebody accepts them: that a pending full export lacks a resource,
 * or that a pending crawl no longer finds it. What these exports contain counts, and so does a
 * server's own word; and what an applied export concluded stays as it is.
 *
 * @param types the types that nothing is concluded about
 * @param exports the pending exports that would conclude it
 * @param replaced those of them that lack what an earlier landing of theirs brought: it stays
 */
record HeldBack(Set<String> types, Set<String> exports, Set<String> replaced) {
  /** Nothing waits. */
  static final HeldBack NONE = new HeldBack(Set.of(), Set.of(), Set.of());

  HeldBack {
    types = Set.copyOf(types);
    exports = Set.copyOf(exports);
    replaced = Set.copyOf(replaced);
  }

  boolean isEmpty() {
    return types.isEmpty() || exports.isEmpty();
  }

  /** Whether resources of the type that the export lacks are gone at its source. */
  boolean isFull(Landing landing, String type) {
    return landing.isCompleteFor(type)
        && !(types.contains(type) && exports.contains(landing.exportId()));
  }

  /**
   * Whether a pass that holds this back applies all of a landing: one that is left out in part must
   * stay pending.
   *
   * @param refused types that stay as they are
   */
  boolean appliesAll(Landing landing, Set<String> refused) {
    // A file of deletions names its types only inside.
    boolean deletions =
        landing.files().stream().anyMatch(file -> file.kind() == Landing.Kind.DELETIONS);
    boolean waits =
        !isEmpty()
            && exports.contains(landing.exportId())
            && (replaced.contains(landing.exportId())
                || types.stream().anyMatch(landing::isCompleteFor)
                || (landing.inferredDeletions() && deletions));
    boolean refuses =
        (landing.removes() && !refused.isEmpty())
            || refused.stream().anyMatch(landing::isCompleteFor)
            || landing.files().stream().anyMatch(file -> refused.contains(file.resourceType()));
    return !waits && !refuses;
  }
}
