package io.epicfhir.transform.erase;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.epicfhir.common.optout.PatientIdentifiers;
import java.util.Set;

/** What a Patient's text says of who it is. */
final class PatientText {
  private static final JsonMapper MAPPER = new JsonMapper();

  private PatientText() {}

  /** Its identifiers, each as {@code system|value}. */
  static Set<String> identifiers(String json) {
    return PatientIdentifiers.of(read(json));
  }

  private static JsonNode read(String json) {
    try {
      return MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      return MAPPER.missingNode(); // bronze's lines are JSON; silver's are bronze's
    }
  }
}
