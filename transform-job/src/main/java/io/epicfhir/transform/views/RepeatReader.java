package io.epicfhir.transform.views;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.catalyst.util.GenericArrayData;

/**
 * Gathers all elements that a repeat reaches into one list: an element stands before what it
 * contains, and the first path's elements before the second's. No depth is cut off.
 */
final class RepeatReader {
  private final List<List<byte[]>> paths;
  private final int slot;
  private final ElementReader element;

  RepeatReader(ReadNode node, int slot, ElementReader element) {
    this.paths = node.repeat().stream().map(RepeatReader::names).toList();
    this.slot = slot;
    this.element = element;
  }

  private static List<byte[]> names(List<String> path) {
    return path.stream().map(name -> name.getBytes(StandardCharsets.UTF_8)).toList();
  }

  int slot() {
    return slot;
  }

  /** What the object that is due reaches; the cursor's place behind it is not told. */
  ArrayData read(JsonCursor json) {
    List<Object> rows = new ArrayList<>();
    gather(json, json.place(), rows);
    return new GenericArrayData(rows.toArray());
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
      int start = json.place();
      rows.add(element.row(json));
      int end = json.place();
      gather(json, start, rows);
      json.back(end);
    }
  }
}
