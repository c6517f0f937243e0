package io.epicfhir.extract.crawl;

import static io.epicfhir.extract.crawl.Clinic.bundle;
import static io.epicfhir.extract.crawl.Clinic.entry;
import static io.epicfhir.extract.crawl.People.condition;
import static io.epicfhir.extract.crawl.People.patient;
import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.extract.crawl.Clinic.Reply;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A plan that reads each patient by id instead of searching for it. */
class PlanReadTest {
  @TempDir Path folder;
  private Clinic clinic;
  private CrawlSite site;

  @BeforeEach
  void open() throws IOException {
    clinic = new Clinic();
    clinic.has(patient("a"), patient("b"), condition("ca", "a"));
    site = clinic.site(folder, "a", "b");
    Clinic.plan(site, "Patient = \"/{patient}\", Condition = \"patient={patient}\"");
  }

  @AfterEach
  void close() throws IOException {
    clinic.close();
  }

  static List<Reply> others() {
    return List.of(
        Reply.fhir(200, bundle(",\"id\":\"b\"", entry(patient("b")))),
        Reply.fhir(200, patient("c")),
        Reply.fhir(200, condition("b", "b")));
  }

  @ParameterizedTest
  @MethodSource("others")
  void anotherResourceInItsPlaceIsARefusal(Reply other) throws IOException {
    clinic.answers("Patient/b", other);

    assertThat(site.crawl("r1")).isEqualTo(5);

    assertThat(site.error("r1")).contains("another-resource of Patient=1", "/Patient/…]");
    clinic.rules.clear();
    assertThat(site.crawl("r1")).isZero();
    assertThat(site.newest())
        .containsExactlyInAnyOrder(patient("a"), patient("b"), condition("ca", "a"));
  }

  @Test
  void aPatientWhoIsNotThereIsNoFailure() throws IOException {
    clinic.resources.remove("Patient/b");
    assertThat(site.crawl("r1")).isZero();
    assertThat(site.report("r1").at("/result/warnings").toString()).contains("nothing for 1 of 2");
  }
}
