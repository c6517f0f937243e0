package io.epicfhir.common.optout;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What stands before a hash in the list: the hash of the person whose record or name it is, the
 * persons whose resource it is, that it was learned, or that the hospital has moved it to another
 * patient: then it does not stay out any more.
 */
final class OptOutEntry {
  /** A resource that named somebody on the list, no matter whom. */
  static final String LEARNED = "-";

  /** A resource that was theirs and is another patient's now. */
  static final String MOVED = "+";

  /** Before the persons whose resource it is, with commas between. */
  private static final String THEIRS = "~";

  private OptOutEntry() {}

  /** The hashes of what stays out. */
  static Set<String> listed(Map<String, String> entries) {
    Set<String> listed = new HashSet<>(entries.keySet());
    listed.removeIf(hash -> entries.get(hash).equals(MOVED));
    return listed;
  }

  static long persons(Map<String, String> entries) {
    return entries.values().stream().filter(OptOutEntry::isPerson).distinct().count();
  }

  static boolean isPerson(String entry) {
    return !entry.equals(LEARNED) && !entry.equals(MOVED) && !entry.startsWith(THEIRS);
  }

  static String theirs(Set<String> owners) {
    return THEIRS + String.join(",", owners);
  }

  /** What a resource's entry is that was on the list before. */
  static String both(String before, String theirs) {
    if (isPerson(before)) {
      return before; // a record of a person's own
    }
    if (before.equals(LEARNED) || before.equals(MOVED)) {
      return theirs;
    }
    Set<String> all = owners(before);
    all.addAll(owners(theirs));
    return theirs(all);
  }

  /** Whether it is an entry of one of these persons: a record, a name or a resource of theirs. */
  static boolean isOf(String entry, Set<String> persons) {
    return entry.startsWith(THEIRS)
        ? owners(entry).stream().anyMatch(persons::contains)
        : isPerson(entry) && persons.contains(entry);
  }

  /** What is left of an entry where persons are taken off the list; empty where nothing is. */
  static String without(String entry, Set<String> persons) {
    if (entry.startsWith(THEIRS)) {
      Set<String> left = owners(entry);
      left.removeAll(persons);
      return left.isEmpty() ? "" : theirs(left);
    }
    // What was learned by others' names is learned again: the next export brings it all.
    return entry.equals(LEARNED) || persons.contains(entry) ? "" : entry;
  }

  private static Set<String> owners(String entry) {
    return new TreeSet<>(List.of(entry.substring(THEIRS.length()).split(",")));
  }
}
