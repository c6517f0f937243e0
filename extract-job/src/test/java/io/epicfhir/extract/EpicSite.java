package io.epicfhir.extract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.hash.Hashing;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.sandbox.SandboxOptions;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.example.GroupReadSupport;

/** A site with the sandbox's profile epic, and bulk exports of its group. */
final class EpicSite {
  private static final int REPORTS = 60;
  private static final int DOCUMENTS = 60;
  private static final String NPI = "http://hl7.org/fhir/sid/us-npi";

  private EpicSite() {}

  static Site open(Path folder, UnaryOperator<SandboxOptions> more) throws IOException {
    return open(folder, files(), more);
  }

  /** With other resources, by file name. */
  static Site open(Path folder, Map<String, byte[]> files, UnaryOperator<SandboxOptions> more)
      throws IOException {
    Site site = Site.open(folder, files, options -> more.apply(options.epic()));
    site.settings.put("bulk.mode", "full");
    // A status look can end at a stumbling sign-in; the next task looks again.
    site.settings.put("bulk.poll-interval", "\"1 millisecond\"");
    site.settings.put("source.max-in-flight", "8");
    site.settings.put(
        "bulk.types",
        "[Patient, Encounter, Condition, Observation, MedicationRequest, DiagnosticReport,"
            + " DocumentReference, Medication]");
    site.settings.put("bulk.accepted-errors", "[\"Condition:59204\"]");
    return site;
  }

  /** Resources as Synthea writes them; the server gives them Epic's shape. */
  private static Map<String, byte[]> files() {
    Map<String, List<String>> lines = new TreeMap<>();
    add(lines, "Patient", "{'resourceType':'Patient','id':'p1','gender':'female'}");
    add(lines, "Patient", "{'resourceType':'Patient','id':'p2'}");
    add(
        lines,
        "Practitioner",
        "{'resourceType':'Practitioner','id':'dr','identifier':[{'system':'"
            + NPI
            + "','value':'99'}]}");
    add(
        lines,
        "Encounter",
        "{'resourceType':'Encounter','id':'e1',SUBJECT,'participant':[{'individual':{'reference':"
            + "'Practitioner?identifier="
            + NPI
            + "|99'}}],'location':[{'location':{'reference':'Location/nowhere'}}]}");
    add(lines, "Condition", "{'resourceType':'Condition','id':'c1',SUBJECT}");
    for (int i = 0; i < REPORTS; i++) {
      for (int j = 0; j < 3; j++) {
        add(
            lines,
            "Observation",
            "{'resourceType':'Observation','id':'o"
                + i
                + "-"
                + j
                + "','status':'final','category':[{'coding':[{'code':'laboratory'}]}],SUBJECT,"
                + "'valueQuantity':{'value':1.50}}");
      }
      add(
          lines,
          "DiagnosticReport",
          "{'resourceType':'DiagnosticReport','id':'r#',SUBJECT,'result':[{'reference':'Observation/o#-0'},{'reference':'Observation/o#-1'},{'reference':'Observation/o#-2'}]}"
              .replace("#", "" + i));
    }
    for (String drug : List.of("1", "2", "3")) {
      add(
          lines,
          "MedicationRequest",
          "{'resourceType':'MedicationRequest','id':'m"
              + drug
              + "',SUBJECT,'medicationCodeableConcept':{'coding':[{'system':"
              + "'http://www.nlm.nih.gov/research/umls/rxnorm','code':'"
              + drug
              + "'}]}}");
    }
    String data = Base64.getEncoder().encodeToString("A note".getBytes(StandardCharsets.UTF_8));
    for (int i = 0; i < DOCUMENTS; i++) {
      add(
          lines,
          "DocumentReference",
          "{'resourceType':'DocumentReference','id':'n"
              + i
              + "',SUBJECT,'content':[{'attachment':{'contentType':'text/plain','data':'"
              + data
              + "'}}]}");
    }
    return files(lines);
  }

  static Map<String, byte[]> files(Map<String, List<String>> lines) {
    Map<String, byte[]> files = new TreeMap<>();
    lines.forEach(
        (type, all) ->
            files.put(
                type + ".ndjson",
                (String.join("\n", all) + "\n").getBytes(StandardCharsets.UTF_8)));
    return files;
  }

  static void add(Map<String, List<String>> lines, String type, String line) {
    lines
        .computeIfAbsent(type, t -> new ArrayList<>())
        .add(line.replace("SUBJECT", "'subject':{'reference':'Patient/p1'}").replace('\'', '"'));
  }

  /** By the server's own account: "Type/id" with the digest of its bytes, of those reached so. */
  static Map<String, String> reached(Site site, String... ways) throws IOException {
    HttpRequest ask =
        HttpRequest.newBuilder(URI.create(site.server.origin() + "/sandbox/reach")).build();
    Map<String, String> reached = new TreeMap<>();
    try {
      String body =
          HttpClient.newHttpClient().send(ask, HttpResponse.BodyHandlers.ofString()).body();
      for (String line : body.lines().toList()) {
        String[] columns = line.split("\t", -1);
        if (List.of(ways).contains(columns[2])) {
          reached.put(columns[0], columns[1]);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
    return reached;
  }

  static Landing newest(Site site) {
    List<Landing> landings = site.landings();
    return landings.get(landings.size() - 1);
  }

  /** "Type/id" with the digest of the bytes, of the newest landing's resources. */
  static Map<String, String> landed(Site site) throws IOException {
    Map<String, String> landed = new TreeMap<>();
    for (Landing.File file : newest(site).files()) {
      if (file.kind() == Landing.Kind.RESOURCES) {
        for (String line : lines(site, file)) {
          String key =
              file.resourceType() + "/" + new JsonMapper().readTree(line).path("id").asText();
          assertThat(landed.put(key, sha(line))).as("%s comes once", key).isNull();
        }
      }
    }
    return landed;
  }

  /** The newest landing's resources of a type. */
  static List<JsonNode> resources(Site site, String type) throws IOException {
    List<JsonNode> resources = new ArrayList<>();
    for (Landing.File file : newest(site).files()) {
      if (file.kind() == Landing.Kind.RESOURCES && file.resourceType().equals(type)) {
        for (String line : lines(site, file)) {
          resources.add(new JsonMapper().readTree(line));
        }
      }
    }
    return resources;
  }

  /** What the newest landing deletes, as "Type/id". */
  static List<String> deleted(Site site) throws IOException {
    return deleted(site, newest(site));
  }

  /** What a landing deletes. */
  static List<String> deleted(Site site, Landing landing) throws IOException {
    List<String> urls = new ArrayList<>();
    for (Landing.File file : landing.files()) {
      if (file.kind() == Landing.Kind.DELETIONS) {
        for (String line : lines(site, file)) {
          for (JsonNode entry : new JsonMapper().readTree(line).path("entry")) {
            urls.add(entry.path("request").path("url").asText());
          }
        }
      }
    }
    return urls;
  }

  private static List<String> lines(Site site, Landing.File file) throws IOException {
    List<String> lines = new ArrayList<>();
    org.apache.hadoop.fs.Path path = site.lake().paths().at(file.path());
    try (ParquetReader<Group> reader =
        ParquetReader.builder(new GroupReadSupport(), path).build()) {
      for (Group row = reader.read(); row != null; row = reader.read()) {
        lines.add(new String(row.getBinary("resource", 0).getBytes(), StandardCharsets.UTF_8));
      }
    }
    return lines;
  }

  private static String sha(String line) {
    return Hashing.sha256().hashString(line, StandardCharsets.UTF_8).toString();
  }
}
