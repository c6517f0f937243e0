package io.epicfhir.transform.views;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.epicfhir.transform.fhirpath.Form;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads one field of an object.
 *
 * @param slot where its value goes in the row
 * @param list whether FHIR gives a list
 * @param element reads each object; null for a primitive
 */
record FieldReader(int slot, boolean list, Form form, ElementReader element) {
  static FieldReader of(ReadNode node, int slot) {
    ElementReader element = node.form() == Form.COMPLEX ? ElementReader.ofElement(node) : null;
    return new FieldReader(slot, node.list(), node.form(), element);
  }

  Object read(JsonParser json, JsonToken token) throws IOException {
    if (!list) {
      return value(json, token);
    }
    List<Object> items = new ArrayList<>();
    if (token == JsonToken.START_ARRAY) {
      for (JsonToken t = json.nextToken(); t != JsonToken.END_ARRAY; t = json.nextToken()) {
        add(items, value(json, t));
      }
    } else {
      json.skipChildren();
    }
    return items.toArray();
  }

  private static void add(List<Object> items, Object value) {
    if (value != null) {
      items.add(value);
    }
  }

  private Object value(JsonParser json, JsonToken token) throws IOException {
    if (token.isStructStart()) {
      if (element != null && token == JsonToken.START_OBJECT) {
        return element.row(json);
      }
      json.skipChildren();
      return null;
    }
    return element == null ? primitive(json, token) : null;
  }

  private Object primitive(JsonParser json, JsonToken token) throws IOException {
    return switch (form) {
      case BOOLEAN -> token.isBoolean() ? (Boolean) (token == JsonToken.VALUE_TRUE) : null;
      case INTEGER -> integer(whole(json, token));
      case LONG -> whole(json, token);
      case DECIMAL -> token.isNumeric() ? json.getText() : null;
      default -> token == JsonToken.VALUE_STRING ? json.getText() : null;
    };
  }

  private static Integer integer(Long whole) {
    return whole != null && whole == whole.intValue() ? (Integer) whole.intValue() : null;
  }

  private static Long whole(JsonParser json, JsonToken token) throws IOException {
    boolean fits =
        token == JsonToken.VALUE_NUMBER_INT
            && json.getNumberType() != JsonParser.NumberType.BIG_INTEGER;
    return fits ? (Long) json.getLongValue() : null;
  }
}
