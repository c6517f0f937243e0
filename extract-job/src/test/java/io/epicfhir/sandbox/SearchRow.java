package io.epicfhir.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What searches look at, for one resource.
 *
 * @param patient the id of its patient, or empty
 * @param tokens by search parameter the codes, each with and without its system
 */
record SearchRow(StoredLine line, String patient, Map<String, Set<String>> tokens) {
  private static final List<String> PATIENT_FIELDS = List.of("subject", "patient", "beneficiary");
  private static final String PATIENT = "Patient/";

  static SearchRow of(StoredLine line, byte[] bytes) {
    if (line.id().isEmpty()) {
      return new SearchRow(line, "", Map.of());
    }
    JsonNode resource;
    try {
      resource = Json.parse(bytes);
    } catch (IOException e) {
      return new SearchRow(line, "", Map.of());
    }
    Map<String, Set<String>> tokens = new HashMap<>();
    resource.path("category").forEach(category -> addCodes("category", category, tokens));
    addCodes("code", resource.path("code"), tokens);
    return new SearchRow(line, patient(line, resource), tokens);
  }

  private static String patient(StoredLine line, JsonNode resource) {
    if (line.type().equals("Patient")) {
      return line.id();
    }
    for (String field : PATIENT_FIELDS) {
      String reference = resource.path(field).path("reference").asText();
      if (reference.startsWith(PATIENT)) {
        return reference.substring(PATIENT.length());
      }
    }
    return "";
  }

  private static void addCodes(
      String parameter, JsonNode concept, Map<String, Set<String>> tokens) {
    for (JsonNode coding : concept.path("coding")) {
      Set<String> values = tokens.computeIfAbsent(parameter, p -> new HashSet<>());
      values.add(coding.path("code").asText());
      values.add(coding.path("system").asText() + "|" + coding.path("code").asText());
    }
  }

  boolean has(String parameter, Set<String> values) {
    return switch (parameter) {
      case "_id" -> values.contains(line.id());
      case "patient" -> values.contains(patient);
      default -> tokens.getOrDefault(parameter, Set.of()).stream().anyMatch(values::contains);
    };
  }
}
