package io.epicfhir.extract.crawl;

import static io.epicfhir.extract.crawl.People.condition;
import static io.epicfhir.extract.crawl.People.lab;
import static io.epicfhir.extract.crawl.People.patient;
import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.job.JobRunner;
import io.epicfhir.common.lake.LandedFile;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.extract.Cancel;
import io.epicfhir.extract.Extract;
import io.epicfhir.extract.KickOff;
import io.epicfhir.extract.crawl.Clinic.Reply;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A bronze file of a crawl is damaged, and a later crawl shows only what changed after it. */
class DamagedCrawlTest {
  private static final String CHANGED = condition("c2", "a").replace("}}", "},\"note\":[]}");

  @TempDir Path folder;
  private Clinic clinic;
  private CrawlSite site;

  /** Two crawls; the second one brings one change and one resource that is read by reference. */
  @BeforeEach
  void open() throws IOException {
    clinic = new Clinic();
    clinic.has(
        patient("a"),
        condition("c1", "a"),
        condition("c2", "a"),
        condition("c3", "a"),
        performed("l1"),
        "{\"resourceType\":\"Practitioner\",\"id\":\"dr\"}");
    site = clinic.site(folder, "a");
    site.set("extract.by", "crawl");
    assertThat(crawl("r1")).isZero();
    clinic.has(CHANGED);
    assertThat(crawl("r2")).isZero();
    assertThat(site.newest()).containsExactly(CHANGED);
  }

  @AfterEach
  void close() throws IOException {
    clinic.close();
  }

  private static String performed(String id) {
    return lab(id, "a")
        .replace("\"subject\"", "\"performer\":[{\"reference\":\"Practitioner/dr\"}],\"subject\"");
  }

  private int crawl(String run) throws IOException {
    int begun = JobRunner.run(new KickOff(), site.arguments(run));
    return begun == 0 ? extract(run) : begun;
  }

  private int extract(String run) throws IOException {
    return JobRunner.run(new Extract(), site.arguments(run));
  }

  private void damage(Landing landing) throws IOException {
    Landing.File file = landing.files().get(0);
    try (RandomAccessFile bytes =
        new RandomAccessFile(folder.resolve("lake").resolve(file.path()).toFile(), "rw")) {
      bytes.setLength(file.bytes() / 2);
    }
  }

  private void everythingIsThere() throws IOException {
    List<String> all = new ArrayList<>();
    for (Landing landing : site.landings()) {
      for (Landing.File file : landing.files()) {
        assertThat(LandedFile.anyProblem(site.lake(), file)).isEmpty();
      }
      all.addAll(site.resources(landing, Landing.Kind.RESOURCES));
    }
    assertThat(all)
        .contains(
            patient("a"),
            condition("c1", "a"),
            CHANGED,
            performed("l1"),
            "{\"resourceType\":\"Practitioner\",\"id\":\"dr\"}");
    Landing full =
        site.landings().stream()
            .filter(landing -> landing.since() == null)
            .findFirst()
            .orElseThrow();
    assertThat(full.transactionTime())
        .as("after the crawl that shows changes only")
        .isEqualTo(site.landings().get(site.landings().size() - 1).transactionTime());
  }

  @Test
  void whatIsTakenBackComesWithTheNextCrawl() throws IOException {
    List<String> arguments = new ArrayList<>(List.of(site.arguments("r3")));
    String first = site.landings().get(0).exportId();
    arguments.addAll(List.of("--export", first, "--mode", "take-back"));

    assertThat(JobRunner.run(new Cancel(), arguments.toArray(String[]::new))).isZero();

    assertThat(extract("r2")).as("no run is green until then").isEqualTo(5);
    assertThat(crawl("r3")).isZero();
    everythingIsThere();
  }

  @Test
  void whatADamagedCrawlBroughtComesAgainThoughALaterOneHasLanded() throws IOException {
    damage(site.landings().get(0));
    clinic.resources.remove("Condition/c3");

    assertThat(extract("r1")).isZero();

    assertThat(site.landings()).hasSize(2);
    everythingIsThere();
    assertThat(site.deletions()).as("gone since").containsExactly("Condition/c3");
    assertThat(site.report("r1").path("notes").toString())
        .contains("was withdrawn", "requests everything again");
    assertThat(crawl("r3")).isZero();
    assertThat(site.newest()).as("nothing has changed").isEmpty();
    assertThat(site.deletions()).isEmpty();
  }

  @Test
  void untilItHasNoRunIsGreenAndNothingSoundIsRemoved() throws IOException {
    Landing first = site.landings().get(0);
    damage(first);
    clinic.rules.add(path -> Optional.of(Reply.of(503, "text/plain", "")));
    assertThat(extract("r1")).isEqualTo(4);
    clinic.rules.clear();
    first.files().stream()
        .skip(1)
        .forEach(file -> assertThat(folder.resolve("lake").resolve(file.path())).exists());

    assertThat(extract("r2")).isEqualTo(5);

    assertThat(site.error("r2"))
        .contains("export " + first.exportId() + " was withdrawn")
        .contains("Clear the task extract of run etl/r1");
    assertThat(extract("r1")).isZero();
    everythingIsThere();
    assertThat(extract("r2")).isZero();
  }

  @Test
  void theNextCrawlBringsItToo() throws IOException {
    damage(site.landings().get(0));
    site.settings.put("crawl.changed-since.Condition", "\"_lastUpdated=ge{since}\"");
    clinic.rules.add(path -> Optional.of(Reply.of(503, "text/plain", "")));
    assertThat(extract("r1")).isEqualTo(4);
    clinic.rules.clear();

    assertThat(crawl("r3")).isZero();

    everythingIsThere();
    assertThat(clinic.asked).noneMatch(path -> path.contains("_lastUpdated"));
    clinic.asked.clear();
    assertThat(extract("r1")).as("the later one has it all").isZero();
    assertThat(clinic.count("Condition")).isZero();
    assertThat(extract("r2")).isZero();
    everythingIsThere();
  }

  /** A damaged newest one keeps its place: no later one builds on it. */
  @Test
  void theNewestOneIsTakenAgainAsItWasBegun() throws IOException {
    Landing second = site.landings().get(1);
    damage(second);

    assertThat(extract("r2")).isZero();

    assertThat(site.landings().get(1).transactionTime()).isEqualTo(second.transactionTime());
    assertThat(site.newest()).containsExactly(CHANGED);
  }
}
