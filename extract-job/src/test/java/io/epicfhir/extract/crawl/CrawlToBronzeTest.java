package io.epicfhir.extract.crawl;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.common.lake.Landing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CrawlToBronzeTest {
  @TempDir Path folder;

  @Test
  void a_cohort_lands_byte_for_byte_page_by_page() throws IOException {
    Map<String, List<String>> served = Records.of(7);
    try (CrawlSite site = CrawlSite.open(folder, served, o -> o.searches(s -> s.pageSize(5)))) {
      assertThat(site.crawl("r1")).isZero();

      assertThat(site.newest()).containsExactlyInAnyOrderElementsOf(Records.lines(served));
      Landing landing = site.landings().get(0);
      assertThat(landing.group()).isEqualTo("crawl:all");
      assertThat(landing.since()).isNull();
      JsonNode report = site.report("r1");
      JsonNode observation = report.path("resources").path("Observation");
      int observations = 7 * (Records.LABS + 2);
      assertThat(observation.path("received").asInt()).isEqualTo(observations);
      assertThat(observation.path("written").asInt()).isEqualTo(observations);
      assertThat(report.path("patients").path("count").asInt()).isEqualTo(7);
      assertThat(report.path("timers").path("extract.patient").path("count").asInt()).isEqualTo(7);
      assertThat(report.path("result").path("outcomes").path("4101").asInt()).isPositive();
      assertThat(folder.resolve("lake/state/exports/" + landing.exportId() + "/staging"))
          .doesNotExist();
    }
  }

  @Test
  void what_is_known_by_reference_only_is_asked_for_once() throws IOException {
    try (CrawlSite site = CrawlSite.open(folder, Records.of(6))) {
      assertThat(site.crawl("r1")).isZero();

      assertThat(site.asked("Medication")).isEqualTo(3);
      assertThat(site.asked("Practitioner")).isEqualTo(3);
      assertThat(site.asked("PractitionerRole")).isEqualTo(1);
      assertThat(site.asked("Observation/.*")).isEqualTo(6);
    }
  }

  @Test
  void a_rerun_of_a_landed_crawl_asks_for_nothing() throws IOException {
    try (CrawlSite site = CrawlSite.open(folder, Records.of(1))) {
      assertThat(site.crawl("r1")).isZero();
      site.log().clear();

      assertThat(site.crawl("r1")).isZero();

      assertThat(site.asked(".*")).isZero();
      assertThat(site.landings()).hasSize(1);
    }
  }

  @Test
  void patients_come_from_a_file_of_ids() throws IOException {
    Map<String, List<String>> served = Records.of(3);
    try (CrawlSite site = CrawlSite.open(folder, served)) {
      Path ids = Files.writeString(folder.resolve("ids.txt"), "p2\n\n p1 \np2\n");
      site.set("crawl.patients.from", "file").set("crawl.patients.file", ids.toString());

      assertThat(site.crawl("r1")).isZero();

      assertThat(site.newest())
          .filteredOn(line -> line.contains("\"Patient\""))
          .containsExactlyInAnyOrder(served.get("Patient").get(1), served.get("Patient").get(2));
    }
  }

  @Test
  void patients_come_from_a_file_of_mrns_and_an_unknown_one_is_told() throws IOException {
    Map<String, List<String>> served = Records.of(3);
    try (CrawlSite site = CrawlSite.open(folder, served, o -> o.searches(s -> s.patients()))) {
      Path mrns = Files.writeString(folder.resolve("mrns.txt"), "MRN2\nMRN9\n");
      site.set("crawl.patients.from", "file").set("crawl.patients.file", mrns.toString());
      site.set("crawl.patients.mrn-system", "urn:mrn");

      assertThat(site.crawl("r1")).isEqualTo(5);
      assertThat(site.error("r1")).contains("1 of 2 MRNs").contains("mrn-system");

      site.set("crawl.accepted-errors", "patient-not-found");
      assertThat(site.crawl("r1")).isZero();
      assertThat(site.newest())
          .filteredOn(line -> line.contains("\"Patient\""))
          .containsExactly(served.get("Patient").get(2));
    }
  }

  @Test
  void patients_come_from_a_search() throws IOException {
    Map<String, List<String>> served = Records.of(7);
    try (CrawlSite site =
        CrawlSite.open(folder, served, o -> o.searches(s -> s.patients().pageSize(3)))) {
      site.set("crawl.patients.from", "search").set("crawl.patients.search", "_format=json");

      assertThat(site.crawl("r1")).isZero();

      assertThat(site.newest()).containsExactlyInAnyOrderElementsOf(Records.lines(served));
    }
  }
}
