package io.epicfhir.transform.views;

import io.epicfhir.transform.fhirpath.eval.TooDeep;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Gathers all elements that a repeat reaches into one list: an element stands before what it
 * contains, and the first path's elements before the second's. Beyond {@link #LEVELS} there is no
 * list at all: rows that look whole but are not would be worse.
 */
final class RepeatReader {
  /** How deep elements may lie in each other; each level takes some of the thread's stack. */
  static final int LEVELS = 1_000;

  /** A text that is shorter takes no time to speak of. */
  private static final int SHORT = 1 << 16;

  private static final TooDeep TOO_DEEP = new TooDeep(LEVELS);
  private static final TooDeep TOO_MANY = new TooDeep(0);

  /** Ends the search. */
  private static final class Stop extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Stop() {
      super("repeat finds too much, or too deep", null, false, false);
    }
  }

  private final List<List<byte[]>> paths;
  private final ReadNode node;
  private final int nesting;
  private final ElementReader element;
  private int level;
  private int most;

  RepeatReader(ReadNode node, ElementReader element) {
    this.paths = node.repeat().stream().map(RepeatReader::names).toList();
    this.node = node;
    int longest = paths.stream().mapToInt(List::size).max().orElse(1);
    this.nesting = LEVELS * 2 * longest + LEVELS;
    this.element = element;
  }

  private static List<byte[]> names(List<String> path) {
    return path.stream().map(name -> name.getBytes(StandardCharsets.UTF_8)).toList();
  }

  int slot() {
    return node.slot();
  }

  /**
   * What the object that is due reaches: a list, or what stands for one that is too deep. The
   * cursor's place behind the object is lost.
   */
  Object read(JsonCursor json) {
    List<Object> rows = new ArrayList<>();
    level = 0;
    int start = json.place();
    most = json.left() / 2 + 1; // an element is two characters at least
    try {
      // Each level is looked over again for what it contains: in deep nesting that takes time.
      if (json.left() > SHORT && json.nesting() > nesting) {
        throw new Stop();
      }
      gather(json, start, rows);
    } catch (Stop | StackOverflowError end) {
      return rows.size() == most ? TOO_MANY : TOO_DEEP;
    }
    return rows.toArray();
  }

  /** Each path takes its own way through the object. */
  private void gather(JsonCursor json, int object, List<Object> rows) {
    for (List<byte[]> path : paths) {
      json.back(object);
      descend(json, path, 0, rows);
    }
  }

  /** From an element on the way to behind it. */
  private void descend(JsonCursor json, List<byte[]> path, int depth, List<Object> rows) {
    for (boolean more = json.firstField(); more; more = json.nextField()) {
      if (!json.fieldName().is(path.get(depth))) {
        json.skip();
      } else if (json.first() == '[') {
        for (boolean item = json.firstItem(); item; item = json.nextItem()) {
          reach(json, path, depth + 1, rows);
        }
      } else {
        reach(json, path, depth + 1, rows);
      }
    }
  }

  private void reach(JsonCursor json, List<byte[]> path, int depth, List<Object> rows) {
    if (json.first() != '{') {
      json.skip();
    } else if (depth < path.size()) {
      descend(json, path, depth, rows);
    } else {
      if (level == LEVELS || rows.size() == most) {
        throw new Stop();
      }
      int start = json.place();
      rows.add(element.elements(json));
      int end = json.place();
      level++;
      gather(json, start, rows);
      level--;
      json.back(end);
    }
  }
}
