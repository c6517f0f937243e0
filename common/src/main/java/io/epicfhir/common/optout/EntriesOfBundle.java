package io.epicfhir.common.optout;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.function.Predicate;

/** A JSON object whose array {@code entry} speaks of several resources at once. */
public final class EntriesOfBundle {
  private static final JsonMapper MAPPER = new JsonMapper();

  private EntriesOfBundle() {}

  /**
   * The same without the entries whose text the predicate takes; the others are needed still. Text
   * that is no such object becomes an object without entries.
   */
  public static byte[] without(byte[] line, Predicate<byte[]> goes) {
    try {
      JsonNode tree = MAPPER.readTree(line);
      if (tree instanceof ObjectNode object && object.get("entry") instanceof ArrayNode entries) {
        for (Iterator<JsonNode> each = entries.iterator(); each.hasNext(); ) {
          if (goes.test(bytes(each.next()))) {
            each.remove();
          }
        }
        byte[] rest = bytes(object);
        if (!goes.test(rest)) {
          return rest;
        }
      }
    } catch (IOException e) {
      // No JSON: its entries cannot be separated.
    }
    return "{\"resourceType\":\"Bundle\",\"entry\":[]}".getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] bytes(JsonNode node) throws JsonProcessingException {
    return MAPPER.writeValueAsBytes(node);
  }
}
