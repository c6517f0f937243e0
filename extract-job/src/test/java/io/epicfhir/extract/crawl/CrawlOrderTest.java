package io.epicfhir.extract.crawl;

import static io.epicfhir.extract.crawl.Clinic.outcome;
import static io.epicfhir.extract.crawl.People.condition;
import static io.epicfhir.extract.crawl.People.lab;
import static io.epicfhir.extract.crawl.People.patient;
import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import io.epicfhir.extract.crawl.Clinic.Reply;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Field cases B1, B2, D2 and D3: the order of crawls does not depend on a wrong clock or a lost
 * file.
 */
class CrawlOrderTest {
  @TempDir Path folder;
  private Clinic clinic;
  private CrawlSite site;

  @BeforeEach
  void open() throws IOException {
    clinic = new Clinic();
    clinic.has(patient("a"), condition("c1", "a"), condition("c2", "a"), lab("l1", "a"));
    site = clinic.site(folder, "a");
  }

  @AfterEach
  void close() throws IOException {
    clinic.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"PT87600H", "PT2H", "PT6M", "PT-6M", "PT-48H"})
  void aClockThatIsFarFromThisMachinesIsRefused(Duration wrong) throws IOException {
    clinic.date = Instant.now().plus(wrong);
    assertThat(site.crawl("r1")).isEqualTo(3);
    assertThat(site.error("r1"))
        .contains("the server's clock says " + clinic.date.toString().substring(0, 13))
        .contains("this machine's clock says 20");

    clinic.date = null;
    assertThat(site.crawl("r1")).isZero();
  }

  /** The Date is that of the server's answer, the Age how long a cache has had it: RFC 9111. */
  @Test
  void anAnswerOutOfACacheTellsTheServersTimeAllTheSame() throws IOException {
    clinic.date = Instant.now().minusSeconds(3000);
    clinic.answers(
        "metadata",
        Reply.fhir(200, "{\"resourceType\":\"CapabilityStatement\",\"fhirVersion\":\"4.0.1\"}")
            .with("Age: 3000"));
    Instant before = Instant.now();

    assertThat(site.crawl("r1")).isZero();

    assertThat(site.landings().get(0).transactionTime())
        .isBetween(before.minusSeconds(2), Instant.now());
  }

  @Test
  void aClockThatIsALittleAheadGivesNoTimeOfTheFuture() throws IOException {
    clinic.date = Instant.now().plusSeconds(200);
    assertThat(site.crawl("r1")).isZero();
    assertThat(site.landings().get(0).transactionTime()).isBefore(Instant.now());
  }

  @Test
  void aLandingOfTheFutureCoversNothingAndSupersedesNothing() throws IOException {
    site.withInterval();
    new Landings(site.lake())
        .publish(
            new Landing(
                "wrong",
                "crawl:all",
                Instant.parse("2099-01-01T00:00:00Z"),
                null,
                Instant.now(),
                "etl/r0",
                List.of()));
    assertThat(site.crawl("r1")).isZero();
    assertThat(site.landings()).hasSize(2);
    assertThat(site.landings().get(0).files()).isNotEmpty();
  }

  @Test
  void aCrawlThatWasRedAndIsClearedAfterALaterOneShowsNothing() throws IOException {
    assertThat(site.crawl("r1")).isZero();
    clinic.resources.remove("Condition/c1");
    clinic.answers("Observation?", Reply.fhir(403, outcome("fatal", "x", "4130")));
    assertThat(site.crawl("r2")).isEqualTo(5);

    clinic.rules.clear();
    clinic.has(condition("c1", "a"), condition("c2", "a").replace("}}", "},\"note\":[]}"));
    assertThat(site.crawl("r3")).isZero();
    List<Landing> before = site.landings();
    clinic.asked.clear();

    assertThat(site.crawl("r2")).isZero();

    assertThat(site.landings()).isEqualTo(before);
    assertThat(site.report("r2").path("notes").toString()).contains("is superseded");
    assertThat(clinic.count("Condition")).isZero();
    try (Stream<Path> left = Files.walk(folder.resolve("lake/state/exports"))) {
      assertThat(left.filter(path -> path.toString().contains("staging"))).isEmpty();
    }
    assertThat(site.crawl("r4")).isZero();
    assertThat(site.newest()).isEmpty();
  }

  @Test
  void withoutTheNewestCrawlsIndexEverythingIsNewAndDeletionsAreFoundAllTheSame()
      throws IOException {
    assertThat(site.crawl("r1")).isZero();
    String changed = condition("c2", "a").replace("}}", "},\"note\":[]}");
    clinic.has(changed, condition("c3", "a"), condition("c4", "a"));
    assertThat(site.crawl("r2")).isZero();
    String newest = site.landings().get(1).exportId();
    try (Stream<Path> files = Files.walk(folder.resolve("lake/state/crawl"))) {
      for (Path file : files.filter(p -> p.toString().endsWith(newest + ".idx")).toList()) {
        Files.delete(file);
      }
    }
    clinic.has(condition("c2", "a")); // as r1 saw it: not unchanged, as r2 saw another
    clinic.resources.remove("Condition/c1");
    clinic.resources.remove("Condition/c4"); // only the lost index knew it

    assertThat(site.crawl("r3")).isZero();

    assertThat(site.newest())
        .containsExactlyInAnyOrder(
            patient("a"), condition("c2", "a"), condition("c3", "a"), lab("l1", "a"));
    assertThat(site.deletions()).containsExactlyInAnyOrder("Condition/c1", "Condition/c4");
    assertThat(site.crawl("r4")).isZero();
    assertThat(site.newest()).isEmpty();
    assertThat(site.deletions()).isEmpty();
  }
}
