package io.epicfhir.extract;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.sandbox.SandboxOptions;
import io.epicfhir.sandbox.http.RequestKind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** A site whose exports of conditions need not hold all of them. */
abstract class ConditionsTest {
  @TempDir Path folder;
  Site site;

  /** Ten conditions of one patient, two of another; each export has access errors of Condition. */
  void open(UnaryOperator<SandboxOptions> more) throws IOException {
    Map<String, List<String>> lines = new TreeMap<>();
    EpicSite.add(lines, "Patient", "{'resourceType':'Patient','id':'p1'}");
    EpicSite.add(lines, "Patient", "{'resourceType':'Patient','id':'p2'}");
    EpicSite.add(lines, "Encounter", "{'resourceType':'Encounter','id':'e1',SUBJECT}");
    EpicSite.add(lines, "Encounter", "{'resourceType':'Encounter','id':'e2',SUBJECT}");
    for (int i = 0; i < 12; i++) {
      EpicSite.add(
          lines,
          "Condition",
          "{'resourceType':'Condition','id':'c#','category':[{'coding':[{'code':'problem'}]}],SUBJECT}"
              .replace("SUBJECT", i < 10 ? "SUBJECT" : "'subject':{'reference':'Patient/p2'}")
              .replace("#", "" + i));
    }
    site = EpicSite.open(folder, EpicSite.files(lines), more);
    site.settings.put("bulk.types", "[Patient, Encounter, Condition]");
    site.settings.put("bulk.hydrate", "[]");
  }

  @AfterEach
  void close() throws IOException {
    site.close();
  }

  List<String> served(String type) throws IOException {
    return EpicSite.reached(site, "export").keySet().stream()
        .filter(key -> key.startsWith(type + "/"))
        .toList();
  }

  /** The conditions of the patient who has so many. */
  List<String> ofPatient(int conditions) throws IOException {
    Map<String, List<String>> byPatient = new TreeMap<>();
    for (JsonNode condition : EpicSite.resources(site, "Condition")) {
      byPatient
          .computeIfAbsent(condition.at("/subject/reference").asText(), p -> new ArrayList<>())
          .add("Condition/" + condition.path("id").asText());
    }
    return byPatient.values().stream()
        .filter(all -> all.size() == conditions)
        .findFirst()
        .orElseThrow();
  }

  JsonNode result(String run) throws IOException {
    return site.report(run, "extract").path("result");
  }

  String warnings(String run) throws IOException {
    return result(run).path("warnings").toString();
  }

  long reads() {
    return site.server.requests().entries().stream()
        .filter(e -> e.kind() == RequestKind.READ && !e.uri().contains("/Group/"))
        .count();
  }

  String patient(int conditions) throws IOException {
    String condition = ofPatient(conditions).get(0);
    for (JsonNode resource : EpicSite.resources(site, "Condition")) {
      if (condition.endsWith("/" + resource.path("id").asText())) {
        return resource.at("/subject/reference").asText().substring("Patient/".length());
      }
    }
    throw new IllegalStateException("no patient");
  }
}
