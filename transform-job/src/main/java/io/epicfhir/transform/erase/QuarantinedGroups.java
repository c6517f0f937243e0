package io.epicfhir.transform.erase;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Lines that belong together: one resource may have been sent in several lines, and only one of
 * them has the id. A line that begins with a brace begins a resource; what follows it line by line
 * is of the same.
 */
final class QuarantinedGroups {
  private final Predicate<byte[]> names;
  private final Map<String, Group> open = new HashMap<>();
  private final Set<String> going = new HashSet<>();

  /** The lines of one resource so far. */
  private static final class Group {
    private final List<String> places = new ArrayList<>();
    private long last;
    private boolean goes;
  }

  QuarantinedGroups(Predicate<byte[]> names) {
    this.names = names;
  }

  /** Takes in a line, or a piece of one. */
  void take(String source, long line, byte[] text) {
    Group group = open.get(source);
    boolean same = group != null && group.last == line;
    boolean next = group != null && group.last == line - 1 && !(text.length > 0 && text[0] == '{');
    if (!same && !next) {
      group = new Group();
      open.put(source, group);
    }
    group.last = line;
    if (!same) {
      group.places.add(source + " " + line);
    }
    group.goes |= names.test(text);
    if (group.goes) {
      going.addAll(group.places);
      group.places.clear();
    }
  }

  /** The lines that go, as source and number. */
  Set<String> going() {
    return going;
  }
}
