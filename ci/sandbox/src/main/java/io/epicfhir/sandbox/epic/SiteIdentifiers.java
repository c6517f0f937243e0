package io.epicfhir.sandbox.epic;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/**
 * Identifiers as a site has them: systems are its own OIDs, and the type is a word. The OIDs are
 * those of Epic's public sandbox.
 */
final class SiteIdentifiers {
  private static final String SITE = "urn:oid:1.2.840.114350.1.13.0.1.7.";
  private static final String CONTACT = SITE + "3.698084.8";
  private static final String PATIENT = SITE + "2.698084";
  private static final String NPI = "http://hl7.org/fhir/sid/us-npi";
  private static final String URI = "urn:ietf:rfc:3986";

  /** By type the master file that its records are in. */
  private static final Map<String, String> MASTER_FILES =
      Map.of(
          "Medication", "2.698288",
          "MedicationRequest", "2.798268",
          "DiagnosticReport", "2.798268",
          "Immunization", "2.768076",
          "Organization", "2.696570",
          "Location", "2.686980",
          "Specimen", "2.763024");

  void shape(String type, ObjectNode resource) {
    String id = resource.path("id").asText();
    switch (type) {
      case "Patient" -> patient(id, resource);
      case "Practitioner" -> practitioner(id, resource);
      case "Encounter" -> {
        add(resource.putArray("identifier"), "", CONTACT, contact(id));
        return;
      }
      case "DocumentReference" ->
          add(resource.putArray("identifier"), "", URI, SITE + "8.688883." + number(id, 9));
      default -> other(type, id, resource);
    }
    JsonNode encounter = resource.path("encounter");
    String reference = encounter.path("reference").asText();
    if (reference.startsWith("Encounter/")) {
      ((ObjectNode) encounter)
          .putObject("identifier")
          .put("use", "usual")
          .put("system", CONTACT)
          .put("value", contact(reference.substring("Encounter/".length())));
    }
  }

  private static void patient(String id, ObjectNode resource) {
    String record = "Z" + number(id, 9);
    ArrayNode identifiers = resource.putArray("identifier");
    add(identifiers, "CEID", SITE + "3.688884.100", "CEID" + number(id, 12));
    add(identifiers, "MRN", SITE + "5.737384.0", "E" + number("mrn " + id, 12));
    add(identifiers, "EXTERNAL", PATIENT, record);
    add(
        identifiers,
        "FHIR STU3",
        "http://open.epic.com/FHIR/StructureDefinition/patient-fhir-id",
        id);
    add(identifiers, "INTERNAL", PATIENT, "     " + record);
    add(identifiers, "EPI", SITE + "5.737384.14", number("epi " + id, 12));
  }

  private static void practitioner(String id, ObjectNode resource) {
    JsonNode before = resource.path("identifier").deepCopy();
    ArrayNode identifiers = resource.putArray("identifier");
    for (JsonNode identifier : before) {
      if (identifier.path("system").asText().equals(NPI)) {
        add(identifiers, "NPI", NPI, identifier.path("value").asText());
      }
    }
    add(identifiers, "INTERNAL", SITE + "2.697780", "  " + number(id, 6));
    add(identifiers, "EXTERNAL", SITE + "2.697780", number(id, 6));
    add(identifiers, "PROVID", SITE + "5.737384.6", number("provid " + id, 6));
  }

  /** Its number in the master file; what else there is keeps its value, and a text as type. */
  private static void other(String type, String id, ObjectNode resource) {
    if (MASTER_FILES.containsKey(type)) {
      add(resource.putArray("identifier"), "", SITE + MASTER_FILES.get(type), number(id, 9));
      return;
    }
    for (JsonNode identifier : resource.path("identifier")) {
      JsonNode kind = identifier.path("type");
      if (kind instanceof ObjectNode object) {
        String text = kind.path("coding").path(0).path("code").asText();
        object.removeAll();
        object.put("text", text);
      }
    }
  }

  private static String contact(String encounter) {
    return number("contact " + encounter, 9);
  }

  private static String number(String key, int digits) {
    return EpicId.digits(key, digits);
  }

  private static void add(ArrayNode identifiers, String word, String system, String value) {
    ObjectNode identifier = identifiers.addObject().put("use", "usual");
    if (!word.isEmpty()) {
      identifier.putObject("type").put("text", word);
    }
    identifier.put("system", system).put("value", value);
  }
}
