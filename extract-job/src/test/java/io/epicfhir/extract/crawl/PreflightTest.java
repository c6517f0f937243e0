package io.epicfhir.extract.crawl;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.epicfhir.common.job.JobRunner;
import io.epicfhir.extract.Preflight;
import io.epicfhir.sandbox.faults.Fault;
import io.epicfhir.sandbox.faults.Match;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The look at a site before its first run, over HTTP. */
final class PreflightTest {
  @TempDir private Path folder;
  private CrawlSite site;

  @BeforeEach
  void open() throws IOException {
    site =
        CrawlSite.open(
            folder,
            Map.of(
                "Patient", List.of("{\"resourceType\":\"Patient\",\"id\":\"secret-1\"}"),
                "Condition",
                    List.of(
                        "{\"resourceType\":\"Condition\",\"id\":\"c\",\"subject\":{\"reference\":"
                            + "\"Patient/secret-1\"},\"category\":[{\"coding\":[{\"code\":"
                            + "\"problem-list-item\"}]}]}"),
                "Flag", List.of("{\"resourceType\":\"Flag\",\"id\":\"f\"}")));
    site.set("extract.by", "crawl");
  }

  @AfterEach
  void close() throws IOException {
    site.close();
  }

  private int preflight() throws IOException {
    return JobRunner.run(new Preflight(), site.arguments("look"));
  }

  private JsonNode result() throws IOException {
    try (Stream<Path> files = Files.walk(folder.resolve("lake/metrics"))) {
      Path report = files.filter(f -> f.toString().endsWith(".json")).findFirst().orElseThrow();
      return new JsonMapper().readTree(report.toFile());
    }
  }

  private Map<String, String> states() throws IOException {
    Map<String, String> states = new TreeMap<>();
    for (JsonNode row : result().path("result").path("preflight")) {
      states.put(row.path("what").asText(), row.path("state").asText());
    }
    return states;
  }

  @Test
  void aSiteThatAnswersEverythingIsReady() throws IOException {
    assertThat(preflight()).isZero();
    assertThat(states())
        .containsEntry("sign-in", "works")
        .containsEntry("metadata", "works")
        .containsEntry("clock", "works")
        .containsEntry("search Patient", "works")
        .containsEntry("search Condition", "works");
    assertThat(result().path("result").path("settings").toString())
        .as("no resource has meta.lastUpdated")
        .contains("bulk.mode = \\\"full\\\"");
    assertThat(result().toString()).as("no id").doesNotContain("secret-1");
    assertThat(Files.exists(folder.resolve("lake/bronze"))).isFalse();
  }

  @Test
  void typesOfAnExportFollowWhatTheServerLists() throws IOException {
    assertThat(preflight()).isZero();
    assertThat(states()).containsEntry("types", "limited");
    assertThat(result().path("result").path("settings"))
        .extracting(JsonNode::asText)
        .anyMatch(line -> line.startsWith("bulk.types = [Patient, Condition]  #"))
        .anyMatch(line -> line.endsWith("conf/views has their tables): Flag"));
  }

  @Test
  void aTypeThatIsRefusedIsNamedWithItsCodeAndTheSettingThatFits() throws IOException {
    site.server.faults().always(Match.search("Goal"), Fault.fatalOutcome(403, "59204"));
    assertThat(preflight()).isEqualTo(3);
    assertThat(states())
        .containsEntry("search Goal", "fails")
        .containsEntry("search Patient", "works");
    String all = result().toString();
    assertThat(all).contains("Goal [59204]").contains("crawl.searches.Goal = []");
  }

  @Test
  void withoutATokenNothingIsCalledWorking() throws IOException {
    site.set("source.client-id", "somebody-else");
    assertThat(preflight()).isEqualTo(3);
    assertThat(states())
        .containsEntry("sign-in", "fails")
        .containsEntry("metadata", "works")
        .containsEntry("searches", "not tried");
  }

  @Test
  void withoutAPatientTheSearchesAreNotCalledWorking() throws IOException {
    site.set("crawl.patients.group", "nowhere");
    assertThat(preflight()).isEqualTo(3);
    assertThat(states())
        .containsEntry("a patient", "not tried")
        .containsEntry("searches", "not tried");
  }

  @Test
  void theFirstPatientOfAFileIsReadAsACrawlReadsIt() throws IOException {
    Path file = Files.writeString(folder.resolve("ids"), "\uFEFF# us\nPatient/secret-1\n");
    site.set("crawl.patients.from", "file").set("crawl.patients.file", file.toString());
    assertThat(preflight()).isZero();
    assertThat(result().toString()).contains("1 of one patient");
  }

  @Test
  void theFirstPatientOfASearchIsOneThatTheServerFinds() throws IOException {
    site.set("crawl.patients.from", "search").set("crawl.patients.search", "_id=secret-1");
    assertThat(preflight()).isZero();
    site.set("crawl.patients.search", "_id=nobody");
    assertThat(preflight()).isEqualTo(3);
  }

  @Test
  void aServerThatIsAwayIsToldOnce() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      site.set("source.base-url", "http://127.0.0.1:" + free.getLocalPort() + "/fhir");
    }
    site.set("source.max-tries", "1");
    assertThat(preflight()).isEqualTo(3);
    assertThat(states()).containsEntry("sign-in", "fails").containsEntry("metadata", "fails");
  }
}
