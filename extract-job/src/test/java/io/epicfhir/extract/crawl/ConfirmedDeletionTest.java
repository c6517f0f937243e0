package io.epicfhir.extract.crawl;

import static io.epicfhir.extract.crawl.Clinic.bundle;
import static io.epicfhir.extract.crawl.Clinic.outcome;
import static io.epicfhir.extract.crawl.People.condition;
import static io.epicfhir.extract.crawl.People.lab;
import static io.epicfhir.extract.crawl.People.observation;
import static io.epicfhir.extract.crawl.People.patient;
import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.extract.crawl.Clinic.Reply;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Field cases A2, A5 and A8: what searches no longer find is read by its id before it is deleted.
 */
class ConfirmedDeletionTest {
  @TempDir Path folder;
  private Clinic clinic;
  private CrawlSite site;

  @BeforeEach
  void open() throws IOException {
    clinic = new Clinic();
    for (String id : new String[] {"a", "b"}) {
      clinic.has(patient(id));
      for (int i = 0; i < 30; i++) {
        clinic.has(condition("c" + id + i, id), lab("l" + id + i, id));
      }
    }
    site = clinic.site(folder, "a", "b");
  }

  @AfterEach
  void close() throws IOException {
    clinic.close();
  }

  @Test
  void anEmptyNightDeletesNothingAndTheNextIsAsBefore() throws IOException {
    assertThat(site.crawl("r1")).isZero();
    for (String type : new String[] {"Patient?", "Condition?", "Observation?"}) {
      clinic.answers(type, Reply.fhir(200, bundle("")));
    }
    site.set("crawl.max-confirmations", "100");
    clinic.asked.clear();

    assertThat(site.crawl("r2")).isEqualTo(5);

    assertThat(site.error("r2"))
        .contains("122 resources")
        .contains("Condition=60", "Observation=60", "Patient=2")
        .contains("crawl.max-confirmations");
    assertThat(clinic.count("Condition/") + clinic.count("Observation/")).isZero();
    assertThat(site.landings()).hasSize(1);

    // The documented way out: the limit is raised, and each one is read before anything is deleted.
    site.set("crawl.max-confirmations", "1000");
    clinic.resources.remove("Condition/ca3");
    assertThat(site.crawl("r2")).isZero();
    assertThat(site.deletions()).containsExactly("Condition/ca3");
    assertThat(clinic.count("Condition?")).isEqualTo(2);

    clinic.rules.clear();
    assertThat(site.crawl("r3")).isZero();
    assertThat(site.newest()).isEmpty();
    assertThat(site.deletions()).isEmpty();
  }

  @Test
  void whatMovedToAnotherCategoryStaysAndItsContentIsFollowed() throws IOException {
    assertThat(site.crawl("r1")).isZero();
    clinic.has(observation("la3", "a", "imaging"));
    assertThat(site.crawl("r2")).isZero();
    assertThat(site.deletions()).isEmpty();
    assertThat(site.newest()).containsExactly(observation("la3", "a", "imaging"));
    assertThat(site.report("r2").path("result").path("kept").path("Observation").asInt())
        .isEqualTo(1);

    clinic.has(observation("la3", "a", "exam"));
    site.set("crawl.max-confirmations", "0"); // it was confirmed before: it is not a new absence
    assertThat(site.crawl("r3")).isZero();
    assertThat(site.newest()).containsExactly(observation("la3", "a", "exam"));

    clinic.resources.remove("Observation/la3");
    assertThat(site.crawl("r4")).isZero();
    assertThat(site.deletions()).containsExactly("Observation/la3");
    clinic.asked.clear();
    assertThat(site.crawl("r5")).isZero();
    assertThat(clinic.count("Observation/la3")).isZero();
  }

  @Test
  void whatCannotBeConfirmedStaysAndIsCounted() throws IOException {
    for (int i = 30; i < 90; i++) {
      clinic.has(condition("ca" + i, "a"));
    }
    assertThat(site.crawl("r1")).isZero();
    for (int i = 0; i < 90; i++) {
      clinic.resources.remove("Condition/ca" + i);
    }
    clinic.resources.remove("Observation/la1");
    clinic.resources.remove("Observation/la2");
    clinic.answers("Condition/", Reply.fhir(403, outcome("error", "forbidden", "")));
    clinic.answers("Observation/la2", Reply.fhir(200, outcome("information", "x", "4134")));
    clinic.asked.clear();

    assertThat(site.crawl("r2")).isZero();

    assertThat(site.deletions()).containsExactly("Observation/la1");
    assertThat(site.report("r2").path("result").path("unconfirmed").path("Condition").asInt())
        .isEqualTo(90);
    assertThat(site.report("r2").path("result").path("unconfirmed").path("Observation").asInt())
        .isEqualTo(1);
    assertThat(site.landings().get(1).report().result().get("unconfirmed"))
        .isEqualTo(Map.of("Condition", 90, "Observation", 1));
    assertThat(site.report("r2").path("notes").toString()).contains("they stay");
    assertThat(clinic.count("Condition/")).as("the type cannot be read").isBetween(20L, 60L);

    clinic.rules.clear();
    assertThat(site.crawl("r3")).isZero();
    assertThat(site.deletions()).hasSize(91).contains("Observation/la2", "Condition/ca29");
  }

  /** A server or a gateway that has no such route answers 404 to whatever lies below it. */
  @ParameterizedTest
  @MethodSource
  void aNotFoundThatIsNotTheServersWordOnTheResourceDeletesNothing(Reply notFound)
      throws IOException {
    assertThat(site.crawl("r1")).isZero();
    clinic.resources.remove("Condition/ca1");
    clinic.resources.remove("Observation/la1");
    clinic.answers("Condition/", notFound);

    assertThat(site.crawl("r2")).isZero();

    assertThat(site.deletions()).containsExactly("Observation/la1");
    assertThat(site.report("r2").path("result").path("unconfirmed").path("Condition").asInt())
        .isEqualTo(1);
  }

  static List<Reply> aNotFoundThatIsNotTheServersWordOnTheResourceDeletesNothing() {
    return List.of(
        Reply.of(404, "text/html", "<html>Cannot GET /R4/Condition/x</html>"),
        Reply.of(404, "text/plain", ""),
        Reply.of(404, "application/json", "{\"detail\":\"Not Found\"}"),
        Reply.fhir(404, outcome("error", "not-supported", "")),
        Reply.fhir(404, outcome("error", "not-supported", "59188")),
        Reply.fhir(404, outcome("error", "forbidden", "")),
        Reply.fhir(404, outcome("error", "security", "")),
        Reply.fhir(404, outcome("error", "suppressed", "")),
        Reply.fhir(404, outcome("error", "login", "")),
        Reply.fhir(404, outcome("error", "transient", "")),
        Reply.fhir(404, outcome("error", "timeout", "")),
        Reply.fhir(404, outcome("error", "throttled", "")),
        Reply.fhir(404, outcome("error", "exception", "")),
        Reply.fhir(404, outcome("error", "processing", "")),
        Reply.fhir(404, outcome("error", "processing", "4131")),
        Reply.fhir(404, outcome("error", "processing", "RESOURCE_HIDDEN")),
        Reply.fhir(404, outcome("error", "not-found", "4131")),
        Reply.fhir(404, outcome("information", "informational", "")),
        Reply.fhir(404, "{\"resourceType\":\"OperationOutcome\"}"),
        Reply.fhir(
            404,
            outcome("error", "not-found", "")
                .replace("]}", ",{\"severity\":\"error\",\"code\":\"security\"}]}")),
        Reply.of(410, "text/html", "<html>This version of the interface is gone</html>"),
        Reply.fhir(410, outcome("error", "not-supported", "")),
        Reply.of(302, "text/plain", "").with("Location: /login"));
  }

  /** FHIR's codes, Epic's for an id that does not exist and for a deleted one, and HAPI's words. */
  @ParameterizedTest
  @MethodSource
  void theServersWordThatTheResourceIsNotThereDeletesIt(Reply gone) throws IOException {
    assertThat(site.crawl("r1")).isZero();
    clinic.resources.remove("Condition/ca1");
    clinic.answers("Condition/ca1", gone);

    assertThat(site.crawl("r2")).isZero();

    assertThat(site.deletions()).containsExactly("Condition/ca1");
  }

  static List<Reply> theServersWordThatTheResourceIsNotThereDeletesIt() {
    return List.of(
        Reply.fhir(404, outcome("error", "not-found", "")),
        Reply.fhir(404, outcome("fatal", "not-found", "4102")),
        Reply.fhir(404, outcome("fatal", "processing", "4103")),
        Reply.fhir(404, outcome("error", "not-found", "RESOURCE_NOT_FOUND")),
        Reply.fhir(404, outcome("error", "deleted", "")),
        Reply.fhir(404, outcome("error", "processing", "MSG_NO_EXIST")),
        Reply.fhir(
            404,
            outcome("error", "processing", "")
                .replace(
                    "\"processing\"", "\"processing\",\"diagnostics\":\"HAPI-2001: unknown\"")),
        Reply.fhir(410, outcome("error", "processing", "")),
        Reply.fhir(410, outcome("error", "deleted", "")),
        Reply.of(410, "text/plain", ""));
  }

  /** The template is edited; or one of several is taken away. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "'patient={patient}&category=laboratory&_sort=-date'",
        "'patient={patient}&category=imaging', 'patient={patient}&category=exam'"
      })
  void whatASearchHadFoundThatIsAskedNoMoreIsReadLikewise(String searches) throws IOException {
    assertThat(site.crawl("r1")).isZero();
    clinic.resources.remove("Observation/la1");
    clinic.has(observation("la2", "a", "other"));
    Clinic.plan(site, "Patient = \"_id={patient}\", Observation = [" + quoted(searches) + "]");

    assertThat(site.crawl("r2")).isZero();

    assertThat(site.deletions()).containsExactly("Observation/la1");
    assertThat(site.newest()).containsExactly(observation("la2", "a", "other"));
    assertThat(site.report("r2").at("/result/unread").toString()).isEqualTo("{\"Condition\":60}");
    clinic.asked.clear();
    assertThat(site.crawl("r3")).isZero();
    assertThat(clinic.count("Observation/")).as("read lately").isZero();
  }

  private static String quoted(String texts) {
    return texts.replace('\'', '"');
  }

  @Test
  void asManyOfTheseAreReadAsMayBeAndTheOthersTheNextTime() throws IOException {
    assertThat(site.crawl("r1")).isZero();
    clinic.resources.remove("Observation/la29");
    Clinic.plan(site, "Observation = \"patient={patient}&category=imaging\"");
    site.set("crawl.max-confirmations", "50");

    assertThat(site.crawl("r2")).isZero();

    assertThat(clinic.count("Observation/")).isEqualTo(50);
    assertThat(site.report("r2").path("notes").toString())
        .contains("crawl.searches no longer asks");
    assertThat(site.crawl("r3")).isZero();
    assertThat(clinic.count("Observation/")).isEqualTo(60);
    assertThat(clinic.count("Observation/la29")).isEqualTo(1);
  }

  @Test
  void whatMovedToAPatientOutsideTheCohortIsGoneUntilItComesBack() throws IOException {
    assertThat(site.crawl("r1")).isZero();
    clinic.has(
        patient("b", "replaces", "old"),
        lab("la1", "stranger"),
        lab("la2", "b"),
        lab("la3", "old"));

    assertThat(site.crawl("r2")).isZero();

    assertThat(site.deletions()).containsExactly("Observation/la1");
    assertThat(site.newest())
        .containsExactlyInAnyOrder(
            patient("b", "replaces", "old"), lab("la2", "b"), lab("la3", "old"));
    assertThat(site.report("r2").at("/result/kept/Observation").asInt()).isEqualTo(1);
    clinic.has(lab("la1", "a"));
    assertThat(site.crawl("r3")).isZero();
    assertThat(site.newest()).containsExactly(lab("la1", "a"));
  }

  @Test
  void aRerunDoesNotReadAgainWhatWasConfirmed() throws IOException {
    assertThat(site.crawl("r1")).isZero();
    clinic.resources.remove("Condition/ca1");
    clinic.answers("Observation?patient=b", Reply.fhir(403, outcome("error", "x", "4131")));
    clinic.asked.clear();
    assertThat(site.crawl("r2")).isEqualTo(5);
    clinic.rules.clear();
    assertThat(site.crawl("r2")).isZero();
    assertThat(site.deletions()).containsExactly("Condition/ca1");
    assertThat(clinic.count("Condition/ca1")).isEqualTo(1);
  }

  @Test
  void aReferencedResourceThatIsGoneIsDeletedAndAForbiddenTypeIsTold() throws IOException {
    String reference =
        "\"subject\":{\"reference\":\"Patient/a\"},\"recorder\":{\"reference\":\"Practitioner/d%d\"}";
    for (int i = 0; i < 3; i++) {
      clinic.has(
          condition("x" + i, "a")
              .replace("\"subject\":{\"reference\":\"Patient/a\"}", reference.formatted(i)));
      clinic.has("{\"resourceType\":\"Practitioner\",\"id\":\"d" + i + "\"}");
    }
    assertThat(site.crawl("r1")).isZero();
    clinic.resources.remove("Practitioner/d1");
    clinic.resources.remove("Condition/x2"); // nothing refers to d2 any more
    clinic.resources.remove("Practitioner/d2");
    assertThat(site.crawl("r2")).isZero();
    assertThat(site.deletions()).as("d1 and d2 were read lately").containsExactly("Condition/x2");

    site.set("crawl.reference-max-age", "0 seconds");
    assertThat(site.crawl("r3")).isZero();
    assertThat(site.deletions()).containsExactlyInAnyOrder("Practitioner/d1", "Practitioner/d2");
    assertThat(site.report("r3").path("result").path("unresolved").path("Practitioner").asInt())
        .isEqualTo(2);

    clinic.answers("Practitioner/", Reply.fhir(403, outcome("error", "forbidden", "")));
    assertThat(site.crawl("r4")).isZero();
    assertThat(site.deletions()).isEmpty();
    assertThat(site.report("r4").path("notes").toString())
        .contains("refused all 2 reads of Practitioner (403)");

    clinic.answers("Practitioner/", Reply.of(404, "text/html", "<html>no such route</html>"));
    assertThat(site.crawl("r5")).isEqualTo(5);
    assertThat(site.error("r5")).contains("http-404");
  }
}
