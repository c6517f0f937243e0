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
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Field case F8 and break the glass: one patient's bad answer stops only itself. */
class OneBadPatientTest {
  private static final String PAGE = "<html><body>Oops</body></html>";

  @TempDir Path folder;
  private Clinic clinic;
  private CrawlSite site;

  @BeforeEach
  void open() throws IOException {
    clinic = new Clinic();
    for (int i = 0; i < 10; i++) {
      clinic.has(patient("p" + i), condition("c" + i, "p" + i), lab("l" + i, "p" + i));
    }
    String[] ids = IntStream.range(0, 10).mapToObj(i -> "p" + i).toArray(String[]::new);
    site = clinic.site(folder, ids);
  }

  @AfterEach
  void close() throws IOException {
    clinic.close();
  }

  static Stream<Arguments> answers() {
    return Stream.of(
        Arguments.of("http-500", Reply.of(500, "text/html", PAGE)),
        Arguments.of("http-502", Reply.of(502, "text/html", PAGE)),
        Arguments.of("http-504", Reply.of(504, "text/html", PAGE)),
        Arguments.of("http-503", Reply.of(503, "text/html", PAGE)),
        Arguments.of("http-429", Reply.of(429, "text/plain", "")),
        Arguments.of("http-503", inAnHour(503)),
        Arguments.of("http-429", inAnHour(429)),
        Arguments.of("broken-answer", Reply.of(200, "text/html", PAGE)),
        Arguments.of("broken-answer", Reply.fhir(200, "{\"resourceType\":\"Bund")),
        Arguments.of("http-501", Reply.of(501, "text/plain", "")),
        Arguments.of("transient", Reply.fhir(500, outcome("error", "transient", ""))),
        Arguments.of("59188", Reply.fhir(500, outcome("fatal", "exception", "59188"))),
        Arguments.of("4130", Reply.fhir(403, outcome("fatal", "suppressed", "4130"))),
        Arguments.of("http-403", Reply.of(403, "text/html", PAGE)),
        Arguments.of("http-400", Reply.of(400, "text/html", PAGE)),
        Arguments.of("4107", Reply.fhir(302, outcome("fatal", "processing", "4107"))),
        Arguments.of("http-302", Reply.of(302, "text/plain", "")),
        Arguments.of("http-401", Reply.of(401, "text/plain", "")),
        Arguments.of("http-202", Reply.fhir(202, bundle("", entry(condition("c3", "p3"))))),
        Arguments.of("http-206", Reply.fhir(206, bundle("", entry(condition("c3", "p3"))))),
        Arguments.of("http-204", Reply.of(204, "text/plain", "")),
        Arguments.of(
            "unusable-answer",
            redirect("https://other.example.org/R4/Condition?patient=p3&_count=200")),
        Arguments.of("unusable-answer", redirect("mailto:x@y")),
        Arguments.of("unusable-answer", redirect(" ")),
        Arguments.of("http-500", Reply.of(500, "text/html", PAGE).with("Content-Encoding: br")),
        Arguments.of("http-404", Reply.of(404, "text/html", PAGE).with("Content-Encoding: gzip")),
        Arguments.of("broken-answer", Reply.fhir(200, "{}").with("Content-Encoding: deflate")),
        Arguments.of("unreadable-link", next("urn:uuid:1234")),
        Arguments.of("link-to-another-origin", next("https://other.example.org/R4?page=2")));
  }

  private static Reply inAnHour(int status) {
    return Reply.of(status, "text/plain", "").with("Retry-After: 3600");
  }

  private static Reply redirect(String location) {
    return Reply.of(302, "text/plain", "").with("Location: " + location);
  }

  private static Reply next(String url) {
    return Reply.fhir(
        200,
        bundle(
            ",\"link\":[{\"relation\":\"next\",\"url\":\"" + url + "\"}]",
            entry(condition("c33", "p0"))));
  }

  @ParameterizedTest
  @MethodSource("answers")
  void theRestIsDoneAndTheRunIsRedUnlessTheCodeIsAccepted(String code, Reply reply)
      throws IOException {
    clinic.answers("Condition?patient=p3", reply);

    assertThat(site.crawl("r1")).isEqualTo(5);
    assertThat(site.error("r1")).contains("1 of 30 searches").contains(code + " of Condition=1");
    assertThat(clinic.count("Observation?")).isEqualTo(10);

    site.set("crawl.accepted-errors", code);
    assertThat(site.crawl("r1")).isZero();
    assertThat(site.newest()).filteredOn(line -> !line.contains("c33")).hasSize(29);
    assertThat(clinic.count("Observation?")).as("nothing else is asked again").isEqualTo(10);
  }

  @ParameterizedTest
  @ValueSource(ints = {500, 502, 503, 504})
  void aServerThatIsDownEndsTheRunAndRefusesNothing(int status) throws IOException {
    clinic.answers("", Reply.of(status, "text/html", PAGE));
    clinic.answers("metadata", Reply.fhir(200, "{\"resourceType\":\"CapabilityStatement\"}"));

    assertThat(site.crawl("r1")).isEqualTo(4);

    assertThat(site.error("r1")).contains("20 requests in a row").contains("rerun");
    clinic.rules.clear();
    assertThat(site.crawl("r1")).isZero();
    assertThat(site.newest()).hasSize(30);
  }

  @Test
  void aServerThatWantsNoRequestsForAnHourGetsNoMoreThanAFew() throws IOException {
    clinic.answers("Condition", inAnHour(503));
    clinic.answers("Patient", inAnHour(503));
    clinic.answers("Observation", inAnHour(503));
    clinic.rules.add(
        path ->
            clinic.count("metadata") > 1
                ? java.util.Optional.of(inAnHour(503))
                : java.util.Optional.empty());

    assertThat(site.crawl("r1")).isEqualTo(4);

    assertThat(site.error("r1")).contains("rerun");
    // What was in flight with the first one, the probe, and the metadata before and after it.
    assertThat(clinic.asked.size()).isLessThanOrEqualTo(4 + 1 + 2 + 1);
    assertThat(site.landings()).isEmpty();
  }

  /** With the address but no ids, and with the server's own name of the request. */
  @Test
  void aRefusalIsToldSoThatTheOperatorFindsTheRequest() throws IOException {
    String requestId = "7f1c2f9e-6a3b-4d5e-8f70-112233445566";
    clinic.answers(
        "Condition?patient=p3",
        Reply.fhir(400, outcome("error", "invalid", "59100")).with("X-Request-Id: " + requestId));

    assertThat(site.crawl("r1")).isEqualTo(5);

    String at = "[GET " + clinic.base() + "/Condition]";
    assertThat(site.error("r1")).contains(requestId, at).doesNotContain("p3");
    assertThat(site.quarantine("line")).hasSize(1).first().asString().contains(requestId, at);
  }

  /** Jackson's own limit of a text is 20 million characters. */
  @Test
  void aPatientWithALargePhotoIsTakenInLikeTheOthers() throws IOException {
    String photo = "\"photo\":[{\"data\":\"" + "A".repeat(21_000_000) + "\"}],\"id\"";
    clinic.has(patient("p3").replace("\"id\"", photo));
    assertThat(site.crawl("r1")).isZero();
    assertThat(site.newest()).hasSize(30).contains(clinic.resources.get("Patient/p3"));
  }

  static Stream<Reply> sick() {
    return Stream.of(Reply.of(500, "text/html", PAGE), inAnHour(503));
  }

  @ParameterizedTest
  @MethodSource("sick")
  void oneSickPatientOfManySearchesEndsNothing(Reply reply) throws IOException {
    Clinic.plan(
        site,
        "Patient = \"_id={patient}\", Condition = ["
            + IntStream.range(0, 30)
                .mapToObj(i -> "\"patient={patient}&category=" + i + "\"")
                .collect(Collectors.joining(","))
            + "]");
    clinic.answers("Condition?patient=p0", reply); // the first of all
    site.set("source.max-in-flight", "1");
    assertThat(site.crawl("r1")).isEqualTo(5);
    assertThat(site.error("r1")).contains("30 of 310 searches");
  }

  @ParameterizedTest
  @MethodSource("sick")
  void oneTypeThatCannotBeReadEndsNothing(Reply reply) throws IOException {
    for (int i = 0; i < 25; i++) {
      String recorder = "\"recorder\":{\"reference\":\"Practitioner/d" + i + "\"},\"subject\"";
      clinic.has(condition("y" + i, "p1").replace("\"subject\"", recorder));
    }
    clinic.answers("Practitioner/", reply);
    String code = "http-" + reply.status();
    assertThat(site.crawl("r1")).isEqualTo(5);
    assertThat(site.error("r1")).contains(code + "=25");

    site.set("crawl.accepted-errors", code);
    assertThat(site.crawl("r1")).as("nothing but these reads is asked").isZero();
    assertThat(site.newest()).hasSize(55);
  }

  @Test
  void aServerThatTakesNoTokenOfOursEndsTheRun() throws IOException {
    clinic.answers("", Reply.of(401, "text/plain", ""));
    clinic.answers("metadata", Reply.fhir(200, "{\"resourceType\":\"CapabilityStatement\"}"));
    assertThat(site.crawl("r1")).isEqualTo(3);
    assertThat(site.error("r1")).contains("401", "source.scopes");
  }

  @Test
  void aProxyWithoutItsServerEndsTheRunAtOnce() throws IOException {
    assertThat(site.crawl("r1")).isZero();
    clinic.rules.add(
        path ->
            clinic.asked.size() > 60
                ? java.util.Optional.of(Reply.of(503, "text/html", PAGE))
                : java.util.Optional.empty());

    assertThat(site.crawl("r2")).isEqualTo(4);
    assertThat(site.error("r2")).contains("503");
  }
}
