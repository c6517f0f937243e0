package io.epicfhir.sandbox.epic;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Epic's extensions of a patient beside US Core's. */
final class SiteExtensions {
  private static final String BIRTH_SEX =
      "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex";
  private static final String SYNTHEA = "http://synthetichealth.github.io/";

  private SiteExtensions() {}

  static void shape(String type, ObjectNode resource) {
    JsonNode before = resource.path("extension").deepCopy();
    resource.remove("extension");
    ArrayNode kept = resource.arrayNode();
    if (type.equals("Patient")) {
      legalSex(kept.addObject(), resource.path("gender").asText());
    }
    for (JsonNode extension : before) {
      String url = extension.path("url").asText();
      if (!url.startsWith(SYNTHEA) && !url.equals(BIRTH_SEX)) {
        kept.add(extension);
      }
    }
    if (type.equals("Patient")) {
      // SNOMED CT: female, male.
      kept.addObject()
          .put(
              "valueCode",
              resource.path("gender").asText().equals("female") ? "248152002" : "248153007")
          .put("url", "http://hl7.org/fhir/us/core/StructureDefinition/us-core-sex");
      maritalStatus(resource);
    }
    if (!kept.isEmpty()) {
      resource.set("extension", kept);
    }
  }

  private static void legalSex(ObjectNode extension, String gender) {
    ObjectNode concept = extension.putObject("valueCodeableConcept");
    concept
        .putArray("coding")
        .addObject()
        .put("system", "urn:oid:1.2.840.114350.1.13.0.1.7.10.698084.130.657370.19999000")
        .put("code", gender)
        .put("display", gender);
    extension.put("url", "http://open.epic.com/FHIR/StructureDefinition/extension/legal-sex");
  }

  private static void maritalStatus(ObjectNode patient) {
    JsonNode status = patient.path("maritalStatus");
    if (status instanceof ObjectNode object) {
      String display = status.path("coding").path(0).path("display").asText();
      object.remove("coding");
      object.put("text", status.path("text").asText(display));
    }
  }
}
