package io.epicfhir.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What searches look at, for the resources of one type. */
record SearchIndex(List<Row> rows) {
  private static final List<String> PATIENT_FIELDS = List.of("subject", "patient", "beneficiary");

  /** One resource: the id of its patient, and its codes, each with and without its system. */
  record Row(StoredLine line, String patient, Set<String> categories, Set<String> codes) {
    boolean matches(String parameter, Set<String> values) {
      return switch (parameter) {
        case "_id" -> values.contains(line.id());
        case "patient" -> values.contains(patient);
        case "category" -> values.stream().anyMatch(categories::contains);
        case "code" -> values.stream().anyMatch(codes::contains);
        default -> throw new IllegalArgumentException(parameter);
      };
    }
  }

  static SearchIndex of(List<StoredLine> lines) {
    List<Row> rows = new ArrayList<>(lines.size());
    for (StoredLine line : lines) {
      if (!line.id().isEmpty()) {
        rows.add(row(line));
      }
    }
    return new SearchIndex(rows);
  }

  private static Row row(StoredLine line) {
    JsonNode resource;
    try {
      resource = Json.parse(line.bytes());
    } catch (IOException e) {
      return new Row(line, "", Set.of(), Set.of());
    }
    Set<String> categories = new HashSet<>();
    resource.path("category").forEach(category -> addCodes(category, categories));
    Set<String> codes = new HashSet<>();
    addCodes(resource.path("code"), codes);
    return new Row(line, patient(line, resource), categories, codes);
  }

  private static String patient(StoredLine line, JsonNode resource) {
    if (line.type().equals("Patient")) {
      return line.id();
    }
    for (String field : PATIENT_FIELDS) {
      String reference = resource.path(field).path("reference").asText();
      if (reference.startsWith("Patient/")) {
        return reference.substring("Patient/".length());
      }
    }
    return "";
  }

  private static void addCodes(JsonNode concept, Set<String> codes) {
    for (JsonNode coding : concept.path("coding")) {
      codes.add(coding.path("code").asText());
      codes.add(coding.path("system").asText() + "|" + coding.path("code").asText());
    }
  }
}
