package io.epicfhir.transform.views;

import io.epicfhir.transform.fhirpath.Form;
import io.epicfhir.transform.fhirpath.eval.Extended;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/** Reads one field of an object. */
final class FieldReader {
  /** A list without items. */
  static final Object[] NONE = {};

  private static final Pattern NUMBER =
      Pattern.compile("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?");

  private final byte[] name;
  private final ReadNode node;
  private final boolean list;
  private final Form form;
  private final ElementReader element;
  private final String path;
  private final Drift drift;
  private final int beside;
  private ElementReader besideReader;
  private Object[] items = new Object[4];
  private int listPlace;
  private int besidePlace;

  FieldReader(String name, ReadNode node, String parent, Drift drift, int beside) {
    this.name = name.getBytes(StandardCharsets.UTF_8);
    this.node = node;
    this.list = node.list();
    this.form = node.form();
    this.path = parent + "." + name;
    this.drift = drift;
    this.beside = beside;
    this.element = form == Form.COMPLEX ? ElementReader.ofElement(node, path, drift, beside) : null;
  }

  byte[] name() {
    return name;
  }

  /** Where its value goes in the element. */
  int slot() {
    return node.slot();
  }

  /** Whether its element may have an id and extensions in a field of their own. */
  boolean extensible() {
    return form != Form.COMPLEX;
  }

  /** The value that is due; absent where it is not of the JSON type that FHIR gives the element. */
  Object read(JsonCursor json) {
    if (!list) {
      return value(json);
    }
    if (json.first() != '[') {
      odd(json, "not a list");
      return NONE;
    }
    listPlace = json.place();
    int size = 0;
    for (boolean more = json.firstItem(); more; more = json.nextItem()) {
      Object item = value(json);
      if (item != null) {
        if (size == items.length) {
          items = Arrays.copyOf(items, 2 * size);
        }
        items[size++] = item;
      }
    }
    if (size == 0) {
      return NONE;
    }
    return Arrays.copyOf(items, size);
  }

  /** Notes where its id and extensions stand. */
  void besideAt(int place) {
    besidePlace = place;
  }

  /** The value that was read, with what lies beside it; the cursor's place is lost. */
  Object withBeside(Object value, JsonCursor json) {
    json.back(besidePlace);
    if (json.first() != (list ? '[' : '{')) {
      odd(json, list ? "no list is beside it" : "no object is beside it");
      return value;
    }
    return list ? merged((Object[]) value, json) : new Extended(value, beside(json));
  }

  /** Items and what lies beside them correspond by position. */
  private Object[] merged(Object[] values, JsonCursor json) {
    List<Object> merged = new ArrayList<>();
    if (values != NONE) {
      json.back(listPlace);
      for (boolean more = json.firstItem(); more; more = json.nextItem()) {
        merged.add(value(json));
      }
      json.back(besidePlace);
    }
    int at = 0;
    for (boolean more = json.firstItem(); more; more = json.nextItem()) {
      if (at == merged.size()) {
        merged.add(null);
      }
      if (json.first() == '{') {
        merged.set(at, new Extended(merged.get(at), beside(json)));
      } else {
        json.skip();
      }
      at++;
    }
    merged.removeIf(item -> item == null);
    return merged.toArray();
  }

  private Object[] beside(JsonCursor json) {
    if (beside == 0) {
      json.skip();
      return NONE;
    }
    if (besideReader == null) {
      int end = path.lastIndexOf('.') + 1;
      String besidePath = path.substring(0, end) + "_" + path.substring(end);
      besideReader = ElementReader.ofElement(node.beside(), besidePath, drift, beside - 1);
    }
    return besideReader.elements(json);
  }

  private Object value(JsonCursor json) {
    byte first = json.first();
    if (first == '"' && form.number()) {
      return quotedNumber(json);
    }
    boolean wanted =
        switch (form) {
          case COMPLEX -> first == '{';
          case BOOLEAN -> first == 't' || first == 'f';
          case INTEGER, LONG, DECIMAL -> NumberBytes.begins(first);
          default -> first == '"';
        };
    if (!wanted) {
      odd(json, "not " + kind());
      return null;
    }
    return switch (form) {
      case COMPLEX -> element.elements(json);
      case BOOLEAN -> (Boolean) json.bool();
      case INTEGER, LONG, DECIMAL -> number(json);
      default -> json.text();
    };
  }

  /** A JSON number in quotes, and nothing else in them, is read as that number, and counted. */
  private Object quotedNumber(JsonCursor json) {
    int start = json.place();
    boolean number = NUMBER.matcher(json.text().toString()).matches();
    int behind = json.place();
    json.back(start);
    if (!number) {
      odd(json, "not a number");
      return null;
    }
    drift.add(path + ": a number in quotes");
    json.back(start + 1);
    Object value = number(json);
    json.back(behind);
    return value;
  }

  private Object number(JsonCursor json) {
    return switch (form) {
      case INTEGER -> integer(json.whole());
      case LONG -> json.whole();
      default -> json.number();
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
