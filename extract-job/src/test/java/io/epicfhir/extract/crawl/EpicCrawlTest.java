package io.epicfhir.extract.crawl;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.sandbox.epic.EpicId;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nights at a site that behaves as Epic does: after each, the landings amount to what the server
 * holds.
 */
class EpicCrawlTest {
  @TempDir Path folder;

  private static String patient(int i) {
    return EpicId.of("Patient", "p" + i);
  }

  /** What a reader of all landings has: "Type/id" and the digest of its bytes. */
  private static Map<String, String> tables(CrawlSite site) throws Exception {
    Map<String, String> tables = new TreeMap<>();
    for (Landing landing : site.landings()) {
      for (String bundle : site.resources(landing, Landing.Kind.DELETIONS)) {
        for (JsonNode entry : new JsonMapper().readTree(bundle).path("entry")) {
          tables.remove(entry.path("request").path("url").asText());
        }
      }
      for (String resource : site.resources(landing, Landing.Kind.RESOURCES)) {
        JsonNode node = new JsonMapper().readTree(resource);
        byte[] sha = MessageDigest.getInstance("SHA-256").digest(resource.getBytes(UTF_8));
        tables.put(
            node.path("resourceType").asText() + "/" + node.path("id").asText(),
            HexFormat.of().formatHex(sha));
      }
    }
    return tables;
  }

  private static Map<String, String> served(CrawlSite site)
      throws IOException, InterruptedException {
    URI oracle = URI.create(site.server.baseUrl()).resolve("/sandbox/resources");
    String text =
        HttpClient.newHttpClient()
            .send(HttpRequest.newBuilder(oracle).build(), HttpResponse.BodyHandlers.ofString())
            .body();
    Map<String, String> served = new TreeMap<>();
    text.lines().map(line -> line.split("\t", -1)).forEach(line -> served.put(line[0], line[1]));
    return served;
  }

  @Test
  void afterEachNightTheLandingsAmountToWhatTheServerHolds() throws Exception {
    try (CrawlSite site =
        CrawlSite.open(folder, Records.of(6), o -> o.epic().searches(s -> s.pageSize(6)))) {
      Path ids = folder.resolve("ids.txt");
      Files.write(ids, List.of(patient(0), patient(1), patient(2), patient(3), patient(4)));
      site.set("crawl.patients.from", "file").set("crawl.patients.file", ids.toString());
      site.set("crawl.reference-max-age", "0 seconds").set("crawl.attachments.enabled", "true");
      assertThat(site.crawl("n0")).isZero();

      Files.write(
          ids, List.of(patient(0), patient(1), patient(2), patient(3), patient(4), patient(5)));
      site.server.site().merge(patient(0), patient(1));
      site.server.site().retract(List.of("Observation/" + EpicId.of("Observation", "lab3-2")));
      assertThat(site.crawl("n1")).isZero();
      assertThat(tables(site)).isEqualTo(served(site));

      site.server.site().emptyNight();
      assertThat(site.crawl("n2")).isZero();
      assertThat(tables(site)).isEqualTo(served(site));

      site.server.site().dawn();
      site.server.site().unmerge(patient(0));
      site.server.site().restore(List.of("Observation/" + EpicId.of("Observation", "lab3-2")));
      assertThat(site.crawl("n3")).isZero();
      assertThat(tables(site)).isEqualTo(served(site));
    }
  }
}
