package io.epicfhir.extract.crawl;

import static io.epicfhir.extract.crawl.Clinic.bundle;
import static io.epicfhir.extract.crawl.Clinic.entry;
import static io.epicfhir.extract.crawl.Clinic.outcome;
import static io.epicfhir.extract.crawl.People.condition;
import static io.epicfhir.extract.crawl.People.patient;
import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.extract.crawl.Clinic.Reply;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Resources that a search brings along (_include, _revinclude), of a type that nothing asks for.
 */
class BroughtAlongTest {
  private static final String PROVENANCE =
      "{\"resourceType\":\"Provenance\",\"id\":\"pr1\",\"target\":[{\"reference\":\"Condition/c1\"}]}";

  @TempDir Path folder;
  private Clinic clinic;
  private CrawlSite site;

  @BeforeEach
  void aNightThatBroughtOne() throws IOException {
    clinic = new Clinic();
    clinic.has(patient("a"), condition("c1", "a"));
    site = clinic.site(folder, "a");
    brings(entry(PROVENANCE).replace("match", "include"));
    assertThat(site.crawl("r1")).isZero();
    assertThat(site.newest()).contains(PROVENANCE);
  }

  @AfterEach
  void close() throws IOException {
    clinic.close();
  }

  private void brings(String... along) {
    clinic.rules.clear();
    String[] entries = new String[along.length + 1];
    entries[0] = entry(condition("c1", "a"));
    System.arraycopy(along, 0, entries, 1, along.length);
    clinic.answers("Condition?patient=a", Reply.fhir(200, bundle("", entries)));
  }

  @Test
  void whatComesNoMoreIsReadAndDeletedWhereItIsGone() throws IOException {
    brings();

    assertThat(site.crawl("r2")).isZero();

    assertThat(site.deletions()).containsExactly("Provenance/pr1");
    assertThat(clinic.count("Provenance/pr1")).isEqualTo(1);
    assertThat(site.crawl("r3")).isZero();
    assertThat(clinic.count("Provenance/pr1")).isEqualTo(1);
  }

  @Test
  void theSameWhereTheSearchThatBroughtItWasEdited() throws IOException {
    brings();
    Clinic.plan(
        site,
        "Patient = \"_id={patient}\", Condition = \"patient={patient}&_revinclude=Provenance:target\"");

    assertThat(site.crawl("r2")).isZero();

    assertThat(site.deletions()).containsExactly("Provenance/pr1");
  }

  @Test
  void whatIsStillThereStaysAndIsFollowed() throws IOException {
    brings();
    String changed = PROVENANCE.replace("\"id\"", "\"recorded\":\"2026\",\"id\"");
    clinic.has(changed);

    assertThat(site.crawl("r2")).isZero();

    assertThat(site.newest()).containsExactly(changed);
    assertThat(site.report("r2").at("/result/kept/Provenance").asInt()).isEqualTo(1);
    clinic.resources.remove("Provenance/pr1");
    assertThat(site.crawl("r3")).isZero();
    assertThat(site.deletions()).containsExactly("Provenance/pr1");
  }

  @Test
  void whatCannotBeReadStaysAndIsCounted() throws IOException {
    brings();
    clinic.answers("Provenance/", Reply.fhir(403, outcome("error", "forbidden", "")));

    assertThat(site.crawl("r2")).isZero();

    assertThat(site.deletions()).isEmpty();
    assertThat(site.report("r2").at("/result/unconfirmed/Provenance").asInt()).isEqualTo(1);
  }

  @Test
  void asManyAsAreNotReadMakeTheRunRed() throws IOException {
    brings();
    site.set("crawl.max-confirmations", "0");

    assertThat(site.crawl("r2")).isEqualTo(5);

    assertThat(site.error("r2")).contains("{Provenance=1}", "crawl.max-confirmations");
  }

  @Test
  void aSearchThatWasIncompleteOrIsAskedNoMoreSaysNothing() throws IOException {
    clinic.rules.clear();
    clinic.answers("Condition?patient=a", Reply.fhir(403, outcome("error", "x", "4130")));
    site.set("crawl.accepted-errors", "4130");
    assertThat(site.crawl("r2")).isZero();

    Clinic.plan(site, "Patient = \"_id={patient}\"");
    assertThat(site.crawl("r3")).isZero();

    assertThat(site.deletions()).isEmpty();
    assertThat(clinic.count("Provenance/")).isZero();
  }
}
