package io.epicfhir.transform.views;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.util.TokenBuffer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/**
 * Reads one JSON object into the fields that are wanted of it. A list is never null: an absent one
 * is empty. A value that is not of the JSON type that FHIR gives the element reads as absent;
 * bronze still holds it.
 */
final class ElementReader {
  private static final Object[] NO_ITEMS = {};

  private final Map<String, FieldReader> fields = new HashMap<>();
  private final Object[] absent;
  private final List<RepeatReader> repeats = new ArrayList<>();

  private ElementReader(ReadNode node, boolean resource) {
    List<Object> nothing = new ArrayList<>();
    for (Map.Entry<String, ReadNode> child : node.children().entrySet()) {
      int slot = nothing.size();
      ReadNode read = child.getValue();
      nothing.add(read.list() ? NO_ITEMS : null);
      if (read.repeat().isEmpty()) {
        fields.put(child.getKey(), FieldReader.of(read, slot));
      } else {
        repeats.add(new RepeatReader(read, slot, new ElementReader(read, false)));
      }
    }
    if (nothing.isEmpty() && !resource) {
      nothing.add(true);
    }
    absent = nothing.toArray();
  }

  static ElementReader of(ReadNode resource) {
    return new ElementReader(resource, true);
  }

  static ElementReader ofElement(ReadNode element) {
    return new ElementReader(element, false);
  }

  Row row(JsonParser json) throws IOException {
    return RowFactory.create(elements(json));
  }

  /** Reads the object whose START_OBJECT is the current token, to its END_OBJECT. */
  Object[] elements(JsonParser json) throws IOException {
    if (!repeats.isEmpty()) {
      return withRepeats(json);
    }
    return plain(json);
  }

  private Object[] plain(JsonParser json) throws IOException {
    Object[] elements = absent.clone();
    for (String name = json.nextFieldName(); name != null; name = json.nextFieldName()) {
      JsonToken token = json.nextToken();
      FieldReader field = fields.get(name);
      if (field == null) {
        json.skipChildren();
      } else {
        elements[field.slot()] = field.read(json, token);
      }
    }
    return elements;
  }

  /** Each repeat takes another way through the object, so it is kept and read once for each. */
  private Object[] withRepeats(JsonParser json) throws IOException {
    try (TokenBuffer object = new TokenBuffer(json)) {
      object.copyCurrentStructure(json);
      Object[] elements;
      try (JsonParser copy = object.asParser()) {
        copy.nextToken();
        elements = plain(copy);
      }
      for (RepeatReader repeat : repeats) {
        elements[repeat.slot()] = repeat.read(object);
      }
      return elements;
    }
  }
}
