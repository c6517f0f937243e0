package io.epicfhir.sandbox.epic;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The observations that neither a search nor an export has. Of 20 reports with results, two hide
 * all of them; one names only its first result, which is visible and has the others as members; and
 * one does so with a first result that is hidden as well.
 */
final class HiddenObservations {
  private static final int REPORTS = 20;
  private static final String OBSERVATION = "Observation/";

  /** Ids in the source. */
  private final Set<String> hidden = new HashSet<>();

  private final Map<String, List<String>> members = new HashMap<>();
  private final Set<String> panels = new HashSet<>();

  static HiddenObservations of(Path folder) throws IOException {
    HiddenObservations observations = new HiddenObservations();
    for (Path file : Ndjson.files(folder)) {
      if (EpicShape.type(file).equals("DiagnosticReport")) {
        Ndjson.lines(file, line -> Ndjson.parse(line).ifPresent(observations::add));
      }
    }
    return observations;
  }

  private void add(ObjectNode report) {
    List<String> results = new ArrayList<>();
    for (JsonNode result : report.path("result")) {
      String reference = result.path("reference").asText();
      if (reference.startsWith(OBSERVATION)) {
        results.add(reference.substring(OBSERVATION.length()));
      }
    }
    String id = report.path("id").asText();
    int dealt = EpicId.bucket("hidden DiagnosticReport/" + id, REPORTS);
    if (results.isEmpty() || dealt > 3) {
      return;
    }
    if (dealt <= 1 && results.size() > 1) {
      String first = results.get(0);
      List<String> others = results.subList(1, results.size());
      panels.add(id);
      members.computeIfAbsent(first, f -> new ArrayList<>()).addAll(others);
      hidden.addAll(dealt == 0 ? others : results);
    } else {
      hidden.addAll(results);
    }
  }

  boolean hides(String observation) {
    return hidden.contains(observation);
  }

  /** Before references are rewritten: results become members of the first. */
  void shape(String type, String id, ObjectNode resource) {
    if (type.equals("DiagnosticReport") && panels.contains(id)) {
      ArrayNode results = (ArrayNode) resource.path("result");
      while (results.size() > 1) {
        results.remove(results.size() - 1);
      }
    }
    if (type.equals("Observation") && members.containsKey(id)) {
      ArrayNode list = resource.withArray("hasMember");
      members.get(id).forEach(member -> list.addObject().put("reference", OBSERVATION + member));
    }
  }
}
