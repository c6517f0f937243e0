package io.epicfhir.extract.crawl;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.optout.KeptOut;
import io.epicfhir.common.optout.OptOutList;
import io.epicfhir.common.optout.OptOuts;
import io.epicfhir.extract.crawl.index.HeldDocument;
import io.epicfhir.extract.crawl.index.IndexErasure;
import io.epicfhir.extract.crawl.index.IndexFolder;
import io.epicfhir.extract.crawl.index.Readmitted;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A crawl does not ask for who is on the list, forgets what it saw of them, and takes them back.
 */
class CrawlOptOutTest {
  private static final String ANNA = "eAnna00112233445566";
  private static final String BERT = "eBert1234567890abc";

  @TempDir Path folder;

  private static String condition(String id, String patient) {
    return "{\"resourceType\":\"Condition\",\"id\":\"%s\",\"subject\":{\"reference\":\"Patient/%s\"}}"
        .formatted(id, patient);
  }

  private static String patient(String id) {
    return "{\"resourceType\":\"Patient\",\"id\":\"" + id + "\"}";
  }

  @Test
  void theyAreNotAskedForAndComeBackWhenTheyMay() throws IOException {
    try (Clinic clinic = new Clinic();
        CrawlSite site = clinic.site(folder, ANNA, BERT)) {
      clinic.has(patient(ANNA), patient(BERT));
      clinic.has(condition("cHers112233", ANNA), condition("cHis1122334455", BERT));
      clinic.has(condition("cBoth99887766", BERT));
      assertThat(site.crawl("r1")).isZero();
      assertThat(site.newest()).hasSize(5);
      new IndexFolder(site.lake(), "all")
          .documentsLeft(
              "left",
              List.of(
                  new HeldDocument("bHers11223344", ANNA, "text/rtf"),
                  new HeldDocument("bHis11223344", BERT, "text/rtf")));
      assertThat(state()).contains(ANNA, "cHers112233", "bHers11223344");

      OptOutList list = new OptOutList(site.lake());
      list.add(
          List.of(new OptOutList.Person(new TreeSet<>(Set.of("Patient/" + ANNA)), Set.of())),
          List.of("Condition/cHers112233"));
      assertThat(new IndexErasure(site.lake(), list.load()).run()).isPositive();
      assertThat(state()).doesNotContain(ANNA).doesNotContain("cHers").contains(BERT, "bHis");
      assertThat(state()).as("her documents that were left to another day").doesNotContain("bHers");
      clinic.asked.clear();
      // What is Bert's names her now: it stays out with its text.
      clinic.has(
          condition("cBoth99887766", BERT + "\"},\"asserter\":{\"reference\":\"Patient/" + ANNA));
      assertThat(site.crawl("r2")).isZero();

      assertThat(clinic.asked).noneMatch(path -> path.contains(ANNA));
      assertThat(site.newest()).as("nothing new, nothing deleted").isEmpty();
      assertThat(site.deletions()).isEmpty();
      assertThat(site.report("r2").at("/result/opted_out/Condition").asInt()).isEqualTo(1);
      Landing second = site.landings().get(site.landings().size() - 1);
      assertThat(KeptOut.read(site.lake(), second))
          .as("the tables have it as his")
          .containsExactly(KeptOut.entry("Condition/cBoth99887766", list.hasher().orElseThrow()));
      assertThat(state()).doesNotContain(ANNA).doesNotContain("cHers");

      assertThat(list.remove(Set.of("Patient/" + ANNA))).isEqualTo(1);
      assertThat(site.crawl("r3")).isZero();
      assertThat(site.newest())
          .hasSize(3)
          .anyMatch(line -> line.contains("cHers112233"))
          .anyMatch(line -> line.contains("cBoth99887766"));
      assertThat(list.load()).isSameAs(OptOuts.NONE);

      Readmitted.note(site.lake(), Instant.now()); // as --mode readmit does
      clinic.date = Instant.now().plusSeconds(5); // not before it, as whole seconds may be
      assertThat(site.crawl("r4")).isZero();
      assertThat(site.newest()).as("the tables may have lost any of it with her").hasSize(5);
      assertThat(site.crawl("r5")).isZero();
      assertThat(site.newest()).as("once").isEmpty();
    }
  }

  @Test
  void whomSheWasMergedIntoStaysOutWithTheDocuments() throws IOException {
    String survivor = "eNewAnna998877665544";
    try (Clinic clinic = new Clinic();
        CrawlSite site = clinic.site(folder, survivor, BERT)) {
      site.set("crawl.attachments.enabled", "true");
      Clinic.plan(site, "Patient = \"_id={patient}\", DocumentReference = \"patient={patient}\"");
      String link =
          "\"link\":[{\"other\":{\"reference\":\"Patient/%s\"},\"type\":\"replaces\"}]"
              .formatted(ANNA);
      clinic.has(patient(survivor).replace("}", "," + link + "}"), patient(BERT));
      clinic.has(document("dNew11223344", survivor, "bHers11223344"));
      clinic.has(document("dHis11223344", BERT, "bHis11223344"));
      clinic.has(binary("bHers11223344"), binary("bHis11223344"));
      site.set("crawl.max-rejected-share", "1.0");
      clinic.has(document("dBroken112233", survivor, "bHersBroken1122"));
      clinic.has(document("dHisBroken112233", BERT, "bHisBroken1122"));
      clinic.has(
          binary("bHersBroken1122").replace("\"data\"", "\"resourceType\":\"Binary\",\"data\""),
          binary("bHisBroken1122").replace("\"data\"", "\"resourceType\":\"Binary\",\"data\""));
      new OptOutList(site.lake())
          .add(
              List.of(new OptOutList.Person(new TreeSet<>(Set.of("Patient/" + ANNA)), Set.of())),
              List.of());

      assertThat(site.crawl("r1")).isZero();

      assertThat(site.newest())
          .hasSize(4)
          .noneMatch(line -> line.contains("bHers"))
          .anyMatch(line -> line.contains("bHis11223344"));
      assertThat(site.quarantine("line")).singleElement().asString().contains("bHisBroken1122");
      assertThat(state()).doesNotContain(ANNA);
    }
  }

  /** Bert's id leads to Anna's record: by a redirect, or by his record's own link. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whoWasMergedIntoHerStaysOutAndSheIsNotSearchedFor(boolean redirected) throws IOException {
    String carl = "eCarl00112233445566";
    try (Clinic clinic = new Clinic();
        CrawlSite site = clinic.site(folder, BERT, carl)) {
      clinic.has(patient(BERT), patient(carl), patient(ANNA));
      clinic.has(condition("cHis1122334455", BERT), condition("cCarl112233445", carl));
      assertThat(site.crawl("r1")).isZero();
      new OptOutList(site.lake())
          .add(
              List.of(new OptOutList.Person(new TreeSet<>(Set.of("Patient/" + ANNA)), Set.of())),
              List.of());
      if (redirected) {
        Clinic.Reply reply =
            Clinic.Reply.fhir(302, Clinic.outcome("fatal", "processing", "4107"))
                .with("Location: " + clinic.base() + "/Patient/" + ANNA);
        clinic.rules.add(path -> path.contains(BERT) ? Optional.of(reply) : Optional.empty());
      } else {
        clinic.has(
            patient(BERT)
                .replace(
                    "}",
                    ",\"link\":[{\"other\":{\"reference\":\"Patient/"
                        + ANNA
                        + "\"},\"type\":\"replaced-by\"}]}"));
      }
      clinic.asked.clear();

      assertThat(site.crawl("r2")).isZero();

      assertThat(clinic.asked).noneMatch(path -> path.contains(ANNA));
      assertThat(state()).doesNotContain(ANNA);
      Landing second = site.landings().get(site.landings().size() - 1);
      assertThat(KeptOut.read(site.lake(), second))
          .as("transform lets his chart go")
          .contains(
              KeptOut.entry("Patient/" + BERT, new OptOutList(site.lake()).hasher().orElseThrow()));
      assertThat(site.deletions()).isEmpty();
      clinic.asked.clear();
      assertThat(site.crawl("r3")).isZero();
      assertThat(clinic.asked).noneMatch(path -> path.contains(ANNA) || path.contains(BERT));
      assertThat(state()).doesNotContain(ANNA).doesNotContain(BERT);

      // The hospital undoes the merge: the tables have nothing of him, though it is as in r1.
      clinic.rules.clear();
      clinic.has(patient(BERT));
      assertThat(new OptOutList(site.lake()).remove(Set.of("Patient/" + BERT))).isEqualTo(1);
      assertThat(site.crawl("r4")).isZero();
      assertThat(site.newest())
          .containsExactlyInAnyOrder(patient(BERT), condition("cHis1122334455", BERT));
    }
  }

  /**
   * The crawl that finds it out does not land, and no later one asks for him: not where the cohort
   * still names him, whom another cohort's crawl brought, and not where it names him no more.
   */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whoWasMergedIntoHerIsNamedByTheNextCrawlThatLands(boolean left) throws IOException {
    String carl = "eCarl00112233445566";
    try (Clinic clinic = new Clinic();
        CrawlSite site = clinic.site(folder, BERT, carl)) {
      clinic.has(patient(BERT), patient(carl), patient(ANNA));
      clinic.has(condition("cHis1122334455", BERT), condition("cCarl112233445", carl));
      site.set("crawl.name", left ? "all" : "others");
      assertThat(site.crawl("r1")).isZero();
      site.set("crawl.name", "all");
      OptOutList list = new OptOutList(site.lake());
      list.add(
          List.of(new OptOutList.Person(new TreeSet<>(Set.of("Patient/" + ANNA)), Set.of())),
          List.of());
      new IndexErasure(site.lake(), list.load()).run();
      Clinic.Reply reply =
          Clinic.Reply.fhir(302, Clinic.outcome("fatal", "processing", "4107"))
              .with("Location: " + clinic.base() + "/Patient/" + ANNA);
      clinic.rules.add(path -> path.contains(BERT) ? Optional.of(reply) : Optional.empty());
      clinic.answers("Condition?patient=" + carl, Clinic.Reply.of(400, "text/html", ""));
      assertThat(site.crawl("r2")).isEqualTo(5);
      assertThat(site.landings()).hasSize(1);
      assertThat(list.load().has("Patient", BERT)).as("he is on the list already").isTrue();
      clinic.rules.remove(0);
      if (left) {
        Files.writeString(folder.resolve("ids.txt"), carl + "\n");
      }
      clinic.asked.clear();

      assertThat(site.crawl("r3")).isZero();

      assertThat(clinic.asked).noneMatch(path -> path.contains(ANNA) || path.contains(BERT));
      Landing third = IndexFolder.landings(site.lake(), "crawl:all").findFirst().orElseThrow();
      assertThat(KeptOut.read(site.lake(), third))
          .as("transform lets his chart go")
          .contains(KeptOut.entry("Patient/" + BERT, list.hasher().orElseThrow()));
      assertThat(site.deletions()).isEmpty();
    }
  }

  @Test
  void whatMovedToAnotherPatientComesWithItsDocuments() throws IOException {
    try (Clinic clinic = new Clinic();
        CrawlSite site = clinic.site(folder, BERT)) {
      site.set("crawl.attachments.enabled", "true");
      Clinic.plan(site, "Patient = \"_id={patient}\", DocumentReference = \"patient={patient}\"");
      clinic.has(patient(BERT), document("dMoved112233", BERT, "bMoved11223344"));
      clinic.has(binary("bMoved11223344"));
      new OptOutList(site.lake())
          .add(
              List.of(new OptOutList.Person(new TreeSet<>(Set.of("Patient/" + ANNA)), Set.of())),
              List.of("DocumentReference/dMoved112233", "Binary/bMoved11223344"));

      assertThat(site.crawl("r1")).isZero();

      assertThat(site.newest()).hasSize(3).anyMatch(line -> line.contains("\"bMoved11223344\""));
      assertThat(site.report("r1").at("/result/opted_out").size()).isZero();
    }
  }

  private static String document(String id, String patient, String binary) {
    return "{\"resourceType\":\"DocumentReference\",\"id\":\"%s\",\"subject\":{\"reference\":\"Patient/%s\"},\"content\":[{\"attachment\":{\"url\":\"Binary/%s\"}}]}"
        .formatted(id, patient, binary);
  }

  private static String binary(String id) {
    return "{\"resourceType\":\"Binary\",\"id\":\"" + id + "\",\"data\":\"QW5uYQ==\"}";
  }

  /** The text of all small state files, unpacked. */
  private String state() throws IOException {
    StringBuilder text = new StringBuilder();
    try (Stream<Path> files = Files.walk(folder.resolve("lake/state/crawl"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        byte[] bytes = Files.readAllBytes(file);
        boolean packed = bytes.length > 3 && bytes[0] == 0x28 && (bytes[1] & 0xff) == 0xb5;
        text.append(
            new String(
                packed
                    ? new com.github.luben.zstd.ZstdInputStream(Files.newInputStream(file))
                        .readAllBytes()
                    : bytes,
                StandardCharsets.UTF_8));
      }
    }
    return text.toString();
  }
}
