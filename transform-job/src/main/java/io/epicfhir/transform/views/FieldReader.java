package io.epicfhir.transform.views;

import io.epicfhir.transform.fhirpath.Form;
import io.epicfhir.transform.fhirpath.eval.Extended;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Reads one field of an object. */
final class FieldReader {
  /** A list without items. */
  static final Object[] NONE = {};

  private final byte[] name;
  private final ReadNode node;
  private final boolean list;
  private final Form form;
  private final ElementReader element;
  private final String path;
  private final Oddities oddities;
  private final boolean label;
  private final int beside;
  private ElementReader besideReader;
  private Object[] items = new Object[4];
  private int listPlace;
  private int besidePlace;

  FieldReader(String name, ReadNode node, String parent, Oddities oddities, int beside) {
    this.name = name.getBytes(StandardCharsets.UTF_8);
    this.node = node;
    this.list = node.list();
    this.form = node.form();
    this.path = parent + "." + name;
    this.oddities = oddities;
    this.label = Oddities.isOfLabels(path);
    this.beside = beside;
    this.element =
        form == Form.COMPLEX ? ElementReader.ofElement(node, path, oddities, beside) : null;
  }

  byte[] name() {
    return name;
  }

  /** Where its value goes in the element. */
  int slot() {
    return node.slot();
  }

  /** Whether it is a security label, or what one stands in. */
  boolean label() {
    return label;
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
      besideReader = ElementReader.ofElement(node.beside(), besidePath, oddities, beside - 1);
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
    boolean number = WholeNumber.isNumber(json.text().toString());
    int behind = json.place();
    json.back(start);
    if (!number) {
      odd(json, "not a number");
      return null;
    }
    oddities.add(path + ": a number in quotes");
    json.back(start + 1);
    Object value = number(json);
    json.back(behind);
    return value;
  }

  private Object number(JsonCursor json) {
    return switch (form) {
      case INTEGER -> integer(json);
      case LONG -> whole(json);
      default -> json.number();
    };
  }

  /** A null is no value: lists of primitives hold it where the value has extensions only. */
  private void odd(JsonCursor json, String problem) {
    if (json.first() != 'n') {
      oddities.add(path + ": " + problem);
      if (label) {
        oddities.labelUnread();
      }
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

  private Integer integer(JsonCursor json) {
    Long whole = whole(json);
    if (whole != null && whole != whole.intValue()) {
      oddities.add(path + ": a whole number beyond 32 bits");
      return null;
    }
    return whole == null ? null : (Integer) whole.intValue();
  }

  private Long whole(JsonCursor json) {
    int start = json.place();
    Long whole = json.whole();
    if (whole != null) {
      return whole;
    }
    json.back(start);
    return WholeNumber.of(json.number().toString(), problem -> oddities.add(path + ": " + problem));
  }
}
