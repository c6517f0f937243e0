package io.epicfhir.extract.crawl;

import static io.epicfhir.extract.crawl.Clinic.bundle;
import static io.epicfhir.extract.crawl.Clinic.entry;
import static io.epicfhir.extract.crawl.People.condition;
import static io.epicfhir.extract.crawl.People.lab;
import static io.epicfhir.extract.crawl.People.patient;
import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.extract.crawl.Clinic.Reply;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A crawl whose searches all succeed, and that may be about the wrong patients all the same. */
class CohortDoubtsTest {
  @TempDir Path folder;
  private Clinic clinic;
  private CrawlSite site;

  @BeforeEach
  void open() throws IOException {
    clinic = new Clinic();
    for (String id : new String[] {"a", "b", "c"}) {
      clinic.has(patient(id), condition("c" + id, id), lab("l" + id, id));
    }
    site = clinic.site(folder, "a", "b", "c");
  }

  @AfterEach
  void close() throws IOException {
    clinic.close();
  }

  private String warnings() throws IOException {
    return site.report("r1").at("/result/warnings").toString();
  }

  @Test
  void anOrdinaryCrawlWarnsOfNothing() throws IOException {
    assertThat(site.crawl("r1")).isZero();
    assertThat(warnings()).isEqualTo("[]");
  }

  @Test
  void aCrawlThatFindsNothingAtAllWarns() throws IOException {
    for (String type : new String[] {"Patient?", "Condition?", "Observation?"}) {
      clinic.answers(type, Reply.fhir(200, bundle("")));
    }
    assertThat(site.crawl("r1")).isZero();
    assertThat(warnings())
        .contains("All searches of 3 patients were answered, and none returned a resource")
        .contains("nothing for 3 of 3 patients");
  }

  @Test
  void aMemberWhomTheServerDoesNotFindIsCounted() throws IOException {
    clinic.answers("Patient?_id=b", Reply.fhir(200, bundle("")));
    assertThat(site.crawl("r1")).isZero();
    assertThat(warnings()).contains("nothing for 1 of 3 patients").doesNotContain("\"b\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"quantity\":5,\"member\":[{\"entity\":{\"reference\":\"Patient/a\"}},{\"entity\":{\"reference\":\"Patient/b\"}}]",
        "\"quantity\":4,\"member\":{\"entity\":{\"reference\":\"Patient/a\"}}"
      })
  void aGroupThatListsFewerThanItSaysWarns(String members) throws IOException {
    site.set("crawl.patients.from", "group").set("crawl.patients.group", "g");
    clinic.has("{\"resourceType\":\"Group\",\"id\":\"g\",\"type\":\"person\"," + members + "}");
    assertThat(site.crawl("r1")).isZero();
    assertThat(warnings()).contains("3 more members than it lists");
  }

  @Test
  void theWarningIsToldByTheTryThatLands() throws IOException {
    site.set("crawl.patients.from", "group").set("crawl.patients.group", "g");
    clinic.has(
        "{\"resourceType\":\"Group\",\"id\":\"g\",\"type\":\"person\",\"quantity\":3,\"member\":["
            + "{\"entity\":{\"reference\":\"Patient/a\"}}]}");
    clinic.answers("Observation?", Reply.of(503, "text/plain", ""));
    assertThat(site.crawl("r1")).isEqualTo(5);
    clinic.rules.clear();

    assertThat(site.crawl("r1")).isZero();

    assertThat(warnings()).contains("2 more members than it lists");
  }

  /** A server that does not know the parameter answers every search with everybody's. */
  @Test
  void whatSearchesBringOfStrangersIsNotKeptAndIsCounted() throws IOException {
    String stranger =
        "{\"resourceType\":\"DocumentReference\",\"id\":\"zz\",\"subject\":{\"reference\":\"Patient/stranger\"},"
            + "\"content\":[{\"attachment\":{\"url\":\"Binary/secret\"}}]}";
    String own = stranger.replace("zz", "d1").replace("stranger", "a").replace("secret", "b1");
    clinic.has("{\"resourceType\":\"Binary\",\"id\":\"b1\",\"data\":\"aGk=\"}");
    clinic.answers("DocumentReference?", Reply.fhir(200, bundle("", entry(stranger), entry(own))));
    site.set("crawl.attachments.enabled", "true");
    Clinic.plan(site, "Patient = \"_id={patient}\", DocumentReference = \"patient={patient}\"");

    assertThat(site.crawl("r1")).isZero();

    assertThat(site.newest()).hasSize(5).contains(own).noneMatch(line -> line.contains("stranger"));
    assertThat(clinic.count("Binary/secret")).isZero();
    assertThat(site.report("r1").at("/result/outside/DocumentReference").asInt()).isEqualTo(3);
    assertThat(warnings()).contains("dropped: {DocumentReference=3}").doesNotContain("stranger");
  }

  @Test
  void whatTheSurvivorsSearchBringsUnderTheRetiredIdIsKept() throws IOException {
    clinic.has(patient("a", "replaces", "old"));
    String kept = condition("moved", "old");
    clinic.answers("Condition?patient=a", Reply.fhir(200, bundle("", entry(kept))));
    assertThat(site.crawl("r1")).isZero();
    assertThat(site.newest()).contains(kept);
    assertThat(warnings()).isEqualTo("[]");
  }
}
