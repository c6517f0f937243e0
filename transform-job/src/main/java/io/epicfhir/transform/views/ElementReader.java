package io.epicfhir.transform.views;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Reads one JSON object into the fields that are wanted of it: an array with a value a field. A
 * list is never null: an absent one is empty. A value that is not of the JSON type that FHIR gives
 * the element reads as absent; bronze still holds it.
 */
final class ElementReader {
  private final String path;
  private final Oddities oddities;
  private final FieldTable fields;
  private final Object[] absent;
  private final List<RepeatReader> repeats = new ArrayList<>();

  /** The fields beside which there is something in the object at hand. */
  private final List<FieldReader> extended = new ArrayList<>();

  private ElementReader(ReadNode node, String path, Oddities oddities, int beside) {
    this.path = path;
    this.oddities = oddities;
    List<FieldReader> wanted = new ArrayList<>();
    absent = new Object[node.children().size()];
    for (Map.Entry<String, ReadNode> child : node.children().entrySet()) {
      ReadNode read = child.getValue();
      absent[read.slot()] = read.list() ? FieldReader.NONE : null;
      if (read.repeat() == null) {
        wanted.add(new FieldReader(child.getKey(), read, path, oddities, beside));
      } else {
        ElementReader reached = ofElement(read, path, oddities, beside);
        repeats.add(new RepeatReader(read, reached, path, oddities));
      }
    }
    fields = new FieldTable(wanted, node.known());
  }

  /** Reads a resource of a type. */
  static ElementReader ofResource(ReadNode resource, String type, Oddities oddities) {
    return new ElementReader(resource, type, oddities, resource.besideDepth());
  }

  /**
   * @param beside how deep what lies beside primitive elements is read
   */
  static ElementReader ofElement(ReadNode element, String path, Oddities oddities, int beside) {
    return new ElementReader(element, path, oddities, beside);
  }

  /** Reads the object that is due: what is read of it, by slot. */
  Object[] elements(JsonCursor json) {
    Object[] elements = absent.clone();
    int start = json.place();
    extended.clear();
    for (boolean more = json.firstField(); more; more = json.nextField()) {
      FieldTable.Entry field = fields.find(json.fieldName());
      if (field == null) {
        // Not its name: it is the server's word, and servers have sent keys and names as field
        // names.
        oddities.add(path + ": an element that is not in FHIR R4");
        json.skip();
      } else if (field.reader() == null) {
        json.skip();
      } else if (field.beside()) {
        beside(field.reader(), json);
      } else {
        FieldReader reader = field.reader();
        Object before = elements[reader.slot()];
        elements[reader.slot()] = reader.read(json);
        if (before != absent[reader.slot()]) {
          twice(reader);
        }
      }
    }
    if (!repeats.isEmpty() || !extended.isEmpty()) {
      comeBack(json, start, elements);
    }
    return elements;
  }

  /** Of two fields beside one element the last one is read, as of two values. */
  private void beside(FieldReader reader, JsonCursor json) {
    reader.besideAt(json.place());
    if (extended.contains(reader)) {
      twice(reader);
    } else {
      extended.add(reader);
    }
    json.skip();
  }

  /** Of two labels under one name only the last one is read. */
  private void twice(FieldReader reader) {
    if (reader.label()) {
      oddities.add(path + ": a security label twice");
      oddities.labelUnread();
    }
  }

  /** What is read of an object when its end is known. */
  private void comeBack(JsonCursor json, int start, Object[] elements) {
    int end = json.place();
    for (FieldReader field : extended) {
      elements[field.slot()] = field.withBeside(elements[field.slot()], json);
    }
    for (RepeatReader repeat : repeats) {
      json.back(start);
      elements[repeat.slot()] = repeat.read(json);
    }
    json.back(end);
  }
}
