package io.epicfhir.sandbox.epic;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;

/** A quarter of the laboratory results have a specimen; one of a patient and time is shared. */
final class Specimens {
  private static final int RESULTS = 4;
  private final SiteIdentifiers identifiers = new SiteIdentifiers();

  Optional<ObjectNode> shape(String type, ObjectNode resource) {
    String id = resource.path("id").asText();
    JsonNode category = resource.path("category").path(0).path("coding").path(0).path("code");
    if (!type.equals("Observation")
        || !category.asText().equals("laboratory")
        || EpicId.bucket("specimen " + id, RESULTS) != 0) {
      return Optional.empty();
    }
    String subject = resource.path("subject").path("reference").asText();
    String time = resource.path("effectiveDateTime").asText();
    String specimenId = EpicId.of("Specimen", subject + " " + time);
    ObjectNode specimen = Ndjson.object().put("resourceType", "Specimen").put("id", specimenId);
    identifiers.shape("Specimen", specimen);
    specimen.put("status", "available");
    ObjectNode blood = specimen.putObject("type");
    blood
        .putArray("coding")
        .addObject()
        .put("system", "http://snomed.info/sct")
        .put("code", "119297000")
        .put("display", "Blood specimen");
    blood.put("text", "Blood");
    specimen.putObject("subject").put("reference", subject);
    if (!time.isEmpty()) {
      specimen.putObject("collection").put("collectedDateTime", time);
    }
    resource
        .putObject("specimen")
        .put("reference", "Specimen/" + specimenId)
        .put("display", "Blood");
    return Optional.of(specimen);
  }
}
