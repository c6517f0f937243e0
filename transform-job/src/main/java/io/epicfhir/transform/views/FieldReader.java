package io.epicfhir.transform.views;

import io.epicfhir.transform.fhirpath.Form;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.catalyst.util.GenericArrayData;

/** Reads one field of an object as Spark holds it. */
final class FieldReader {
  static final ArrayData NO_ITEMS = new GenericArrayData(new Object[0]);

  private final byte[] name;
  private final int slot;
  private final boolean list;
  private final Form form;
  private final ElementReader element;
  private final String path;
  private final Drift drift;

  /**
   * @param slot where its value goes in the row
   */
  FieldReader(String name, ReadNode node, int slot, String parent, Drift drift) {
    this.name = name.getBytes(StandardCharsets.UTF_8);
    this.slot = slot;
    this.list = node.list();
    this.form = node.form();
    this.path = parent + "." + name;
    this.drift = drift;
    this.element = form == Form.COMPLEX ? ElementReader.ofElement(node, path, drift) : null;
  }

  byte[] name() {
    return name;
  }

  int slot() {
    return slot;
  }

  /** The value that is due; absent where it is not of the JSON type that FHIR gives the element. */
  Object read(JsonCursor json) {
    if (!list) {
      return value(json);
    }
    if (json.first() != '[') {
      odd(json, "not a list");
      return NO_ITEMS;
    }
    List<Object> items = new ArrayList<>();
    for (boolean more = json.firstItem(); more; more = json.nextItem()) {
      Object item = value(json);
      if (item != null) {
        items.add(item);
      }
    }
    return items.isEmpty() ? NO_ITEMS : new GenericArrayData(items.toArray());
  }

  private Object value(JsonCursor json) {
    byte first = json.first();
    boolean wanted =
        switch (form) {
          case COMPLEX -> first == '{';
          case BOOLEAN -> first == 't' || first == 'f';
          case INTEGER, LONG, DECIMAL -> JsonCursor.numeric(first);
          default -> first == '"';
        };
    if (!wanted) {
      odd(json, "not " + kind());
      return null;
    }
    return switch (form) {
      case COMPLEX -> element.row(json);
      case BOOLEAN -> (Boolean) json.bool();
      case INTEGER -> integer(json.whole());
      case LONG -> json.whole();
      case DECIMAL -> json.number();
      default -> json.text();
    };
  }

  /** A null is no value: lists of primitives hold it where the value has extensions only. */
  private void odd(JsonCursor json, String problem) {
    if (json.first() != 'n') {
      drift.add(path + ": " + problem);
    }
    json.skip();
  }

  private String kind() {
    return switch (form) {
      case COMPLEX -> "an object";
      case BOOLEAN -> "a boolean";
      case INTEGER, LONG, DECIMAL -> "a number";
      default -> "a string";
    };
  }

  private static Integer integer(Long whole) {
    return whole != null && whole == whole.intValue() ? (Integer) whole.intValue() : null;
  }
}
