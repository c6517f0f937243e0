package io.epicfhir.transform.views;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;

/**
 * Reads one JSON object into the fields that are wanted of it. A list is never null: an absent one
 * is empty. A value that is not of the JSON type that FHIR gives the element reads as absent;
 * bronze still holds it.
 */
final class ElementReader {
  private final String path;
  private final Drift drift;
  private final FieldTable fields;
  private final Object[] absent;
  private final List<RepeatReader> repeats = new ArrayList<>();

  private ElementReader(ReadNode node, String path, Drift drift, boolean resource) {
    this.path = path;
    this.drift = drift;
    List<FieldReader> wanted = new ArrayList<>();
    List<Object> nothing = new ArrayList<>();
    if (resource) {
      nothing.add(null); // the key
    }
    for (Map.Entry<String, ReadNode> child : node.children().entrySet()) {
      int slot = nothing.size();
      ReadNode read = child.getValue();
      nothing.add(read.list() ? FieldReader.NO_ITEMS : null);
      if (read.repeat().isEmpty()) {
        wanted.add(new FieldReader(child.getKey(), read, slot, path, drift));
      } else {
        repeats.add(new RepeatReader(read, slot, ofElement(read, path, drift)));
      }
    }
    if (nothing.isEmpty()) {
      nothing.add(true); // ReadSchema.ANCHOR
    }
    absent = nothing.toArray();
    fields = new FieldTable(wanted, node.known());
  }

  /** Reads a resource of a type: its first slot is left for the key. */
  static ElementReader ofResource(ReadNode resource, String type, Drift drift) {
    return new ElementReader(resource, type, drift, true);
  }

  static ElementReader ofElement(ReadNode element, String path, Drift drift) {
    return new ElementReader(element, path, drift, false);
  }

  /** Reads the object that is due. */
  InternalRow row(JsonCursor json) {
    Object[] elements = absent.clone();
    int start = json.place();
    for (boolean more = json.firstField(); more; more = json.nextField()) {
      FieldTable.Entry field = fields.find(json.fieldName());
      if (field != null && field.reader() != null) {
        elements[field.reader().slot()] = field.reader().read(json);
      } else {
        if (field == null) {
          drift.add(path + "." + json.fieldName() + ": not in FHIR R4");
        }
        json.skip();
      }
    }
    if (!repeats.isEmpty()) {
      int end = json.place();
      for (RepeatReader repeat : repeats) {
        json.back(start);
        elements[repeat.slot()] = repeat.read(json);
      }
      json.back(end);
    }
    return new GenericInternalRow(elements);
  }
}
