package io.epicfhir.common.optout;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Set;
import java.util.TreeSet;

/** The other records that a person's record says are the same person's: {@code link[].other}. */
public final class LinkedRecords {
  private static final JsonMapper MAPPER = new JsonMapper();

  private LinkedRecords() {}

  /** Of a type, as {@code Type/id}; none where the text is no JSON. */
  public static Set<String> of(String json, String type) {
    Set<String> linked = new TreeSet<>();
    if (!json.contains("\"link\"")) {
      return linked;
    }
    try {
      for (JsonNode link : MAPPER.readTree(json).path("link")) {
        for (String key : Mentions.keysOf(link.path("other").path("reference").asText(""))) {
          if (key.startsWith(type + "/")) {
            linked.add(key);
          }
        }
      }
    } catch (JsonProcessingException e) {
      return linked;
    }
    return linked;
  }
}
