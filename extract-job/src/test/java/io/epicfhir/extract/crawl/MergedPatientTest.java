package io.epicfhir.extract.crawl;

import static io.epicfhir.extract.crawl.Clinic.outcome;
import static io.epicfhir.extract.crawl.People.condition;
import static io.epicfhir.extract.crawl.People.lab;
import static io.epicfhir.extract.crawl.People.patient;
import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.extract.crawl.Clinic.Reply;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A patient is merged into another: nothing of it ends a crawl, and nothing is lost or left over.
 */
class MergedPatientTest {
  @TempDir Path folder;
  private Clinic clinic;

  @BeforeEach
  void open() throws IOException {
    clinic = new Clinic();
    clinic.has(patient("old"), condition("c1", "old"), condition("c2", "old"), lab("l1", "old"));
    clinic.has(patient("new"), condition("c3", "new"));
  }

  @AfterEach
  void close() throws IOException {
    clinic.close();
  }

  /** The record c1 and the results move without a new date, c2 goes. */
  private void merge() {
    clinic.has(patient("new", "replaces", "old"), condition("c1", "new"), lab("l1", "new"));
    clinic.resources.remove("Patient/old");
    clinic.resources.remove("Condition/c2");
    redirect("/Patient/new");
  }

  private void redirect(String location) {
    Reply reply =
        Reply.fhir(302, outcome("fatal", "processing", "4107"))
            .with("Location: " + clinic.base() + location);
    clinic.rules.clear();
    clinic.rules.add(
        path ->
            path.contains("=old") || path.equals("Patient/old")
                ? Optional.of(reply)
                : Optional.empty());
  }

  @Test
  void theSurvivorBringsTheRecordsAndTheRetiredPatientGoes() throws IOException {
    CrawlSite site = clinic.site(folder, "old", "new");
    assertThat(site.crawl("r1")).isZero();
    merge();

    assertThat(site.crawl("r2")).isZero();

    assertThat(site.newest())
        .containsExactlyInAnyOrder(
            patient("new", "replaces", "old"), condition("c1", "new"), lab("l1", "new"));
    assertThat(site.deletions()).containsExactlyInAnyOrder("Patient/old", "Condition/c2");
    assertThat(site.report("r2").path("notes").toString()).contains("searches for merged patients");
    assertThat(site.quarantine("line")).noneMatch(line -> line.contains("\"old\""));

    // The merge is undone: the retired id answers again.
    clinic.rules.clear();
    clinic.has(patient("old"), patient("new"), condition("c1", "old"), lab("l1", "old"));
    assertThat(site.crawl("r3")).isZero();
    assertThat(site.newest())
        .containsExactlyInAnyOrder(
            patient("old"), patient("new"), condition("c1", "old"), lab("l1", "old"));
    assertThat(site.deletions()).isEmpty();
  }

  @Test
  void aSurvivorOutsideTheCohortIsAddedToIt() throws IOException {
    CrawlSite site = clinic.site(folder, "old");
    assertThat(site.crawl("r1")).isZero();
    merge();
    clinic.has(patient("new")); // only the redirect names the survivor
    redirect("/Condition?patient=new&x=y");
    assertThat(site.crawl("r2")).isZero();
    assertThat(site.newest())
        .containsExactlyInAnyOrder(
            patient("new"), condition("c1", "new"), condition("c3", "new"), lab("l1", "new"));
    assertThat(site.deletions()).containsExactlyInAnyOrder("Condition/c2", "Patient/old");
  }

  @Test
  void aRetiredPatientWhoIsGoneWithoutARedirectIsFollowedByTheSurvivorsLink() throws IOException {
    CrawlSite site = clinic.site(folder, "old", "new");
    assertThat(site.crawl("r1")).isZero();
    merge();
    clinic.rules.clear(); // searches with the retired id find nothing, its read says 404
    assertThat(site.crawl("r2")).isZero();
    assertThat(site.deletions()).containsExactlyInAnyOrder("Patient/old", "Condition/c2");

    clinic.answers(
        "Condition?patient=old", Reply.fhir(400, outcome("fatal", "business-rule", "4107")));
    assertThat(site.crawl("r3")).as("settled by the link").isZero();
  }

  @Test
  void aRetiredPatientWhoLeftTheCohortGoesToo() throws IOException {
    CrawlSite site = clinic.site(folder, "old", "new");
    assertThat(site.crawl("r1")).isZero();
    merge();
    java.nio.file.Files.writeString(folder.resolve("ids.txt"), "new"); // as a Group would
    assertThat(site.crawl("r2")).isZero();
    assertThat(site.deletions()).containsExactlyInAnyOrder("Patient/old", "Condition/c2");
  }

  @Test
  void theSurvivorIsAskedForInFullAlsoWhereTypesAreNarrowed() throws IOException {
    CrawlSite site = clinic.site(folder, "old", "new");
    site.settings.put("crawl.changed-since.Condition", "\"_lastUpdated=ge{since}\"");
    assertThat(site.crawl("r1")).isZero();
    merge();
    clinic.rules.add(
        path ->
            path.startsWith("Condition?") && path.contains("_lastUpdated=")
                ? Optional.of(Reply.fhir(200, Clinic.bundle("")))
                : Optional.empty());
    assertThat(site.crawl("r2")).isZero();
    assertThat(site.newest()).contains(condition("c1", "new"));

    clinic.asked.clear();
    assertThat(site.crawl("r3")).isZero();
    assertThat(clinic.asked)
        .as("known since the last crawl")
        .filteredOn(path -> path.startsWith("Condition?patient=new"))
        .hasSize(1)
        .allMatch(path -> path.contains("_lastUpdated="));
  }

  @Test
  void aRedirectThatNamesNobodyIsRed() throws IOException {
    CrawlSite site = clinic.site(folder, "old", "new");
    redirect("/elsewhere");
    assertThat(site.crawl("r1")).isEqualTo(5);
    assertThat(site.error("r1")).contains("4107 of Condition=1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/Patient/old/_history/2",
        "/login",
        "/login?patient=new",
        "/Patient?identifier=x"
      })
  void aRedirectThatNamesNoOtherPatientDeletesNobody(String location) throws IOException {
    CrawlSite site = clinic.site(folder, "old", "new");
    clinic.has(patient("new", "replaces", "old"));
    assertThat(site.crawl("r1")).isZero();
    clinic.answers("Patient?_id=old", Reply.fhir(200, Clinic.bundle("")));
    clinic.answers(
        "Patient/old",
        Reply.of(302, "text/plain", "").with("Location: " + clinic.base() + location));

    assertThat(site.crawl("r2")).isZero();

    assertThat(site.deletions()).isEmpty();
    assertThat(site.report("r2").at("/result/unconfirmed/Patient").asInt()).isEqualTo(1);
  }

  @Test
  void aRedirectMayLeaveTheOriginOut() throws IOException {
    CrawlSite site = clinic.site(folder, "old", "new");
    assertThat(site.crawl("r1")).isZero();
    merge();
    clinic.rules.clear();
    Reply merged = Reply.fhir(302, outcome("fatal", "processing", "4107"));
    clinic.answers("Patient/old", merged.with("Location: /R4/Patient/new"));
    clinic.answers("Patient?_id=old", merged.with("Location: /R4/Patient?_id=new"));
    clinic.answers("Condition?patient=old", merged.with("Location: Condition?patient=new"));
    assertThat(site.crawl("r2")).isZero();
    assertThat(site.deletions()).containsExactlyInAnyOrder("Patient/old", "Condition/c2");
  }

  @Test
  void mergesInACircleEnd() throws IOException {
    clinic.has(patient("new", "replaced-by", "old"), patient("old", "replaced-by", "new"));
    CrawlSite site = clinic.site(folder, "old");
    assertThat(site.crawl("r1")).isZero();
    assertThat(site.newest()).contains(condition("c3", "new"), condition("c1", "old"));
  }

  /** The survivor's record did not change since, so a search for changes does not bring it. */
  @Test
  void aMergeStaysKnownUntilItIsSeenToBeUndone() throws IOException {
    clinic.resources.clear();
    clinic.has(patient("new", "replaces", "old"), condition("c1", "old"));
    found("c1");
    CrawlSite site = clinic.site(folder, "new");
    site.settings.put("crawl.changed-since.Patient", "\"_lastUpdated=ge{since}\"");
    assertThat(site.crawl("r1")).isZero();
    assertThat(site.newest()).contains(condition("c1", "old"));

    for (String run : new String[] {"r2", "r3"}) {
      clinic.has(condition(run, "old"));
      found("c1", "r2", "r3");
      clinic.answers("Patient?", Reply.fhir(200, Clinic.bundle("")));
      assertThat(site.crawl(run)).isZero();
      assertThat(site.newest()).containsExactly(condition(run, "old"));
      assertThat(site.report(run).at("/result/outside").toString()).doesNotContain("Condition");
    }

    clinic.has(patient("new"), condition("r4", "old")); // the link is gone
    found("c1", "r2", "r3", "r4");
    assertThat(site.crawl("r4")).isZero();
    assertThat(site.newest()).containsExactly(patient("new"));
    assertThat(site.report("r4").at("/result/outside/Condition").asInt()).isEqualTo(4);
  }

  /** The survivor's search brings what stands under the retired id. */
  private void found(String... conditions) {
    clinic.rules.clear();
    String[] entries =
        java.util.Arrays.stream(conditions)
            .map(id -> clinic.resources.get("Condition/" + id))
            .filter(java.util.Objects::nonNull)
            .map(Clinic::entry)
            .toArray(String[]::new);
    clinic.answers("Condition?patient=new", Reply.fhir(200, Clinic.bundle("", entries)));
  }
}
