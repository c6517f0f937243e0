package io.epicfhir.extract.crawl;

import static io.epicfhir.extract.crawl.Clinic.outcome;
import static io.epicfhir.extract.crawl.People.condition;
import static io.epicfhir.extract.crawl.People.lab;
import static io.epicfhir.extract.crawl.People.patient;
import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.extract.crawl.Clinic.Reply;
import java.io.IOException;
import java.nio.file.Path;
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
        Arguments.of("broken-answer", Reply.of(200, "text/html", PAGE)),
        Arguments.of("broken-answer", Reply.fhir(200, "{\"resourceType\":\"Bund")),
        Arguments.of("http-501", Reply.of(501, "text/plain", "")),
        Arguments.of("transient", Reply.fhir(500, outcome("error", "transient", ""))),
        Arguments.of("59188", Reply.fhir(500, outcome("fatal", "exception", "59188"))),
        Arguments.of("4130", Reply.fhir(403, outcome("fatal", "suppressed", "4130"))),
        Arguments.of("http-403", Reply.of(403, "text/html", PAGE)),
        Arguments.of("http-400", Reply.of(400, "text/html", PAGE)),
        Arguments.of("4107", Reply.fhir(302, outcome("fatal", "processing", "4107"))),
        Arguments.of("http-302", Reply.of(302, "text/plain", "")));
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
    assertThat(site.newest()).hasSize(29);
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
