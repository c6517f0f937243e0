package io.epicfhir.extract.crawl;

import static io.epicfhir.extract.crawl.Clinic.bundle;
import static io.epicfhir.extract.crawl.Clinic.entry;
import static io.epicfhir.extract.crawl.Clinic.outcome;
import static io.epicfhir.extract.crawl.People.patient;
import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.extract.crawl.Clinic.Reply;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A patient's name in each place of an answer where a server could put it. */
class CanaryTest {
  private static final String CANARY = "CANARY";

  @TempDir Path folder;

  static Stream<Reply> answers() {
    String withId = patient("CANARY-id");
    return Stream.of(
        Reply.fhir(400, outcome("error", "CANARY", "CANARY0012345678")),
        Reply.fhir(200, bundle("", entry(outcome("warning", "CANARY-1", "CANARY")))),
        Reply.fhir(403, outcome("error", "forbidden", "")).with("X-Request-Id: CANARY-7"),
        Reply.of(500, "text/html", "<h1>CANARY</h1>"),
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
  void itIsInNoReportAndNoRecord(Reply reply) throws IOException {
    try (Clinic clinic = new Clinic()) {
      clinic.has(patient("a"));
      CrawlSite site = clinic.site(folder, "a");
      clinic.answers("Condition?", reply);

      int exit = site.crawl("r1");

      assertThat(exit).isIn(3, 4, 5);
      assertThat(site.error("r1")).isNotEmpty();
      for (String place : List.of("metrics", "audit", "state/landings")) {
        assertThat(filesWithCanary(folder.resolve("lake").resolve(place))).as(place).isEmpty();
      }
    }
  }

  private static List<Path> filesWithCanary(Path root) throws IOException {
    if (!Files.exists(root)) {
      return List.of();
    }
    try (Stream<Path> found = Files.walk(root)) {
      return found.filter(Files::isRegularFile).filter(CanaryTest::hasCanary).toList();
    }
  }

  private static boolean hasCanary(Path file) {
    try {
      return Files.readString(file, StandardCharsets.ISO_8859_1).contains(CANARY);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
