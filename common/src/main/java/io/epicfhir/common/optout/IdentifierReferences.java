package io.epicfhir.common.optout;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.function.Predicate;

/**
 * References by an <a href="https://hl7.org/fhir/R4/references.html#logical">identifier</a> alone:
 * {@code "subject":{"identifier":{"system":…,"value":…}}}. A resource's own identifiers, which are
 * an array, refer to nobody.
 */
final class IdentifierReferences {
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final byte[] NAME = "\"identifier\"".getBytes(StandardCharsets.UTF_8);

  private IdentifierReferences() {}

  /** Whether a text refers to one that is as asked for, by {@code system|value}. */
  static boolean any(byte[] text, int offset, int length, Predicate<String> identifier) {
    int end = offset + length;
    for (int at = next(text, offset, end); at >= 0; at = next(text, at, end)) {
      at = pastBlanks(text, at + NAME.length, end);
      if (at < end && text[at] == ':') {
        at = pastBlanks(text, at + 1, end);
        if (at < end && text[at] == '{' && names(text, at, end, identifier)) {
          return true;
        }
      }
    }
    return false;
  }

  private static int next(byte[] text, int from, int end) {
    for (int i = from; i <= end - NAME.length; i++) {
      if (text[i] == '"' && text[i + 1] == 'i' && isName(text, i)) {
        return i;
      }
    }
    return -1;
  }

  private static boolean isName(byte[] text, int at) {
    for (int i = 0; i < NAME.length; i++) {
      if (text[at + i] != NAME[i]) {
        return false;
      }
    }
    return true;
  }

  private static int pastBlanks(byte[] text, int from, int end) {
    int at = from;
    while (at < end && text[at] <= ' ' && text[at] >= 0) {
      at++;
    }
    return at;
  }

  /** The mapper stops where the object ends. */
  private static boolean names(byte[] text, int at, int end, Predicate<String> identifier) {
    try {
      JsonNode one = MAPPER.reader().readTree(text, at, end - at);
      String name = of(one);
      return !name.isEmpty() && identifier.test(name);
    } catch (IOException e) {
      return false; // a text that was cut in it
    }
  }

  /** As {@code system|value}; empty where there is no value, as in a masked one. */
  static String of(JsonNode identifier) {
    String value = identifier.path("value").asText("");
    return value.isEmpty() ? "" : identifier.path("system").asText("") + "|" + value;
  }
}
