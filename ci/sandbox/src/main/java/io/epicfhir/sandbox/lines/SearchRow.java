package io.epicfhir.sandbox.lines;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.sandbox.http.Json;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What searches look at, for one resource.
 *
 * @param patient the id of its patient, or empty
 * @param tokens by search parameter the codes, each with and without its system
 */
public record SearchRow(
    StoredLine line,
    String patient,
    Map<String, Set<String>> tokens,
    Optional<Span> date,
    Optional<Span> lastUpdated) {
  private static final List<String> PATIENT_FIELDS = List.of("subject", "patient", "beneficiary");
  private static final String PATIENT = "Patient/";

  public static SearchRow of(StoredLine line, byte[] bytes) {
    if (line.id().isEmpty()) {
      return unparsed(line);
    }
    JsonNode resource;
    try {
      resource = Json.parse(bytes);
    } catch (IOException e) {
      return unparsed(line);
    }
    Map<String, Set<String>> tokens = new HashMap<>();
    resource.path("category").forEach(category -> addCodes("category", category, tokens));
    addCodes("code", resource.path("code"), tokens);
    if (line.type().equals("EpisodeOfCare")) {
      resource.path("type").forEach(type -> addCodes("type", type, tokens));
    }
    if (line.type().equals("Patient")) {
      resource.path("identifier").forEach(id -> add("identifier", id, "value", tokens));
    }
    return new SearchRow(
        line,
        patient(line, resource),
        tokens,
        Span.date(resource),
        Span.of(resource.path("meta").path("lastUpdated")));
  }

  private static SearchRow unparsed(StoredLine line) {
    return new SearchRow(line, "", Map.of(), Optional.empty(), Optional.empty());
  }

  SearchRow with(Map<String, Set<String>> equalTokens) {
    return new SearchRow(line, patient, equalTokens, date, lastUpdated);
  }

  private static String patient(StoredLine line, JsonNode resource) {
    if (line.type().equals("Patient")) {
      return line.id();
    }
    if (line.type().equals("Provenance")) { // FHIR R4's search parameter Provenance.patient
      for (JsonNode target : resource.path("target")) {
        String reference = target.path("reference").asText();
        if (reference.startsWith(PATIENT)) {
          return reference.substring(PATIENT.length());
        }
      }
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
    concept.path("coding").forEach(coding -> add(parameter, coding, "code", tokens));
  }

  private static void add(
      String parameter, JsonNode node, String field, Map<String, Set<String>> tokens) {
    Set<String> values = tokens.computeIfAbsent(parameter, p -> new HashSet<>());
    values.add(node.path(field).asText());
    values.add(node.path("system").asText() + "|" + node.path(field).asText());
  }

  boolean has(String parameter, Set<String> values) {
    return switch (parameter) {
      case "_id" -> values.contains(line.id());
      case "patient" -> values.contains(patient);
      default -> tokens.getOrDefault(parameter, Set.of()).stream().anyMatch(values::contains);
    };
  }
}
