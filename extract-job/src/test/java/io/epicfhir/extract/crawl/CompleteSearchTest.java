package io.epicfhir.extract.crawl;

import static io.epicfhir.extract.crawl.Clinic.bundle;
import static io.epicfhir.extract.crawl.Clinic.entry;
import static io.epicfhir.extract.crawl.Clinic.outcome;
import static io.epicfhir.extract.crawl.People.condition;
import static io.epicfhir.extract.crawl.People.lab;
import static io.epicfhir.extract.crawl.People.patient;
import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.extract.crawl.Clinic.Reply;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Field cases A4 and A6: an answer is complete, or it does not count as complete. */
class CompleteSearchTest {
  private static final String LABS_OF_A = "Observation?patient=a";
  private static final String L1 = entry(lab("l1", "a"));

  @TempDir Path folder;
  private Clinic clinic;
  private CrawlSite site;

  @BeforeEach
  void aNightThatWentWell() throws IOException {
    clinic = new Clinic();
    clinic.has(patient("a"), condition("c1", "a"), lab("l1", "a"), lab("l2", "a"));
    site = clinic.site(folder, "a");
    assertThat(site.crawl("r1")).isZero();
  }

  @AfterEach
  void close() throws IOException {
    clinic.close();
  }

  static Stream<Arguments> incompletePages() {
    String lostEntry =
        "{\"fullUrl\":\"http://h/R4/Observation/l2\",\"search\":{\"mode\":\"match\"}}";
    String information = "{\"resource\":" + outcome("information", "suppressed", "") + "}";
    String breakTheGlass = entry(outcome("information", "informational", "4134"));
    return Stream.of(
        Arguments.of("fewer-than-total", bundle(",\"total\":2", L1)),
        Arguments.of("fewer-than-total", bundle(",\"total\":\"2\"", L1, L1)),
        Arguments.of(
            "fewer-than-total",
            bundle(",\"total\":2", L1, L1.replace("l1", "l9").replace("match", "include"))),
        Arguments.of("unreadable-total", bundle(",\"total\":\"many\"", L1)),
        Arguments.of("entry-without-resource", bundle("", L1, lostEntry)),
        Arguments.of(
            "entry-without-resource", bundle("", L1, "{\"fullUrl\":\"x\",\"resource\":null}")),
        Arguments.of("entry-without-resource", bundle("", L1, "{}")),
        Arguments.of("suppressed", bundle("", L1, information)),
        Arguments.of("4134", bundle("", breakTheGlass)),
        Arguments.of("59109", bundle("", L1, entry(outcome("information", "value", "59109")))),
        Arguments.of("4119", bundle("", L1, entry(outcome("warning", "incomplete", "4119")))),
        Arguments.of("4122", bundle("", L1, entry(outcome("warning", "not-supported", "4122")))),
        Arguments.of("no-code", bundle("", L1, entry("{\"resourceType\":\"OperationOutcome\"}"))),
        Arguments.of("informational", outcome("information", "informational", "")),
        Arguments.of(
            "4119", bundle(",\"issues\":" + outcome("information", "incomplete", "4119"), L1)),
        Arguments.of(
            "4130",
            bundle(
                "",
                L1,
                "{\"response\":{\"status\":\"403\",\"outcome\":"
                    + outcome("error", "x", "4130")
                    + "}}")),
        Arguments.of(
            "4131",
            bundle(
                "",
                L1,
                "{\"response\":{\"outcome\":" + outcome("information", "x", "4131") + "}}")),
        Arguments.of(
            "outcome-without-issues",
            bundle(
                "", L1, "{\"resource\":" + lab("l2", "a") + ",\"search\":{\"mode\":\"outcome\"}}")),
        Arguments.of("not-a-searchset", bundle("", L1).replace("searchset", "batch-response")),
        Arguments.of("unreadable-total", bundle(",\"total\":{\"value\":1}", L1)),
        Arguments.of(
            "4119", bundle(",\"issues\":[" + outcome("information", "x", "4119") + "]", L1)),
        Arguments.of(
            "4131",
            bundle(
                "", L1, "{\"response\":{\"outcome\":[" + outcome("warning", "x", "4131") + "]}}")),
        Arguments.of(
            "unreadable-link",
            bundle(",\"link\":[{\"rel\":\"next\",\"href\":\"Observation?page=2\"}]", L1)),
        Arguments.of("unreadable-link", bundle(",\"link\":\"Observation?page=2\"", L1)),
        Arguments.of(
            "next-without-url", bundle(",\"link\":[{\"relation\":\"next\",\"url\":\"\"}]", L1)));
  }

  @ParameterizedTest
  @MethodSource("incompletePages")
  void anIncompleteAnswerDeletesNothingAndIsRedUnlessItsCodeIsAccepted(String code, String page)
      throws IOException {
    clinic.answers(LABS_OF_A, Reply.fhir(200, page));
    clinic.resources.remove("Observation/l2");
    clinic.resources.remove("Condition/c1");

    assertThat(site.crawl("r2")).isEqualTo(5);
    assertThat(site.error("r2")).contains(code + " of Observation?category=laboratory=1");
    assertThat(site.landings()).hasSize(1);

    site.set("crawl.accepted-errors", code);
    assertThat(site.crawl("r2")).isZero();
    assertThat(site.deletions()).containsExactly("Condition/c1");
    assertThat(site.report("r2").path("notes").toString()).contains(code);
  }

  @Test
  void whatIsHarmlessIsComplete() throws IOException {
    clinic.answers(
        LABS_OF_A,
        Reply.fhir(200, bundle(",\"total\":0", entry(outcome("warning", "not-found", "4101")))));
    clinic.resources.remove("Observation/l1");
    clinic.resources.remove("Observation/l2");

    assertThat(site.crawl("r2")).isZero();

    assertThat(site.deletions()).containsExactlyInAnyOrder("Observation/l1", "Observation/l2");
  }

  @Test
  void aTotalIsComparedWithAllPagesAndMayBeTooSmall() throws IOException {
    String next = ",\"link\":[{\"relation\":\"next\",\"url\":\"?page=2\"}]";
    clinic.answers(LABS_OF_A, Reply.fhir(200, bundle(",\"total\":2" + next, L1)));
    clinic.answers(
        "Observation?page=2", Reply.fhir(200, bundle(",\"total\":1", entry(lab("l2", "a")))));
    assertThat(site.crawl("r2")).isZero();

    clinic.answers("Observation?page=2", Reply.fhir(200, bundle("", L1)));
    assertThat(site.crawl("r3")).isEqualTo(5);
    assertThat(site.error("r3")).contains("fewer-than-total of Observation");
  }
}
