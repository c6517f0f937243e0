package io.epicfhir.sandbox.epic;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/**
 * Codings of the site before the standard ones, and the generic LOINC codes that Epic sends with
 * vital signs: before the code of a pulse or a blood pressure, after all others. Care plans have
 * Epic's category Longitudinal, by which they are searched.
 */
final class LocalCodings {
  private static final String SITE = "urn:oid:1.2.840.114350.1.13.0.1.7.2.";
  private static final String FLOWSHEET =
      "http://open.epic.com/FHIR/StructureDefinition/observation-flowsheet-id";
  private static final String LOINC = "http://loinc.org";

  /** By type the site's master file of what its code names. */
  private static final Map<String, String> MASTER_FILES =
      Map.of(
          "AllergyIntolerance", "703766",
          "Condition", "696871",
          "DiagnosticReport", "696580",
          "Medication", "698288",
          "Observation", "768282",
          "Procedure", "696580");

  private LocalCodings() {}

  static void shape(String type, ObjectNode resource) {
    if (type.equals("Encounter")) {
      resource.path("type").forEach(concept -> first(concept, SITE + "808267"));
    }
    if (type.equals("CarePlan")) {
      ObjectNode category = resource.withArray("category").addObject();
      category
          .putArray("coding")
          .addObject()
          .put("system", "http://snomed.info/sct")
          .put("code", "38717003")
          .put("display", "Longitudinal");
      category.put("text", "Longitudinal");
    }
    if (!MASTER_FILES.containsKey(type)) {
      return;
    }
    JsonNode code = resource.path("code");
    boolean vitalSign = type.equals("Observation") && vitalSign(resource);
    if (vitalSign && code.path("coding") instanceof ArrayNode codings && !codings.isEmpty()) {
      generic(codings);
    }
    first(code, SITE + (vitalSign ? "707679" : MASTER_FILES.get(type)));
    if (vitalSign && code.path("coding") instanceof ArrayNode codings && codings.size() > 1) {
      codings
          .insertObject(1)
          .put("system", FLOWSHEET)
          .put("code", EpicId.of("flowsheet", codings.get(0).path("code").asText()))
          .put("display", text(code));
    }
  }

  private static boolean vitalSign(ObjectNode observation) {
    return observation
        .path("category")
        .path(0)
        .path("coding")
        .path(0)
        .path("code")
        .asText()
        .equals("vital-signs");
  }

  private static void generic(ArrayNode codings) {
    String code = codings.get(0).path("code").asText();
    ObjectNode vitalSigns = coding("8716-3", "Vital signs");
    switch (code) {
      case "8867-4" -> codings.insert(0, vitalSigns);
      case "85354-9" -> {
        codings.insert(0, coding("55284-4", "Blood pressure systolic and diastolic"));
        codings.add(vitalSigns);
      }
      default -> codings.add(vitalSigns);
    }
  }

  private static ObjectNode coding(String code, String display) {
    return Ndjson.object().put("system", LOINC).put("code", code).put("display", display);
  }

  private static void first(JsonNode concept, String system) {
    if (concept.path("coding") instanceof ArrayNode codings && !codings.isEmpty()) {
      JsonNode standard = codings.get(0);
      String key = standard.path("system").asText() + "|" + standard.path("code").asText();
      String text = text(concept);
      codings
          .insertObject(0)
          .put("system", system)
          .put("code", EpicId.digits("local " + key, 7))
          .put("display", text);
    }
  }

  private static String text(JsonNode concept) {
    return concept.path("text").asText(concept.path("coding").path(0).path("display").asText());
  }
}
