package io.epicfhir.extract.crawl;

import static io.epicfhir.extract.crawl.Clinic.bundle;
import static io.epicfhir.extract.crawl.Clinic.entry;
import static io.epicfhir.extract.crawl.Clinic.outcome;
import static io.epicfhir.extract.crawl.People.patient;
import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.Canaries;
import io.epicfhir.common.CapturedLog;
import io.epicfhir.extract.crawl.Clinic.Reply;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A patient's name in each place of an answer where a server could put it. */
class CanaryTest {
  /** Data, the spool with it, and the index of ids by which a crawl finds what is gone. */
  private static final String[] HOLD_IDS = {"bronze", "quarantine", "state/exports", "state/crawl"};

  @TempDir Path folder;

  static Stream<Reply> answers() {
    String withId = patient("CANARY-id");
    return Stream.of(
        Reply.fhir(400, outcome("error", "CANARY", "CANARY0012345678")),
        Reply.fhir(200, bundle("", entry(outcome("warning", "CANARY-1", "CANARY")))),
        Reply.fhir(403, outcome("error", "forbidden", "")).with("X-Request-Id: CANARY-7"),
        Reply.of(500, "text/html", "<h1>CANARY</h1>"),
        Reply.fhir(401, "").with("WWW-Authenticate: Bearer error=\"CANARY\""),
        Reply.fhir(404, outcome("error", "not-found", "CANARY")).with("Link: <CANARY>; rel=CANARY"),
        Reply.fhir(200, bundle(",\"total\":\"CANARY\"", entry(withId))),
        Reply.fhir(200, bundle(",\"type\":\"CANARY\",\"id\":\"CANARY\"", "null")),
        Reply.of(200, "application/CANARY", "CANARY"),
        Reply.of(400, "text/CANARY", "CANARY"),
        Reply.fhir(200, "{\"resourceType\":\"CANARY\", CANARY"),
        Reply.fhir(302, "").with("Location: /R4/Patient/CANARY?name=CANARY"),
        Reply.fhir(200, "[]").with("Content-Encoding: CANARY"),
        Reply.fhir(503, "").with("Retry-After: CANARY"),
        Reply.fhir(
            200,
            bundle(
                ",\"link\":[{\"relation\":\"next\",\"url\":\"ftp://CANARY/CANARY\"}]",
                entry(withId))),
        Reply.fhir(
            200,
            bundle(
                "",
                entry(withId.replace("\"Patient\"", "\"CANARY\"")),
                entry("{\"CANARY\":\"CANARY\"}"))));
  }

  @ParameterizedTest
  @MethodSource("answers")
  void itIsInNoLogAndOnlyInFilesThatHoldData(Reply reply) throws IOException {
    try (Clinic clinic = new Clinic();
        CapturedLog log = new CapturedLog()) {
      clinic.has(patient("a"));
      CrawlSite site = clinic.site(folder, "a");
      clinic.answers("Condition?", reply);

      int exit = site.crawl("r1");

      assertThat(exit).isIn(3, 4, 5);
      assertThat(site.error("r1")).isNotEmpty();
      assertThat(Canaries.in(folder.resolve("lake"), HOLD_IDS)).isEmpty();
      assertThat(log.text()).contains("Cannot").doesNotContain(Canaries.CANARY);
    }
  }
}
