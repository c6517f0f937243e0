package io.epicfhir.common.optout;

import io.epicfhir.common.lake.Lake;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.hadoop.fs.Path;

/**
 * The entries of the list that came onto it for an erasure that may still be refused: {@code
 * state/opt-outs/unsettled.txt}, a hash a line. What they name stays out of later exports, but
 * nothing that the lake has may go because of them. Changed only while the list's lock is held:
 * before the list where entries are added, after it where they go, so that a kill between the two
 * leaves too many hashes here and never too few.
 */
final class UnsettledEntries {
  private final Lake lake;
  private final Path file;

  UnsettledEntries(Lake lake, Path file) {
    this.lake = lake;
    this.file = file;
  }

  Set<String> read() {
    return new TreeSet<>(lake.read(file).orElse("").lines().toList());
  }

  /** Leaves in a list what is settled, and what does not stay out any more. */
  void takeFrom(Map<String, String> entries) {
    Set<String> going = OptOutEntry.listed(entries);
    going.retainAll(read());
    entries.keySet().removeAll(going);
  }

  /**
   * Adds what is new on the list.
   *
   * @param before the hashes of what stayed out before
   */
  void add(Set<String> before, Map<String, String> entries) {
    Set<String> all = read();
    Set<String> news = OptOutEntry.listed(entries);
    news.removeAll(before);
    if (all.addAll(news)) {
      write(all);
    }
  }

  /** The same only where there are any: whether these came because of them nobody can tell. */
  void addToOthers(Set<String> before, Map<String, String> entries) {
    if (!read().isEmpty()) {
      add(before, entries);
    }
  }

  void settle(Collection<String> hashes) {
    Set<String> all = read();
    if (all.removeAll(hashes)) {
      write(all);
    }
  }

  /** Forgets what is not on the list any more, and all where no person is left to be settled. */
  void prune(Map<String, String> entries) {
    Set<String> all = read();
    Set<String> left = new TreeSet<>(all);
    left.retainAll(entries.keySet());
    if (left.stream().map(entries::get).noneMatch(OptOutEntry::isPerson)) {
      left.clear();
    }
    if (!left.equals(all)) {
      write(left);
    }
  }

  private void write(Set<String> hashes) {
    if (hashes.isEmpty()) {
      lake.delete(file);
    } else {
      lake.write(file, String.join("\n", hashes) + "\n");
    }
  }
}
