package io.epicfhir.sandbox.epic;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Set;

/** Orders and administrations point to the drug; its codes are in a Medication, one a drug. */
final class Medications {
  private static final String MEDICATION = "Medication/";

  private final SiteIdentifiers identifiers = new SiteIdentifiers();
  private final SourceIndex index;

  Medications(SourceIndex index) {
    this.index = index;
  }

  static String name(JsonNode concept) {
    return concept.path("text").asText(concept.path("coding").path(0).path("display").asText());
  }

  /** Before references are rewritten: one to a drug has its name as display. */
  void display(ObjectNode resource) {
    JsonNode drug = resource.path("medicationReference");
    String reference = drug.path("reference").asText();
    if (reference.startsWith(MEDICATION) && !drug.has("display")) {
      String name = index.medication(reference.substring(MEDICATION.length()));
      if (!name.isEmpty()) {
        ((ObjectNode) drug).put("display", name);
      }
    }
  }

  /** The Medication, where the resource had its codes in itself. */
  Optional<ObjectNode> shape(ObjectNode resource, Set<Behaviour> behaviours) {
    JsonNode concept = resource.path("medicationCodeableConcept");
    if (!concept.path("coding").isArray()) {
      return Optional.empty();
    }
    String id = EpicId.of("Medication", new String(Ndjson.bytes(concept), StandardCharsets.UTF_8));
    ObjectNode medication = Ndjson.object().put("resourceType", "Medication").put("id", id);
    String name = name(concept);
    ObjectNode code = medication.set("code", concept.deepCopy());
    ((ObjectNode) code.path("code")).put("text", name);
    if (behaviours.contains(Behaviour.SITE_IDENTIFIERS)) {
      identifiers.shape("Medication", medication);
    }
    if (behaviours.contains(Behaviour.LOCAL_CODINGS)) {
      LocalCodings.shape("Medication", medication);
    }
    resource.remove("medicationCodeableConcept");
    resource
        .putObject("medicationReference")
        .put("reference", "Medication/" + id)
        .put("display", name);
    return Optional.of(medication);
  }
}
