package io.epicfhir.extract.crawl;

import static io.epicfhir.extract.crawl.People.lab;
import static io.epicfhir.extract.crawl.People.observation;
import static io.epicfhir.extract.crawl.People.patient;
import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.extract.crawl.Clinic.Reply;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What can only be had by its id: members and results, specimens, episodes. */
class HydrationTest {
  @TempDir Path folder;

  private static String with(String resource, String more) {
    return resource.replaceFirst("\\}$", "," + more + "}");
  }

  private static String other(String type, String id) {
    return "{\"resourceType\":\"" + type + "\",\"id\":\"" + id + "\"}";
  }

  @Test
  void hiddenObservationsSpecimensAndEpisodesAreFoundByTheirIds() throws IOException {
    try (Clinic clinic = new Clinic()) {
      String panel = observation("panel", "a", "unlisted");
      String absolute = clinic.base().toString().replace("http", "HTTP") + "/Observation/m2";
      clinic.has(
          patient("a"),
          with(lab("l1", "a"), "\"hasMember\":[{\"reference\":\"Observation/panel/_history/1\"}]"),
          with(panel, "\"hasMember\":[{\"reference\":\"" + absolute + "\"}]"),
          with(
              observation("m2", "a", "unlisted"),
              "\"specimen\":{\"reference\":\"Specimen/s\"},"
                  + "\"encounter\":{\"reference\":\"Encounter/not-hydrated\"}"),
          with(other("Specimen", "s"), "\"parent\":[{\"reference\":\"Specimen/lost\"}]"),
          with(
              other("Encounter", "e"),
              "\"subject\":{\"reference\":\"Patient/a\"},"
                  + "\"episodeOfCare\":[{\"reference\":\"EpisodeOfCare/o\"}]"),
          other("EpisodeOfCare", "o"));
      CrawlSite site = clinic.site(folder, "a");
      Clinic.plan(
          site,
          "Patient = \"_id={patient}\", Encounter = \"patient={patient}\","
              + " Observation = \"patient={patient}&category=laboratory\"");

      assertThat(site.crawl("r1")).isZero();

      assertThat(site.newest()).containsExactlyInAnyOrderElementsOf(clinic.resources.values());
      assertThat(site.report("r1").path("result").path("unresolved").path("Specimen").asInt())
          .isEqualTo(1);
      assertThat(site.report("r1").path("notes").toString()).contains("{Specimen=1}");
      assertThat(clinic.count("Encounter/")).isZero();
    }
  }

  @Test
  void whatBelongsToAPatientOutsideTheCohortIsNotKept() throws IOException {
    try (Clinic clinic = new Clinic()) {
      String lab =
          with(
              lab("l1", "a"),
              "\"hasMember\":[{\"reference\":\"Observation/theirs\"},"
                  + "{\"reference\":\"Observation/moves\"}]");
      clinic.has(
          patient("a"),
          lab,
          with(
              observation("theirs", "b", "unlisted"),
              "\"specimen\":{\"reference\":\"Specimen/s\"}"),
          observation("moves", "a", "unlisted"));
      CrawlSite site = clinic.site(folder, "a");
      site.set("crawl.reference-max-age", "0 seconds");
      assertThat(site.crawl("r1")).isZero();
      assertThat(site.newest())
          .containsExactlyInAnyOrder(patient("a"), lab, observation("moves", "a", "unlisted"));
      assertThat(outside(site, "r1")).isEqualTo(1);
      assertThat(clinic.count("Specimen/")).isZero();

      clinic.has(observation("moves", "b", "unlisted"));
      assertThat(site.crawl("r2")).isZero();
      assertThat(site.deletions()).containsExactly("Observation/moves");
      assertThat(outside(site, "r2")).isEqualTo(2);
    }
  }

  private static int outside(CrawlSite site, String run) throws IOException {
    return site.report(run).path("result").path("outside").path("Observation").asInt();
  }

  @Test
  void aReadThatBringsAnotherIdLeavesTheReferenceUnresolved() throws IOException {
    try (Clinic clinic = new Clinic()) {
      clinic.has(
          patient("a"), with(lab("l1", "a"), "\"hasMember\":[{\"reference\":\"Observation/m\"}]"));
      clinic.answers("Observation/m", Reply.fhir(200, lab("other", "a")));
      CrawlSite site = clinic.site(folder, "a");
      assertThat(site.crawl("r1")).isZero();
      assertThat(site.newest()).contains(lab("other", "a"));
      assertThat(site.report("r1").at("/result/unresolved/Observation").asInt()).isEqualTo(1);
    }
  }

  @Test
  void aReadThatBringsNoResourceIsRed() throws IOException {
    try (Clinic clinic = new Clinic()) {
      clinic.has(
          patient("a"), with(lab("l1", "a"), "\"hasMember\":[{\"reference\":\"Observation/m\"}]"));
      clinic.answers("Observation/m", Reply.fhir(200, Clinic.outcome("information", "x", "4134")));
      CrawlSite site = clinic.site(folder, "a");
      assertThat(site.crawl("r1")).isEqualTo(5);
      assertThat(site.error("r1")).contains("4134");
      site.set("crawl.accepted-errors", "4134");
      assertThat(site.crawl("r1")).isZero();
    }
  }
}
