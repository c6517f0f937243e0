package io.epicfhir.extract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.epicfhir.common.ChildJvm;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.sandbox.faults.Fault;
import io.epicfhir.sandbox.faults.Match;
import io.epicfhir.sandbox.http.RequestKind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a bulk export only refers to, against the server's own account of what can be had. */
class BulkHydrationTest {
  @TempDir Path folder;
  private Site site;

  @BeforeEach
  void open() throws IOException {
    site = EpicSite.open(folder, options -> options);
  }

  @AfterEach
  void close() throws IOException {
    site.close();
  }

  private JsonNode result(String run) throws IOException {
    return site.report(run, "extract").path("result");
  }

  private long reads() {
    return reads(site);
  }

  /** Without those of the group, whose members a kick-off looks at. */
  private static long reads(Site site) {
    return site.server.requests().entries().stream()
        .filter(e -> e.kind() == RequestKind.READ && !e.uri().contains("/Group/"))
        .count();
  }

  private static Map<String, Long> types(Set<String> keys) {
    return keys.stream()
        .collect(
            Collectors.groupingBy(
                key -> key.substring(0, key.indexOf('/')), TreeMap::new, Collectors.counting()));
  }

  private static Map<String, Long> counts(JsonNode node) {
    Map<String, Long> counts = new TreeMap<>();
    node.properties().forEach(e -> counts.put(e.getKey(), e.getValue().asLong()));
    counts.values().removeIf(n -> n == 0);
    return counts;
  }

  @Test
  void allThatCanBeHadLandsWithTheExport() throws IOException {
    site.settings.put("crawl.attachments.enabled", "true");
    Map<String, String> byReference = EpicSite.reached(site, "reference");
    assertThat(types(byReference.keySet()))
        .as("the site hides something of each kind")
        .containsKeys("Observation", "Medication", "Practitioner", "Specimen");
    Map<String, String> refused = EpicSite.reached(site, "refused");
    assertThat(refused).isNotEmpty();

    assertThat(site.runAll("r1")).isZero();

    assertThat(EpicSite.landed(site))
        .isEqualTo(EpicSite.reached(site, "export", "reference", "attachment"));
    assertThat(site.landings()).hasSize(1);
    assertThat(counts(result("r1").path("forbidden")))
        .isEqualTo(Map.of("Binary", (long) refused.size()));
    assertThat(counts(result("r1").path("unresolved"))).isEqualTo(Map.of("Location", 1L));
    Map<String, Long> read = types(EpicSite.reached(site, "reference", "attachment").keySet());
    assertThat(counts(result("r1").path("by_reference"))).isEqualTo(read);
    JsonNode resources = site.report("r1", "extract").path("resources");
    types(EpicSite.landed(site).keySet())
        .forEach(
            (type, n) -> {
              assertThat(resources.path(type).path("written").asLong()).as(type).isEqualTo(n);
              assertThat(resources.path(type).path("received").asLong()).as(type).isEqualTo(n);
            });
    JsonNode manifest = result("r1").path("manifest_counts");
    assertThat(manifest.has("Medication")).isFalse();
    assertThat(manifest.path("Observation").asLong())
        .isEqualTo(types(EpicSite.reached(site, "export").keySet()).get("Observation"));
  }

  /** The page says of each line in quarantine why it is there. */
  @Test
  void whatIsRejectedOfTheReferencesIsInTheReasonsOfQuarantineToo() throws IOException {
    site.settings.put("bronze.max-line-size", "2000");
    site.settings.put("bulk.max-rejected-share", "1");
    site.settings.put("crawl.max-rejected-share", "1");
    String name = "\"name\":[{\"text\":\"" + "x".repeat(2000) + "\"}]";
    for (String type : List.of("Practitioner", "MedicationRequest")) { // by reference, in a file
      Path file = site.data.resolve(type + ".ndjson");
      String text = Files.readString(file).replaceFirst("(\"id\":\"[^\"]+\")", "$1," + name);
      Files.writeString(file, text);
    }
    site.server.store().reload();

    assertThat(site.runAll("r1")).isZero();

    assertThat(counts(result("r1").path("quarantine_reasons"))).isEqualTo(Map.of("too-long", 2L));
    Landing landing = site.landings().get(0);
    assertThat(landing.report().result().get("quarantine_reasons").toString())
        .as("a later run of the same export says it from here")
        .contains("2");
  }

  @Test
  void aTypeThatComesByReferenceIsNotComplete() throws IOException {
    assertThat(site.runAll("r1")).isZero();

    Landing landing = EpicSite.newest(site);
    assertThat(landing.completeTypes())
        .contains("Patient", "Encounter", "MedicationRequest", "DiagnosticReport")
        .doesNotContain("Observation", "Medication", "Practitioner", "Condition");
    assertThat(landing.inferredDeletions()).isFalse();
    assertThat(result("r1").path("warnings")).isEmpty();
  }

  @Test
  void nothingIsReadAgainBeforeItsTimeAndThenWhatChangedOrWentIsSeen() throws IOException {
    assertThat(site.runAll("r1")).isZero();
    Map<String, String> first = EpicSite.landed(site);
    List<String> drugs =
        first.keySet().stream().filter(key -> key.startsWith("Medication/")).toList();
    assertThat(drugs).hasSize(3);
    site.server
        .site()
        .correct(drugs.get(0), new JsonMapper().createObjectNode().put("status", "inactive"));
    site.server.site().retract(List.of(drugs.get(1)));

    long before = reads();
    assertThat(site.runAll("r2")).isZero();
    assertThat(reads() - before).as("the location that the server lacks").isEqualTo(1);
    assertThat(EpicSite.landed(site)).isEqualTo(EpicSite.reached(site, "export"));
    assertThat(EpicSite.deleted(site)).isEmpty();
    assertThat(EpicSite.newest(site).completeTypes()).doesNotContain("Observation", "Medication");
    assertThat(result("r2").path("warnings")).as("nothing is missing").isEmpty();

    site.settings.put("crawl.reference-max-age", "\"0 seconds\"");
    assertThat(site.runAll("r3")).isZero();

    Map<String, String> expected = EpicSite.reached(site, "export");
    expected.put(drugs.get(0), EpicSite.reached(site, "reference").get(drugs.get(0)));
    assertThat(EpicSite.landed(site)).isEqualTo(expected);
    assertThat(EpicSite.deleted(site)).containsExactly(drugs.get(1));
    assertThat(EpicSite.newest(site).inferredDeletions()).isFalse();
    assertThat(counts(result("r3").path("unchanged")))
        .containsEntry("Medication", 1L)
        .containsKey("Observation");
    assertThat(site.report("r3", "extract").at("/resources/Medication/deleted").asLong())
        .isEqualTo(1);
  }

  @Test
  void ofATypeThatComesByReferenceTooAFullExportDeletesWhatItLacks() throws IOException {
    assertThat(site.runAll("r1")).isZero();
    String gone =
        EpicSite.reached(site, "export").keySet().stream()
            .filter(key -> key.startsWith("Observation/"))
            .findFirst()
            .orElseThrow();
    site.server.site().retract(List.of(gone));

    assertThat(site.runAll("r2")).isZero();

    assertThat(EpicSite.deleted(site)).containsExactly(gone);
    assertThat(EpicSite.newest(site).inferredDeletions()).isTrue();
    assertThat(EpicSite.newest(site).completeTypes()).doesNotContain("Observation");
    assertThat(site.runAll("r3")).isZero();
    assertThat(EpicSite.deleted(site)).as("said once").isEmpty();
  }

  @Test
  void documentsBeyondTheDaysBudgetComeTheNextDay() throws IOException {
    site.settings.put("crawl.attachments.enabled", "true");
    site.settings.put("crawl.attachments.daily-limit", "10");
    Set<String> all = new TreeSet<>(EpicSite.reached(site, "attachment", "refused").keySet());

    assertThat(site.runAll("r1")).isZero();

    assertThat(site.report("r1", "extract").at("/counters/attachments.left").asInt())
        .isEqualTo(all.size() - 10);
    Set<String> had = documents();
    site.settings.put("crawl.attachments.daily-limit", "0");
    assertThat(site.runAll("r2")).isZero();
    assertThat(documents()).doesNotContainAnyElementsOf(had);
    had.addAll(documents());
    assertThat(had).isEqualTo(EpicSite.reached(site, "attachment").keySet());
  }

  private Set<String> documents() throws IOException {
    return EpicSite.landed(site).keySet().stream()
        .filter(key -> key.startsWith("Binary/"))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void aReadThatFailsForGoodIsRedUntilItIsMendedOrAccepted() throws IOException {
    site.server
        .faults()
        .always(
            Match.kind(RequestKind.READ),
            Fault.answer(422, "application/fhir+json", "{\"resourceType\":\"OperationOutcome\"}"));

    assertThat(site.runAll("r1")).isEqualTo(5);
    assertThat(site.error("r1", "extract")).contains("http-422", "bulk.hydrate");
    assertThat(site.landings()).isEmpty();

    site.server.faults().clear();
    long files = site.server.requests().count(RequestKind.FILE);
    assertThat(site.runAll("r1")).isZero();
    assertThat(EpicSite.landed(site)).isEqualTo(EpicSite.reached(site, "export", "reference"));
    assertThat(site.server.requests().count(RequestKind.FILE)).isEqualTo(files);
  }

  @Test
  void aReadThatIsRefusedForAnHourKeepsNoOtherWaiting() throws IOException {
    assertThat(site.run(new KickOff(), "r1", "kick_off")).isZero();
    assertThat(site.run(new ExportStatus(), "r1", "wait")).isZero();
    site.server.faults().once(Match.kind(RequestKind.READ), Fault.busy(503, "3600"));
    long before = reads();

    assertThat(site.run(new Extract(), "r1", "extract")).isEqualTo(5);

    assertThat(site.error("r1", "extract")).contains("throttled=1", "the server answered 503");
    assertThat(site.landings()).isEmpty();
    int all = EpicSite.reached(site, "reference").size();
    assertThat(reads() - before).as("all others are read").isGreaterThanOrEqualTo(all);
    before = reads();
    assertThat(site.run(new Extract(), "r1", "extract")).isZero();
    assertThat(reads() - before).as("only that one is read again").isEqualTo(1);
    assertThat(EpicSite.landed(site)).isEqualTo(EpicSite.reached(site, "export", "reference"));
  }

  @Test
  void whatAnEarlierExportBroughtIsNotReadForOneOfChanges(@TempDir Path other) throws IOException {
    String patient = "{\"resourceType\":\"Patient\",\"id\":\"a\"}\n";
    String report =
        "{\"resourceType\":\"DiagnosticReport\",\"id\":\"r\",\"subject\":{\"reference\":"
            + "\"Patient/a\"},\"result\":[{\"reference\":\"Observation/o\"}]}\n";
    Map<String, byte[]> served =
        Map.of(
            "Patient.ndjson", bytes(patient),
            "DiagnosticReport.ndjson", bytes(report),
            "Observation.ndjson",
                bytes(
                    "{\"resourceType\":\"Observation\",\"id\":\"o\",\"subject\":{\"reference\":"
                        + "\"Patient/a\"}}\n"));
    try (Site strict = Site.open(other, served)) {
      strict.settings.put("bulk.types", "[Patient, Observation, DiagnosticReport]");
      assertThat(strict.runAll("r1")).isZero();
      assertThat(reads(strict)).isZero();
      assertThat(EpicSite.newest(strict).completeTypes()).contains("Observation");
      Files.writeString(
          strict.data.resolve("DiagnosticReport.ndjson"),
          report + report.replace("\"r\"", "\"s\"").replace("Observation/o", "Observation/x"));
      Files.writeString(
          strict.data.resolve("DiagnosticReport.ndjson"),
          report.replace("\"r\"", "\"t\""),
          StandardOpenOption.APPEND);
      strict.server.store().reload();

      assertThat(strict.runAll("r2")).isZero();

      assertThat(EpicSite.newest(strict).since()).isNotNull();
      assertThat(EpicSite.landed(strict).keySet())
          .containsExactlyInAnyOrder("DiagnosticReport/s", "DiagnosticReport/t");
      assertThat(reads(strict)).as("only the one that nobody has").isEqualTo(1);
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void nothingIsReadWhereThatIsSwitchedOff() throws IOException {
    site.settings.put("bulk.hydrate", "[]");
    assertThat(site.runAll("r1")).isZero();
    assertThat(EpicSite.landed(site)).isEqualTo(EpicSite.reached(site, "export"));
    assertThat(EpicSite.newest(site).completeTypes()).contains("Observation");
  }

  @ParameterizedTest
  @ValueSource(strings = "crawl.spooled:9")
  void aKillCostsTheReadsInFlightAndTheLandingIsTheSame(String failpoint)
      throws IOException, InterruptedException {
    assertThat(site.run(new KickOff(), "r1", "kick_off")).isZero();
    assertThat(site.run(new ExportStatus(), "r1", "wait")).isZero();
    long before = reads();
    assertThat(ChildJvm.run(Extract.class, failpoint, site.arguments("r1", "extract")))
        .isEqualTo(ChildJvm.KILLED);

    assertThat(site.run(new Extract(), "r1", "extract")).isZero();

    Map<String, String> byReference = EpicSite.reached(site, "reference");
    assertThat(EpicSite.landed(site)).isEqualTo(EpicSite.reached(site, "export", "reference"));
    assertThat(site.landings()).hasSize(1);
    // 8 in flight, with 8 threads more that may hold an answer; and the one that leads nowhere.
    long all = byReference.size() + 1L;
    assertThat(reads() - before).isBetween(all, all + 16);
    if (!failpoint.startsWith("after")) {
      assertThat(counts(result("r1").path("by_reference"))).isEqualTo(types(byReference.keySet()));
      assertThat(counts(result("r1").path("unresolved"))).isEqualTo(Map.of("Location", 1L));
    }
  }

  @Tag("long")
  @ParameterizedTest
  @ValueSource(strings = {"publish.move:2", "after.landing:1"})
  void soDoesAKillOnceAllIsRead(String failpoint) throws IOException, InterruptedException {
    aKillCostsTheReadsInFlightAndTheLandingIsTheSame(failpoint);
  }

  @Test
  void filesThatWereTakenInUnderOtherSettingsAreLookedThroughAgain()
      throws IOException, InterruptedException {
    assertThat(site.run(new KickOff(), "r1", "kick_off")).isZero();
    assertThat(site.run(new ExportStatus(), "r1", "wait")).isZero();
    site.settings.put("bulk.hydrate", "[Medication]");
    assertThat(ChildJvm.run(Extract.class, "bulk.hydrated:1", site.arguments("r1", "extract")))
        .isEqualTo(ChildJvm.KILLED);
    site.settings.remove("bulk.hydrate");

    assertThat(site.run(new Extract(), "r1", "extract")).isZero();

    assertThat(EpicSite.landed(site)).isEqualTo(EpicSite.reached(site, "export", "reference"));
  }
}
