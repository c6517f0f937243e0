package io.epicfhir.transform.views;

import io.epicfhir.transform.fhirpath.Expr;
import io.epicfhir.transform.fhirpath.eval.TooDeep;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

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

  /** A step of a path. */
  private static final class Step {
    private final byte[] name;
    private final boolean list;
    private final String path;
    private final Step next;

    /**
     * @param path where it is, for the run report
     * @param next null behind the path's last step
     */
    Step(String name, boolean list, String path, Step next) {
      this.name = name.getBytes(StandardCharsets.UTF_8);
      this.list = list;
      this.path = path;
      this.next = next;
    }
  }

  private final Step[] first;
  private final Step[] further;
  private final ReadNode node;
  private final int nesting;
  private final ElementReader element;
  private final Oddities oddities;
  private int level;
  private int most;

  // Not parameters: each level of an element takes room on the thread's stack.
  private JsonCursor json;
  private List<Object> rows;

  /**
   * @param path where the object is whose elements are gathered
   */
  RepeatReader(ReadNode node, ElementReader element, String path, Oddities oddities) {
    this.first = ways(node.repeat().first(), path);
    this.further = ways(node.repeat().more(), path);
    this.node = node;
    int longest =
        Stream.of(node.repeat().first(), node.repeat().more())
            .flatMap(List::stream)
            .mapToInt(List::size)
            .max()
            .orElse(1);
    this.nesting = LEVELS * 2 * longest + LEVELS;
    this.element = element;
    this.oddities = oddities;
  }

  private static Step[] ways(List<List<Expr.Repeat.Step>> paths, String from) {
    return paths.stream().map(path -> way(path, from)).toArray(Step[]::new);
  }

  private static Step way(List<Expr.Repeat.Step> path, String from) {
    if (path.isEmpty()) {
      return null;
    }
    Expr.Repeat.Step step = path.get(0);
    String at = from + "." + step.field();
    return new Step(step.field(), step.list(), at, way(path.subList(1, path.size()), at));
  }

  int slot() {
    return node.slot();
  }

  /**
   * What the object that is due reaches: a list, or what stands for one that is too deep. The
   * cursor's place behind the object is lost.
   */
  Object read(JsonCursor cursor) {
    json = cursor;
    rows = new ArrayList<>();
    level = 0;
    int start = json.place();
    most = json.left() / 2 + 1; // an element is two characters at least
    try {
      // Each level is looked over again for what it contains: in deep nesting that takes time.
      if (json.left() > SHORT && json.nesting() > nesting) {
        throw new Stop();
      }
      gather(start, first);
    } catch (Stop | StackOverflowError end) {
      return rows.size() == most ? TOO_MANY : TOO_DEEP;
    }
    return rows.toArray();
  }

  /** Each path takes its own way through the object. */
  private void gather(int object, Step[] ways) {
    for (int i = 0; i < ways.length; i++) {
      json.back(object);
      descend(ways[i]);
    }
  }

  /** From an element on the way to behind it. Of fields of one name the last one is read. */
  private void descend(Step step) {
    int before = rows.size();
    for (boolean more = json.firstField(); more; more = json.nextField()) {
      if (!json.fieldName().is(step.name)) {
        json.skip();
        continue;
      }
      if (rows.size() > before) {
        rows.subList(before, rows.size()).clear();
      }
      if (!step.list) {
        reach(step);
      } else if (json.first() == '[') {
        for (boolean item = json.firstItem(); item; item = json.nextItem()) {
          reach(step);
        }
      } else {
        odd(step, "not a list");
      }
    }
  }

  private void reach(Step step) {
    if (json.first() != '{') {
      odd(step, "not an object");
    } else if (step.next != null) {
      descend(step.next);
    } else {
      if (level == LEVELS || rows.size() == most) {
        throw new Stop();
      }
      int start = json.place();
      rows.add(element.elements(json));
      int end = json.place();
      level++;
      gather(start, further);
      level--;
      json.back(end);
    }
  }

  /** A null is nothing odd. */
  private void odd(Step step, String problem) {
    if (json.first() != 'n') {
      oddities.add(step.path + ": " + problem);
    }
    json.skip();
  }
}
