package io.epicfhir.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.sandbox.http.Json;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A sandbox on resources as Synthea writes them, one patient with enough of each kind. */
public final class EpicFixture implements AutoCloseable {
  public static final int REPORTS = 120;
  public static final String NOTE = "Chief {complaint} <none> \\ \u00e9\nFollow up (soon)";
  private static final String NPI = "http://hl7.org/fhir/sid/us-npi";
  private static final String SUBJECT = "\"subject\":{\"reference\":\"Patient/p1\"}";

  public final SandboxFixture sandbox;
  private String token;

  public EpicFixture(Path data) throws Exception {
    sandbox = new SandboxFixture(data);
    sandbox.write("Patient", patient("p1"), patient("p2"), patient("p3"));
    sandbox.write(
        "Practitioner",
        json(
            "{'resourceType':'Practitioner','id':'dr','identifier':[{'system':'%s','value':'99'}]}"
                .formatted(NPI)));
    sandbox.write(
        "PractitionerRole",
        json(
            ("{'resourceType':'PractitionerRole','id':'role','practitioner':{'identifier':"
                    + "{'system':'%s','value':'99'},'display':'Dr. A'}}")
                .formatted(NPI)));
    sandbox.write("Encounter", encounter("e1"));
    sandbox.write("CareTeam", careTeam());
    sandbox.write(
        "CarePlan",
        json(
            "{'resourceType':'CarePlan','id':'cp','category':[{'text':'Diet'}],%s}"
                .formatted(SUBJECT)));
    conditions();
    observations();
    medications();
    sandbox.write("DocumentReference", documents(100));
    sandbox.write(
        "Provenance",
        json(
            "{'resourceType':'Provenance','id':'pv','target':[{'reference':'Patient/p1'},"
                + "{'reference':'Observation/r1-1'}],'recorded':'2020-01-01T00:00:00Z'}"));
  }

  /** With single quotes for double ones, which are easier to read here. */
  public static String json(String text) {
    return text.replace('\'', '"');
  }

  public static String patient(String id) {
    return json(
        ("{'resourceType':'Patient','id':'%s','meta':{'versionId':'3','lastUpdated':"
                + "'2024-01-01T00:00:00Z','profile':['http://x']},'extension':[{'url':"
                + "'http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex','valueCode':'F'}],"
                + "'identifier':[{'type':{'coding':[{'code':'MR'}]},'system':'http://hospital','value':"
                + "'%s'}],'gender':'female','maritalStatus':{'coding':[{'code':'M','display':'Married'}]"
                + "}}")
            .formatted(id, id));
  }

  private static String encounter(String id) {
    return json(
        ("{'resourceType':'Encounter','id':'%s','status':'finished','class':{'code':'AMB'},"
                + SUBJECT
                + ",'participant':[{'individual':{'reference':'Practitioner?identifier=%s|99'}}]}")
            .formatted(id, NPI));
  }

  private static String careTeam() {
    return json(
        ("{'resourceType':'CareTeam','id':'ct',%s,'participant':[{'member':{'reference':"
                + "'Practitioner?identifier=%s|99'}}]}")
            .formatted(SUBJECT, NPI));
  }

  private void conditions() throws Exception {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      lines.add(
          json(
              ("{'resourceType':'Condition','id':'c%d',%s,'code':{'coding':[{'system':"
                      + "'http://snomed.info/sct','code':'38341003','display':'Hypertension'},"
                      + "{'system':'http://hl7.org/fhir/sid/icd-10-cm','code':'I10'}]}}")
                  .formatted(i, SUBJECT)));
    }
    sandbox.write("Condition", lines);
  }

  /** Three results a report, and some vital signs. */
  private void observations() throws Exception {
    List<String> observations = new ArrayList<>();
    List<String> reports = new ArrayList<>();
    for (int i = 1; i <= REPORTS; i++) {
      for (int j = 1; j <= 3; j++) {
        observations.add(observation("r" + i + "-" + j, "laboratory", "718-7"));
      }
      reports.add(
          json(
              ("{'resourceType':'DiagnosticReport','id':'r%1$d','status':'final',%2$s,'code':{'text'"
                      + ":'Panel'},'result':[{'reference':'Observation/r%1$d-1'},{'reference':"
                      + "'Observation/r%1$d-2'},{'reference':'Observation/r%1$d-3'}]}")
                  .formatted(i, SUBJECT)));
    }
    for (String code : List.of("8867-4", "85354-9", "29463-7")) {
      observations.add(observation("v" + code, "vital-signs", code));
    }
    sandbox.write("Observation", observations);
    sandbox.write("DiagnosticReport", reports);
  }

  static String observation(String id, String category, String code) {
    return json(
        ("{'resourceType':'Observation','id':'%s','status':'final','category':[{'coding':[{'code':"
                + "'%s'}]}],'code':{'coding':[{'system':'http://loinc.org','code':'%s'}],'text':'Test'}"
                + ",%s,'encounter':{'reference':'Encounter/e1'},'effectiveDateTime':"
                + "'2020-01-01T00:00:00Z','valueQuantity':{'value':1.50}}")
            .formatted(id, category, code, SUBJECT));
  }

  private void medications() throws Exception {
    String drug =
        "'medicationCodeableConcept':{'coding':[{'system':"
            + "'http://www.nlm.nih.gov/research/umls/rxnorm','code':'310798','display':'Aspirin'}]}";
    sandbox.write(
        "MedicationRequest",
        json("{'resourceType':'MedicationRequest','id':'m1',%s,%s}".formatted(SUBJECT, drug)),
        json("{'resourceType':'MedicationRequest','id':'m2',%s,%s}".formatted(SUBJECT, drug)),
        json(
            ("{'resourceType':'MedicationRequest','id':'m3',%s,'medicationReference':{'reference':"
                    + "'Medication/d1'}}")
                .formatted(SUBJECT)));
    sandbox.write(
        "Medication", json("{'resourceType':'Medication','id':'d1','code':{'text':'Ibuprofen'}}"));
  }

  public static List<String> documents(int number) {
    String data = Base64.getEncoder().encodeToString(NOTE.getBytes(StandardCharsets.UTF_8));
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < number; i++) {
      lines.add(
          json(
              ("{'resourceType':'DocumentReference','id':'n%d','status':'current',%s,'content':"
                      + "[{'attachment':{'contentType':'text/plain; charset=utf-8','data':'%s'}}]}")
                  .formatted(i, SUBJECT, data)));
    }
    return lines;
  }

  public EpicFixture start() throws Exception {
    sandbox.start();
    token = sandbox.token();
    return this;
  }

  public String token() {
    return token;
  }

  public HttpResponse<String> get(String path, String... headers) throws Exception {
    return sandbox.client.get(sandbox.server.baseUrl() + path, token, headers);
  }

  public JsonNode read(String reference) throws Exception {
    HttpResponse<String> answer = get("/" + reference, "Accept", "application/fhir+json");
    assertThat(answer.statusCode()).as(reference).isEqualTo(200);
    return TestClient.json(answer);
  }

  /** An export's resources of a type, by served id. */
  public Map<String, JsonNode> exported(String type) throws Exception {
    Map<String, JsonNode> resources = new TreeMap<>();
    JsonNode manifest = sandbox.export(token, "?_type=" + type);
    if (!manifest.path("output").isEmpty()) {
      for (String line : sandbox.lines(token, manifest, type)) {
        JsonNode resource = Json.parse(line);
        resources.put(resource.path("id").asText(), resource);
      }
    }
    return resources;
  }

  /** All pages of a search, one list of ids a page. */
  public List<List<String>> pages(String path) throws Exception {
    List<List<String>> pages = new ArrayList<>();
    String url = sandbox.server.baseUrl() + path;
    while (!url.isEmpty()) {
      HttpResponse<String> answer = sandbox.client.get(url, token);
      assertThat(answer.statusCode()).isEqualTo(200);
      JsonNode page = TestClient.json(answer);
      List<String> ids = new ArrayList<>();
      for (JsonNode entry : page.path("entry")) {
        if (entry.path("search").path("mode").asText().equals("match")) {
          ids.add(entry.path("resource").path("id").asText());
        }
      }
      pages.add(ids);
      url = next(page);
    }
    return pages;
  }

  static String next(JsonNode page) {
    for (JsonNode link : page.path("link")) {
      if (link.path("relation").asText().equals("next")) {
        return link.path("url").asText();
      }
    }
    return "";
  }

  public HttpResponse<String> admin(String method, String path, String body) throws Exception {
    return sandbox.client.send(
        java.net.http.HttpRequest.newBuilder(
                java.net.URI.create(sandbox.server.origin() + "/sandbox/" + path))
            .method(method, java.net.http.HttpRequest.BodyPublishers.ofString(body)));
  }

  /** By "Type/id" how it is reached. */
  public Map<String, String> reach() throws Exception {
    Map<String, String> reach = new TreeMap<>();
    for (String line : admin("GET", "reach", "").body().split("\n", -1)) {
      if (!line.isEmpty()) {
        reach.put(line.split("\t", -1)[0], line.split("\t", -1)[2]);
      }
    }
    return reach;
  }

  @Override
  public void close() throws IOException {
    sandbox.close();
  }
}
