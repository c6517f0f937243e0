package io.epicfhir.transform.views;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.util.TokenBuffer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;

/**
 * Gathers all elements that a repeat reaches into one list: an element stands before what it
 * contains, and the first path's elements before the second's. No depth is cut off.
 */
final class RepeatReader {
  private final List<List<String>> paths;
  private final int slot;
  private final ElementReader element;

  RepeatReader(ReadNode node, int slot, ElementReader element) {
    this.paths = node.repeat();
    this.slot = slot;
    this.element = element;
  }

  int slot() {
    return slot;
  }

  Object[] read(TokenBuffer object) throws IOException {
    List<Row> rows = new ArrayList<>();
    gather(object, rows);
    return rows.toArray();
  }

  private void gather(TokenBuffer object, List<Row> rows) throws IOException {
    for (List<String> path : paths) {
      try (JsonParser json = object.asParser()) {
        json.nextToken();
        descend(json, path, 0, rows);
      }
    }
  }

  /** The current token is the START_OBJECT of an element on the way; leaves at its END_OBJECT. */
  private void descend(JsonParser json, List<String> path, int depth, List<Row> rows)
      throws IOException {
    for (String name = json.nextFieldName(); name != null; name = json.nextFieldName()) {
      JsonToken token = json.nextToken();
      if (!name.equals(path.get(depth))) {
        json.skipChildren();
      } else if (token == JsonToken.START_ARRAY) {
        for (JsonToken t = json.nextToken(); t != JsonToken.END_ARRAY; t = json.nextToken()) {
          reach(json, t, path, depth + 1, rows);
        }
      } else {
        reach(json, token, path, depth + 1, rows);
      }
    }
  }

  private void reach(JsonParser json, JsonToken token, List<String> path, int depth, List<Row> rows)
      throws IOException {
    if (token != JsonToken.START_OBJECT) {
      json.skipChildren();
    } else if (depth < path.size()) {
      descend(json, path, depth, rows);
    } else {
      take(json, rows);
    }
  }

  private void take(JsonParser json, List<Row> rows) throws IOException {
    try (TokenBuffer object = new TokenBuffer(json)) {
      object.copyCurrentStructure(json);
      try (JsonParser copy = object.asParser()) {
        copy.nextToken();
        rows.add(element.row(copy));
      }
      gather(object, rows);
    }
  }
}
