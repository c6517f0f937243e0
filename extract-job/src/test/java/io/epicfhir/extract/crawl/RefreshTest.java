package io.epicfhir.extract.crawl;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.sandbox.faults.Fault;
import io.epicfhir.sandbox.faults.Match;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RefreshTest {
  @TempDir Path folder;

  private final Map<String, List<String>> served = Records.of(4);

  /** What the newest landing deletes, as "Type/id". */
  private static List<String> deletions(CrawlSite site) throws IOException {
    List<String> urls = new ArrayList<>();
    Landing newest = site.landings().get(site.landings().size() - 1);
    for (String bundle : site.resources(newest, Landing.Kind.DELETIONS)) {
      JsonNode root = new JsonMapper().readTree(bundle);
      assertThat(root.path("resourceType").asText()).isEqualTo("Bundle");
      for (JsonNode entry : root.path("entry")) {
        assertThat(entry.path("request").path("method").asText()).isEqualTo("DELETE");
        urls.add(entry.path("request").path("url").asText());
      }
    }
    return urls;
  }

  private static void change(List<String> lines, String from, String to) {
    lines.replaceAll(line -> line.replace(from, to));
  }

  @Test
  void only_what_is_new_changed_or_gone_goes_to_bronze() throws IOException {
    try (CrawlSite site = CrawlSite.open(folder, served)) {
      assertThat(site.crawl("r1")).isZero();

      List<String> labs = served.get("Observation");
      labs.removeIf(line -> line.contains("\"lab1-3\""));
      change(labs, "\"id\":\"lab2-0\"", "\"id\":\"lab2-0\",\"status\":\"amended\"");
      labs.add(Records.observation("new", "laboratory", subject("p3"), 1));
      site.serve(served);
      assertThat(site.crawl("r2")).isZero();

      assertThat(site.newest())
          .hasSize(2)
          .allMatch(line -> line.contains("amended") || line.contains("\"new\""));
      assertThat(deletions(site)).containsExactly("Observation/lab1-3");
      JsonNode counts = site.report("r2").path("resources").path("Observation");
      assertThat(counts.path("written").asInt()).isEqualTo(2);
      assertThat(counts.path("deleted").asInt()).isEqualTo(1);
      int unchanged =
          site.report("r2").path("result").path("unchanged").path("Observation").asInt();
      assertThat(counts.path("received").asInt()).isEqualTo(2 + unchanged);

      assertThat(site.crawl("r3")).isZero();
      assertThat(site.newest()).isEmpty();
      assertThat(deletions(site)).isEmpty();
      assertThat(site.landings()).hasSize(3);
      assertThat(site.landings().get(2).since())
          .isEqualTo(site.landings().get(1).transactionTime());
    }
  }

  @Test
  void a_day_of_the_past_that_a_crawl_has_covered_asks_for_nothing() throws IOException {
    try (CrawlSite site = CrawlSite.open(folder, served)) {
      site.withInterval();
      assertThat(site.crawl("d1")).isZero();
      assertThat(site.report("d1").path("notes").toString())
          .contains("requests everything (a full export) up to now");
      long asked = site.asked("Observation");
      assertThat(site.crawl("d2")).isZero();
      assertThat(site.asked("Observation")).isEqualTo(asked);
      assertThat(site.landings()).hasSize(1);

      site.settings.put("crawl.searches.Procedure", "[\"patient={patient}&status=completed\"]");
      site.set("crawl.harmless-codes", "4101,4122,59100"); // the sandbox does not know it
      assertThat(site.crawl("d3")).isZero();
      assertThat(site.landings()).as("another search is not covered").hasSize(2);
    }
  }

  @Test
  void nothing_is_taken_for_gone_that_was_not_asked_for_in_full() throws IOException {
    try (CrawlSite site = CrawlSite.open(folder, served)) {
      Path ids = Files.writeString(folder.resolve("ids.txt"), "p0\np1\np2\np3");
      site.set("crawl.patients.from", "file").set("crawl.patients.file", ids.toString());
      site.set("crawl.accepted-errors", "4130").set("source.max-in-flight", "1");
      assertThat(site.crawl("r1")).isZero();

      Files.writeString(ids, "p0\np1\np2"); // p3 left the cohort
      served.get("Observation").removeIf(line -> line.contains("lab") && !line.contains("lab2-"));
      served.get("Observation").removeIf(line -> line.contains("\"lab2-0\""));
      site.serve(served);
      // The first search of observations is one of p0's.
      site.server.faults().once(Match.search("Observation"), Fault.fatalOutcome(403, "4130"));
      assertThat(site.crawl("r2")).isZero();

      // A report refers to lab0-0, and its read says 404: the server's word.
      assertThat(deletions(site))
          .hasSize(Records.LABS + 2)
          .contains("Observation/lab2-0", "Observation/lab0-0")
          .noneMatch(
              url -> url.startsWith("Observation/lab0-1") || url.startsWith("Observation/lab3"));

      // What was not judged then is judged by the next crawl that sees it all.
      Files.writeString(ids, "p0\np1\np2\np3");
      assertThat(site.crawl("r3")).isZero();
      assertThat(deletions(site))
          .hasSize(2 * Records.LABS - 1)
          .allMatch(
              url -> url.startsWith("Observation/lab0") || url.startsWith("Observation/lab3"));
    }
  }

  @Test
  void a_search_that_is_asked_no_more_deletes_nothing() throws IOException {
    try (CrawlSite site = CrawlSite.open(folder, served)) {
      assertThat(site.crawl("r1")).isZero();
      site.settings.put(
          "crawl.searches.Observation", "[\"patient={patient}&category=vital-signs\"]");
      site.settings.put("crawl.searches.MedicationRequest", "[]");
      site.settings.put("crawl.hydrate", "[]");
      assertThat(site.crawl("r2")).isZero();
      assertThat(deletions(site)).isEmpty();
      assertThat(site.newest()).isEmpty();
    }
  }

  @Test
  void a_patient_who_is_gone_is_deleted() throws IOException {
    try (CrawlSite site = CrawlSite.open(folder, served)) {
      Path ids = Files.writeString(folder.resolve("ids.txt"), "p0\np1");
      site.set("crawl.patients.from", "file").set("crawl.patients.file", ids.toString());
      site.settings.put("crawl.searches.Patient", "[\"/{patient}\"]");
      assertThat(site.crawl("r1")).isZero();
      served.get("Patient").remove(0);
      site.serve(served);
      assertThat(site.crawl("r2")).isZero();
      assertThat(deletions(site)).containsExactly("Patient/p0");
    }
  }

  @Test
  void what_was_fetched_by_reference_lately_is_not_fetched_again() throws IOException {
    try (CrawlSite site = CrawlSite.open(folder, served)) {
      assertThat(site.crawl("r1")).isZero();
      site.log().clear();
      assertThat(site.crawl("r2")).isZero();
      assertThat(site.asked("Medication")).isZero();
      site.set("crawl.reference-max-age", "0 seconds");
      assertThat(site.crawl("r3")).isZero();
      assertThat(site.asked("Medication")).isEqualTo(3);
      assertThat(site.newest()).isEmpty();
      assertThat(deletions(site)).isEmpty();
    }
  }

  @Test
  void a_type_that_can_be_searched_by_date_is_asked_for_changes_between_full_refreshes()
      throws IOException {
    dated(served.get("Observation"), "2020-01-01T00:00:00Z");
    try (CrawlSite site = CrawlSite.open(folder, served, o -> o.searches(s -> s.lastUpdated()))) {
      site.settings.put("crawl.changed-since.Observation", "\"_lastUpdated=ge{since}\"");
      site.settings.put("crawl.hydrate", "[]");
      Path ids = Files.writeString(folder.resolve("ids.txt"), "p0\np1");
      site.set("crawl.patients.from", "file").set("crawl.patients.file", ids.toString());
      assertThat(site.crawl("r1")).isZero();

      List<String> labs = served.get("Observation");
      labs.removeIf(line -> line.contains("\"lab1-3\""));
      change(
          labs,
          "\"id\":\"lab0-0\",\"meta\":{\"lastUpdated\":\"2020",
          "\"id\":\"lab0-0\",\"meta\":{\"lastUpdated\":\"2099");
      site.serve(served);
      Files.writeString(ids, "p0\np1\np2"); // p2 is new: all of it is asked for
      assertThat(site.crawl("r2")).isZero();
      assertThat(site.newest())
          .filteredOn(line -> line.contains("\"Observation\""))
          .hasSize(1 + Records.LABS + 1)
          .filteredOn(line -> !line.contains("Patient/p2"))
          .singleElement()
          .asString()
          .contains("\"lab0-0\"");
      assertThat(deletions(site)).isEmpty();

      site.set("crawl.full-every", "0 seconds");
      assertThat(site.crawl("r3")).isZero();
      assertThat(deletions(site)).containsExactly("Observation/lab1-3");
    }
  }

  private static void dated(List<String> lines, String lastUpdated) {
    lines.replaceAll(
        line ->
            line.replaceFirst(
                "\"id\":\"([^\"]+)\"",
                "\"id\":\"$1\",\"meta\":{\"lastUpdated\":\"" + lastUpdated + "\"}"));
  }

  private static String subject(String patient) {
    return "\"subject\":{\"reference\":\"Patient/" + patient + "\"}";
  }
}
