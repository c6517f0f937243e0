package io.epicfhir.common.optout;

import java.io.Serializable;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/** What resources that were compared with the list say of it, and of what stayed out. */
final class OptOutNews implements Serializable {
  private static final long serialVersionUID = 2L;
  private static final String BINARY = "Binary";

  private final KeyedHashes hasher;
  private final MovedToOthers moved;
  private final TreeSet<String> learned = new TreeSet<>();
  private final TreeSet<String> keptOut = new TreeSet<>();
  private final TreeSet<String> released = new TreeSet<>();
  private final TreeSet<String> shown = new TreeSet<>();

  /**
   * @param moved an older text of what is shown there to be another patient's is no news
   */
  OptOutNews(KeyedHashes hasher, MovedToOthers moved) {
    this.hasher = hasher;
    this.moved = moved;
  }

  /** It stayed out. */
  void keptOut(String resource) {
    if (!moved.isShown(resource)) {
      keptOut.add(KeptOut.entry(resource, hasher));
    }
  }

  /** It stayed out, and so does what names it. */
  void learned(String resource) {
    if (!moved.isShown(resource)) {
      learned.addAll(hasher.ofResource(resource));
    }
  }

  /**
   * A Binary names nobody: only what refers to it says whose it is.
   *
   * @param resource that refers to it; null where it has no id
   * @param known whether the Binary of an id is on the list
   */
  void learnedBinaries(
      String resource, byte[] text, int offset, int length, Predicate<String> known) {
    if (resource != null && moved.isShown(resource)) {
      return;
    }
    KeyTokens.scan(
        text,
        offset,
        length,
        (type, ids) -> {
          if (BINARY.equals(type) && ids.stream().noneMatch(known)) {
            learned(BINARY + "/" + ids.get(0));
          }
          return false;
        });
  }

  /** It is another patient's now, with the documents that its text names. */
  void released(String resource, byte[] text, int offset, int length) {
    shown.addAll(hasher.ofResource(resource));
    released.addAll(hasher.ofResource(resource));
    KeyTokens.scan(
        text,
        offset,
        length,
        (type, ids) -> {
          if (BINARY.equals(type)) {
            ids.forEach(id -> released.addAll(hasher.ofResource(BINARY + "/" + id)));
          }
          return false;
        });
  }

  Set<String> learned() {
    return Set.copyOf(learned);
  }

  Set<String> keptOut() {
    return Set.copyOf(keptOut);
  }

  Set<String> released() {
    return Set.copyOf(released);
  }

  Set<String> shown() {
    return Set.copyOf(shown);
  }
}
