package io.epicfhir.common.optout;

import java.io.Serializable;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;

/** What was a listed patient's and is another patient's now, by keyed hashes. */
final class MovedToOthers implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Nothing. */
  static final MovedToOthers NONE =
      new MovedToOthers(new KeyedHashes(new byte[1]), Set.of(), Set.of());

  private final KeyedHashes hasher;
  private final HashSet<String> moved;
  private final HashSet<String> shown;

  /**
   * @param moved what the list has as moved
   * @param shown what newer texts than those that are compared show to be another patient's
   */
  MovedToOthers(KeyedHashes hasher, Collection<String> moved, Collection<String> shown) {
    this.hasher = hasher;
    this.moved = new HashSet<>(moved);
    this.shown = new HashSet<>(shown);
  }

  /** The same, but for what newer texts show. */
  MovedToOthers showing(Collection<String> shownNow) {
    return new MovedToOthers(hasher, moved, shownNow);
  }

  /** Whether a text names something that the list has as moved. */
  boolean areNamed(byte[] text, int offset, int length) {
    return !moved.isEmpty()
        && KeyTokens.scan(
            text,
            offset,
            length,
            (type, ids) ->
                type != null
                    && ids.stream().anyMatch(id -> moved.contains(hasher.of(type + "/" + id))));
  }

  /** Whether a newer text shows that a resource is another patient's. */
  boolean isShown(String resource) {
    return !shown.isEmpty() && shown.contains(hasher.of(resource));
  }
}
