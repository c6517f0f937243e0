package io.epicfhir.sandbox.epic;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What the shape of one resource needs to know of others. */
final class SourceIndex {
  private static final Set<String> IDENTIFIED =
      Set.of("Practitioner", "Organization", "Location", "PractitionerRole", "Medication");

  /** "Type?system|value" to the id; empty where several have it. */
  private final Map<String, Optional<String>> byTypeAndIdentifier = new HashMap<>();

  /** "system|value" to "Type/id"; empty where several have it. */
  private final Map<String, Optional<String>> byIdentifier = new HashMap<>();

  /** The identifier of a practitioner to the id of the role. */
  private final Map<String, String> roles = new HashMap<>();

  /** By id. */
  private final Map<String, String> medications = new HashMap<>();

  static SourceIndex of(Path folder) throws IOException {
    SourceIndex index = new SourceIndex();
    for (Path file : Ndjson.files(folder)) {
      if (IDENTIFIED.contains(EpicShape.type(file))) {
        Ndjson.lines(file, line -> Ndjson.parse(line).ifPresent(index::add));
      }
    }
    return index;
  }

  private void add(ObjectNode resource) {
    String type = resource.path("resourceType").asText();
    String id = resource.path("id").asText();
    for (JsonNode identifier : resource.path("identifier")) {
      String key = key(identifier);
      byTypeAndIdentifier.merge(type + "?" + key, Optional.of(id), (a, b) -> Optional.empty());
      byIdentifier.merge(key, Optional.of(type + "/" + id), (a, b) -> Optional.empty());
    }
    if (type.equals("Medication")) {
      medications.put(id, Medications.name(resource.path("code")));
    }
    JsonNode practitioner = resource.path("practitioner").path("identifier");
    if (type.equals("PractitionerRole") && practitioner.isObject()) {
      roles.putIfAbsent(key(practitioner), id);
    }
  }

  private static String key(JsonNode identifier) {
    return identifier.path("system").asText() + "|" + identifier.path("value").asText();
  }

  /** The id that {@code Type?identifier=system|value} means. */
  Optional<String> id(String type, String identifier) {
    return byTypeAndIdentifier.getOrDefault(type + "?" + identifier, Optional.empty());
  }

  /** The "Type/id" that a reference with nothing but an identifier means. */
  Optional<String> reference(JsonNode identifier) {
    return byIdentifier.getOrDefault(key(identifier), Optional.empty());
  }

  /** The name of a drug; empty where the Medication is not there or has none. */
  String medication(String id) {
    return medications.getOrDefault(id, "");
  }

  /** The role of the practitioner with this {@code system|value}. */
  Optional<String> role(String practitioner) {
    return Optional.ofNullable(roles.get(practitioner));
  }
}
