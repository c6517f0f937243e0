package io.epicfhir.sandbox.epic;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/** ICD-10-CM and SNOMED CT by their OIDs, in the codes of half of the conditions. */
final class OidCodeSystems {
  private static final Map<String, String> OIDS =
      Map.of(
          "http://hl7.org/fhir/sid/icd-10-cm", "urn:oid:2.16.840.1.113883.6.90",
          "http://snomed.info/sct", "urn:oid:2.16.840.1.113883.6.96");

  private OidCodeSystems() {}

  static void shape(String type, ObjectNode resource) {
    String id = resource.path("id").asText();
    if (!type.equals("Condition") || EpicId.bucket("oid " + id, 2) == 1) {
      return;
    }
    for (JsonNode coding : resource.path("code").path("coding")) {
      String system = coding.path("system").asText();
      ((ObjectNode) coding).put("system", OIDS.getOrDefault(system, system));
    }
  }
}
