package io.epicfhir.extract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.common.ChildJvm;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.sandbox.faults.Fault;
import io.epicfhir.sandbox.faults.Match;
import io.epicfhir.sandbox.http.RequestKind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * References of a group's export lead to the record of a patient who is not in the group: it is not
 * kept, whatever leads there. Patient "in" is the group's, patient "out" is not.
 */
class OutsidePatientsTest extends SiteTest {
  private static final String IN = "\"subject\":{\"reference\":\"Patient/in\"}";
  private static final String OUT = "\"subject\":{\"reference\":\"Patient/out\"}";

  private static final List<String> KEPT =
      List.of(
          "DiagnosticReport/r",
          "Encounter/e",
          "List/l",
          "Observation/o",
          "Patient/in",
          "Practitioner/dr",
          "Provenance/pv",
          "Specimen/mine",
          "Specimen/nobodys");

  private final Set<String> one = ConcurrentHashMap.newKeySet();
  private final Set<String> two = ConcurrentHashMap.newKeySet();

  @BeforeEach
  void open() throws IOException {
    open(files(), options -> options.groups(Map.of("one", one, "two", two)));
    site.settings.put("bulk.mode", "full");
    site.settings.put(
        "bulk.types",
        "[Patient, Encounter, DiagnosticReport, Observation, Provenance, List, Practitioner]");
    leave("out");
  }

  private static Map<String, byte[]> files() {
    Map<String, byte[]> files = new LinkedHashMap<>();
    put(files, resource("Patient", "in", ""), resource("Patient", "out", ""));
    put(
        files,
        resource("Encounter", "e", IN, list("episodeOfCare", "EpisodeOfCare/ep-out")),
        resource("Encounter", "e-out", OUT));
    put(
        files,
        resource(
            "EpisodeOfCare",
            "ep-out",
            "\"patient\":{\"reference\":\"https://other.example/fhir/Patient/out/_history/2\"}"));
    put(files, resource("DiagnosticReport", "r", IN, list("result", "Observation/by-result")));
    put(
        files,
        resource(
            "Observation",
            "o",
            IN,
            "\"specimen\":{\"reference\":\"Specimen/mine\"}",
            list("derivedFrom", "Specimen/nobodys"),
            list("performer", "Practitioner/dr")),
        resource("Observation", "by-result", OUT, list("performer", "Practitioner/dr-out")),
        resource("Observation", "by-entry", OUT, list("hasMember", "Observation/by-member")),
        resource("Observation", "by-member", OUT),
        resource(
            "Observation", "by-target", OUT, "\"specimen\":{\"reference\":\"Specimen/theirs\"}"));
    put(files, resource("Provenance", "pv", list("target", "Observation/by-target")));
    put(
        files,
        resource(
            "List", "l", IN, "\"entry\":[{\"item\":{\"reference\":\"Observation/by-entry\"}}]"));
    put(files, note("d-in", IN, "n-in", "n-both"), note("d-out", OUT, "n-out", "n-both"));
    put(
        files,
        resource("Binary", "n-in"),
        resource("Binary", "n-out"),
        resource("Binary", "n-both"));
    put(files, resource("Practitioner", "dr", ""));
    put(
        files,
        resource("Specimen", "mine", IN),
        resource("Specimen", "nobodys", "\"subject\":{\"display\":\"a swab of the ward\"}"),
        resource("Specimen", "theirs", OUT));
    return files;
  }

  private static void put(Map<String, byte[]> files, String... lines) {
    String type = lines[0].replaceFirst(".*?:\"(\\w+)\".*", "$1");
    String text = String.join("\n", lines) + "\n";
    files.put(type + ".ndjson", text.getBytes(StandardCharsets.UTF_8));
  }

  private static String resource(String type, String id, String... more) {
    String rest = String.join(",", more);
    String comma = rest.isEmpty() ? "" : ",";
    return "{\"resourceType\":\"" + type + "\",\"id\":\"" + id + "\"" + comma + rest + "}";
  }

  private static String note(String id, String subject, String... notes) {
    String content =
        Stream.of(notes)
            .map(
                note ->
                    "{\"attachment\":{\"contentType\":\"application/pdf\",\"url\":\"Binary/"
                        + note
                        + "\"}}")
            .collect(Collectors.joining(","));
    return resource("DocumentReference", id, subject, "\"content\":[" + content + "]");
  }

  private static String list(String element, String reference) {
    return "\"" + element + "\":[{\"reference\":\"" + reference + "\"}]";
  }

  private void leave(String patient) {
    site.server.site().leave(List.of(patient));
  }

  private JsonNode outside(String run) throws IOException {
    return site.report(run, "extract").path("result").path("outside");
  }

  @Test
  void whatBelongsToAnotherPatientIsCountedAndNotKeptWhateverLeadsThere() throws IOException {
    assertThat(site.runAll("r1")).isZero();

    assertThat(EpicSite.landed(site).keySet()).containsExactlyElementsOf(KEPT);
    assertThat(outside("r1").toString()).isEqualTo("{\"EpisodeOfCare\":1,\"Observation\":3}");
    String report = site.report("r1", "extract").toString();
    assertThat(report)
        .contains("patients outside the cohort")
        .doesNotContain("by-result")
        .doesNotContain("ep-out");
    assertThat(site.server.requests().entries())
        .as("what only the other record refers to is not read")
        .noneMatch(e -> e.kind() == RequestKind.READ && e.uri().endsWith("/by-member"));
    assertThat(site.lake().list(site.lake().paths().at("quarantine"))).isEmpty();
  }

  @Test
  void whoJoinsBringsItAndWhoLeavesTakesItAlong() throws IOException {
    site.settings.put(
        "bulk.types",
        "[Patient, Encounter, DiagnosticReport, Observation, Provenance, List, DocumentReference]");
    site.settings.put("crawl.attachments.enabled", "true");
    assertThat(site.runAll("r1")).isZero();
    site.server.site().join(List.of("out"));
    assertThat(site.runAll("r2")).isZero();
    assertThat(outside("r2")).isEmpty();
    assertThat(EpicSite.landed(site).keySet())
        .contains(
            "Specimen/theirs", "EpisodeOfCare/ep-out", "Observation/by-member", "Binary/n-out")
        .doesNotContain("Specimen/mine", "Binary/n-in", "Binary/n-both");

    leave("out");
    assertThat(site.runAll("r3")).isZero();

    assertThat(EpicSite.deleted(site))
        .containsExactlyInAnyOrder("Specimen/theirs", "EpisodeOfCare/ep-out", "Binary/n-out");
    assertThat(EpicSite.newest(site).completeTypes()).contains("Observation", "Encounter");
    assertThat(EpicSite.newest(site).inferredDeletions()).as("within the bound").isTrue();
    assertThat(site.runAll("r4")).isZero();
    assertThat(EpicSite.deleted(site)).as("said once").isEmpty();
  }

  @Test
  void anExportOfChangesKnowsTheGroupByTheExportsBefore() throws IOException {
    site.settings.put("bulk.mode", "incremental");
    site.settings.put("bulk.types", "[Patient, DiagnosticReport]");
    assertThat(site.runAll("r1")).isZero();
    Files.writeString(
        site.data.resolve("DiagnosticReport.ndjson"),
        resource(
                "DiagnosticReport",
                "r2",
                IN,
                "\"result\":[{\"reference\":\"Observation/by-target\"},"
                    + "{\"reference\":\"Observation/o\"}]")
            + "\n",
        StandardOpenOption.APPEND);
    site.server.store().reload();

    assertThat(site.runAll("r2")).isZero();

    assertThat(EpicSite.newest(site).since()).isNotNull();
    assertThat(EpicSite.landed(site).keySet())
        .containsExactly(
            "DiagnosticReport/r2",
            "Observation/o",
            "Practitioner/dr",
            "Specimen/mine",
            "Specimen/nobodys");
    assertThat(outside("r2").toString()).isEqualTo("{\"Observation\":1}");
  }

  @Test
  void whereNobodyKnowsTheGroupAllIsKeptAndThatIsSaid() throws IOException {
    site.settings.put("bulk.types", "[DiagnosticReport]");

    assertThat(site.runAll("r1")).isZero();

    assertThat(EpicSite.landed(site).keySet())
        .containsExactly("DiagnosticReport/r", "Observation/by-result");
    assertThat(site.report("r1", "extract").path("notes").toString())
        .contains("The members of group");
  }

  /** The list is not kept then, so it says nothing of who joined since. */
  @Test
  void whoJoinsAfterTheCheckWasTurnedOffIsNoStranger() throws IOException {
    site.settings.put("bulk.mode", "incremental");
    site.settings.put("bulk.types", "[Patient, DiagnosticReport, Observation]");
    assertThat(site.runAll("r1")).isZero();
    site.settings.put("bulk.newcomers", "off");
    site.server.site().join(List.of("out"));
    site.settings.put("bulk.mode", "full");
    assertThat(site.runAll("r2")).isZero();
    assertThat(EpicSite.landed(site).keySet()).contains("Specimen/theirs");
    site.settings.put("bulk.mode", "incremental");

    assertThat(site.runAll("r3")).isZero();

    assertThat(EpicSite.newest(site).since()).isNotNull();
    nothingIsDeletedBy("r3");
  }

  /** By reference and in documents; the past of who joins while it is off comes in full. */
  @ParameterizedTest
  @CsvSource({"warn, false", "full, false", "warn, true"})
  void whoJoinedWhileTheCheckWasOffIsNoStrangerWhenItIsOnAgain(String on, boolean documents)
      throws IOException {
    nobodyTellsTheMembers();
    String types = "Patient, DiagnosticReport, Observation";
    site.settings.put("bulk.types", "[" + types + (documents ? ", DocumentReference]" : "]"));
    site.settings.put("crawl.attachments.enabled", "" + documents);
    assertThat(site.runAll("r1")).isZero();
    site.settings.put("bulk.newcomers", "off");
    site.server.site().join(List.of("out"));
    assertThat(site.runAll("r2")).isZero();
    assertThat(EpicSite.landed(site).keySet())
        .contains("Specimen/theirs")
        .contains(documents ? "Binary/n-out" : "Patient/out");
    site.settings.put("bulk.newcomers", on);
    site.settings.put("bulk.mode", "incremental");

    for (String run : List.of("r3", "r4")) {
      assertThat(site.runAll(run)).isZero();
      boolean asksForAll = run.equals("r3") && on.equals("full"); // who joined is not known
      assertThat(EpicSite.newest(site).since() == null).as(run).isEqualTo(asksForAll);
      nothingIsDeletedBy(run);
    }

    site.settings.put("bulk.mode", "full");
    assertThat(site.runAll("r5")).as("says who is in the group").isZero();
    nothingIsDeletedBy("r5");
    leave("out");
    assertThat(site.runAll("r6")).isZero();
    assertThat(EpicSite.deleted(site)).contains("Specimen/theirs").doesNotContain("Specimen/mine");
  }

  /**
   * The task dies right after the landing showed, or after it noted the patients; nobody runs it
   * again, and the next run comes by its schedule.
   */
  @ParameterizedTest
  @CsvSource("incremental, publish.landed:1")
  void whoHadJustJoinedWhenTheTaskDiedIsNoStranger(String mode, String failpoint)
      throws IOException, InterruptedException {
    nobodyTellsTheMembers();
    site.settings.put("bulk.types", "[Patient, DiagnosticReport, Observation]");
    site.settings.put("bulk.newcomers", "warn");
    assertThat(site.runAll("r1")).isZero();
    site.settings.put("bulk.mode", mode);
    site.server.site().join(List.of("out"));
    serve("Patient", resource("Patient", "in", ""), resource("Patient", "out", "\"active\":true"));
    serve(
        "Observation",
        resource("Observation", "now", OUT, "\"specimen\":{\"reference\":\"Specimen/theirs\"}"));
    assertThat(site.run(new KickOff(), "r2", "kick_off")).isZero();
    assertThat(site.run(new ExportStatus(), "r2", "wait")).isZero();
    assertThat(ChildJvm.run(Extract.class, failpoint, site.arguments("r2", "extract")))
        .isEqualTo(ChildJvm.KILLED);
    assertThat(EpicSite.landed(site).keySet()).contains("Specimen/theirs");
    site.settings.put("bulk.mode", "incremental");

    assertThat(site.runAll("r3")).isZero();

    assertThat(EpicSite.newest(site).since()).isNotNull();
    nothingIsDeletedBy("r3");
    JsonNode kickOff = site.report("r3", "kick_off");
    assertThat(kickOff.path("notes").toString()).contains("this run has noted them");
    assertThat(site.runAll("r4")).isZero();
    assertThat(site.report("r4", "kick_off").path("notes").toString())
        .doesNotContain("this run has noted them");
    assertThat(site.run(new Extract(), "r2", "extract")).as("late, it changes nothing").isZero();
    assertThat(site.runAll("r5")).isZero();
    nothingIsDeletedBy("r5");
  }

  @Tag("long")
  @ParameterizedTest
  @CsvSource({"incremental, after.landing:1", "full, publish.landed:1", "full, after.landing:1"})
  void norWhereItDiedLaterOrInAFullExport(String mode, String failpoint)
      throws IOException, InterruptedException {
    whoHadJustJoinedWhenTheTaskDiedIsNoStranger(mode, failpoint);
  }

  /** Both lists had the patient when the check was turned off. */
  @Test
  void whoLeavesTwoGroupsWhileTheCheckIsOffTakesItAlong() throws IOException {
    joinByReferenceOnly();
    site.settings.put("bulk.groups", "[one, two]");
    one.addAll(List.of("in", "out"));
    two.addAll(List.of("in", "out"));
    assertThat(site.runAll("r1")).isZero();
    site.settings.put("bulk.newcomers", "off");
    one.remove("out");
    two.remove("out");

    assertThat(site.runAll("r2")).isZero();
    assertThat(site.runAll("r3")).as("of then no list names the patient").isZero();

    assertThat(deletedBy("one")).contains("Specimen/theirs", "Binary/n-out");
    assertThat(deletedBy("two")).contains("Specimen/theirs", "Binary/n-out");
  }

  /** No right to read the Group, as is usual. */
  private void nobodyTellsTheMembers() {
    site.server
        .faults()
        .always(
            new Match(Optional.of(RequestKind.READ), Optional.of("Group")),
            Fault.fatal(403, "59204", "no"));
  }

  private void nothingIsDeletedBy(String run) throws IOException {
    assertThat(EpicSite.deleted(site)).as(run).isEmpty();
    assertThat(outside(run)).as(run).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"full", "incremental"})
  void anExportWithoutPatientsSaysNothingOfTheGroupTheNextNightEither(String mode)
      throws IOException {
    nobodyTellsTheMembers();
    site.settings.put("bulk.mode", mode);
    site.settings.put("bulk.types", "[DiagnosticReport]");
    assertThat(site.runAll("r1")).isZero();
    assertThat(EpicSite.landed(site).keySet()).contains("Observation/by-result");

    for (String run : List.of("r2", "r3")) {
      assertThat(site.runAll(run)).isZero();

      nothingIsDeletedBy(run);
      assertThat(site.report(run, "extract").path("notes").toString())
          .contains("The members of group");
    }
  }

  /** The file of patients comes empty once. */
  @Test
  void aFullExportThatLacksAllPatientsIsNoGroupOfNobody() throws IOException {
    nobodyTellsTheMembers();
    site.settings.put("bulk.types", "[Patient, DiagnosticReport, Observation]");
    assertThat(site.runAll("r1")).isZero();
    assertThat(EpicSite.landed(site).keySet()).contains("Specimen/mine");
    Files.writeString(site.data.resolve("Patient.ndjson"), "");
    site.server.store().reload();
    assertThat(site.runAll("r2")).isZero();
    site.settings.put("bulk.mode", "incremental");

    assertThat(site.runAll("r3")).isZero();

    assertThat(EpicSite.newest(site).since()).isNotNull();
    assertThat(EpicSite.deleted(site)).doesNotContain("Specimen/mine", "Specimen/nobodys");
  }

  /** One line of a patient cannot be taken in: who is not there may be in the group. */
  @Test
  void anExportThatIsIncompleteForPatientsDropsNobody() throws IOException {
    nobodyTellsTheMembers();
    site.server.site().join(List.of("out"));
    site.settings.put("bulk.types", "[Patient, DiagnosticReport, Observation]");
    assertThat(site.runAll("r1")).isZero();
    assertThat(EpicSite.landed(site).keySet()).contains("Specimen/theirs");
    site.settings.put("bulk.max-rejected-share", "0.9");
    site.settings.put("bulk.max-confirmations", "0");
    String patients = Files.readString(site.data.resolve("Patient.ndjson"));
    site.server
        .faults()
        .once(
            Match.file("Patient"),
            Fault.answer(
                200,
                "application/fhir+ndjson",
                patients.lines().findFirst().orElseThrow() + "\n{\"resourceType\":\"Patient\",\n"));
    assertThat(site.runAll("r2")).isZero();
    assertThat(EpicSite.newest(site).isCompleteFor("Patient")).isFalse();
    site.settings.put("bulk.mode", "incremental");

    assertThat(site.runAll("r3")).isZero();

    assertThat(EpicSite.newest(site).since()).isNotNull();
    assertThat(EpicSite.deleted(site)).doesNotContain("Specimen/theirs");
  }

  /** The survivor replaces "retired", whom no export brings and under whose id a result stands. */
  @Test
  void aMergeStaysKnownWhileTheSurvivorDoesNotChange() throws IOException {
    String retired = "\"subject\":{\"reference\":\"Patient/retired\"}";
    serve("Observation", resource("Observation", "by-result", retired));
    serve(
        "Patient",
        survivor(
            ",\"link\":[{\"type\":\"replaces\",\"other\":{\"reference\":\"Patient/retired\"}}]"));
    site.settings.put("bulk.mode", "incremental");
    site.settings.put("bulk.types", "[Patient, DiagnosticReport]");
    assertThat(site.runAll("r1")).isZero();
    assertThat(EpicSite.landed(site).keySet()).contains("Observation/by-result");

    for (String run : List.of("r2", "r3")) {
      assertThat(site.runAll(run)).isZero();
      assertThat(EpicSite.newest(site).since()).isNotNull();
      nothingIsDeletedBy(run);
    }

    serve("Patient", survivor("")); // the merge is undone
    assertThat(site.runAll("r4")).isZero();
    assertThat(EpicSite.deleted(site)).containsExactly("Observation/by-result");
  }

  private static String survivor(String link) {
    return resource("Patient", "in", "").replace("}", link + "}");
  }

  private void serve(String type, String... lines) throws IOException {
    Files.writeString(site.data.resolve(type + ".ndjson"), String.join("\n", lines) + "\n");
    site.server.store().reload();
  }

  /** What is known by reference only, of a patient who is in a group. */
  private void joinByReferenceOnly() {
    site.settings.put("bulk.types", "[Patient, DiagnosticReport, Provenance, DocumentReference]");
    site.settings.put("crawl.attachments.enabled", "true");
    site.server.site().join(List.of("out"));
  }

  /** A client that may read the record of members only; a server that has trouble for good. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "403 | application/fhir+json | security",
        "404 | text/html | ''",
        "500 | application/fhir+json | exception"
      })
  void whatALeaverHadGoesAlsoWhereTheServerRefusesToGiveIt(int status, String type, String code)
      throws IOException {
    joinByReferenceOnly();
    assertThat(site.runAll("r1")).isZero();
    assertThat(EpicSite.landed(site).keySet())
        .contains("Observation/by-result", "Observation/by-target", "Specimen/theirs");
    String outcome =
        "{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"error\",\"code\":\""
            + code
            + "\"}]}";
    Fault refusal = Fault.answer(status, type, code.isEmpty() ? "<html>no route</html>" : outcome);
    for (String refused : List.of("Observation", "Specimen")) {
      site.server
          .faults()
          .always(new Match(Optional.of(RequestKind.READ), Optional.of(refused)), refusal);
    }
    if (status == 403) {
      site.settings.put("crawl.reference-max-age", "\"0 seconds\"");
      assertThat(site.runAll("member")).isZero();
      assertThat(EpicSite.deleted(site)).as("of a member").isEmpty();
      assertThat(site.report("member", "extract").at("/result/forbidden/Observation").asInt())
          .isEqualTo(2);
    }
    leave("out");

    assertThat(site.runAll("r2")).isZero();

    assertThat(EpicSite.deleted(site))
        .containsExactlyInAnyOrder(
            "Observation/by-result", "Observation/by-target", "Specimen/theirs", "Binary/n-out");
    assertThat(EpicSite.newest(site).inferredDeletions()).isTrue();
  }

  /** Patient "out" is in group "one", then in "two" as well, then only there, then nowhere. */
  @ParameterizedTest
  @ValueSource(strings = {"leaves it, too", "is in a group that is exported no more"})
  void whoMovedToAnotherGroupTakesItAlongInTheEnd(String end) throws IOException {
    joinByReferenceOnly();
    site.settings.put("bulk.groups", "[one, two]");
    one.addAll(List.of("in", "out"));
    two.add("in");
    assertThat(site.runAll("r1")).isZero();
    two.add("out");
    assertThat(site.runAll("r2")).isZero();
    one.remove("out");
    assertThat(site.runAll("r3")).isZero();
    assertThat(deletedBy("one")).as("the other group has the patient").isEmpty();
    assertThat(deletedBy("two")).isEmpty();

    if (end.startsWith("leaves")) {
      two.remove("out");
    } else {
      site.settings.put("bulk.groups", "[one]");
    }
    assertThat(site.runAll("r4")).isZero();
    assertThat(site.runAll("r5")).as("of then the other group's patients are known").isZero();

    String[] theirs = {
      "Observation/by-result", "Observation/by-target", "Specimen/theirs", "Binary/n-out"
    };
    assertThat(deletedBy("one")).containsExactlyInAnyOrder(theirs);
    if (end.startsWith("leaves")) {
      assertThat(deletedBy("two")).containsExactlyInAnyOrder(theirs);
    }
  }

  private List<String> deletedBy(String group) throws IOException {
    List<String> deleted = new ArrayList<>();
    for (Landing landing : site.landings()) {
      if (landing.group().equals(group)) {
        deleted.addAll(EpicSite.deleted(site, landing));
      }
    }
    return deleted;
  }

  /** The first three nights, with a limit of one document a day. */
  private void documentsAreLeft(int nights) throws IOException {
    joinByReferenceOnly();
    site.settings.put("bulk.mode", "incremental");
    for (int night = 1; night <= nights; night++) {
      site.settings.put("crawl.attachments.daily-limit", "" + night); // as on another day
      assertThat(site.runAll("r" + night)).isZero();
    }
  }

  @Test
  void aDocumentThatWasLeftIsStillThePatients() throws IOException {
    documentsAreLeft(3);
    assertThat(EpicSite.newest(site).since()).isNotNull();
    assertThat(EpicSite.landed(site).keySet()).containsExactly("Binary/n-out");
    leave("out");
    site.settings.put("bulk.mode", "full");

    assertThat(site.runAll("r4")).isZero();

    assertThat(EpicSite.deleted(site)).contains("Binary/n-out").doesNotContain("Binary/n-both");
  }

  @Test
  void aDocumentThatWasLeftOfAPatientWhoHasLeftIsNotRead() throws IOException {
    documentsAreLeft(2);
    leave("out");
    site.settings.put("bulk.mode", "full");
    site.settings.put("crawl.attachments.daily-limit", "0");

    assertThat(site.runAll("r3")).isZero();

    assertThat(site.server.requests().entries()).noneMatch(e -> e.uri().endsWith("/n-out"));
    assertThat(outside("r3").path("Binary").asInt()).isEqualTo(1);
    assertThat(site.runAll("r4")).isZero();
    assertThat(outside("r4").path("Binary").asInt()).as("it is on no list any more").isZero();
  }

  /** The exports of changes do not hold the DocumentReference again. */
  @ParameterizedTest
  @ValueSource(strings = {"stale", "left"})
  void aWebPageIsNoDocumentWhereNothingNamesTheDocumentAnyMore(String how) throws IOException {
    joinByReferenceOnly();
    site.settings.put("bulk.mode", "incremental");
    site.settings.put("crawl.attachments.daily-limit", how.equals("left") ? "1" : "0");
    assertThat(site.runAll("r1")).isZero();
    site.settings.put("crawl.attachments.daily-limit", "0");
    site.settings.put(
        "crawl.reference-max-age", how.equals("left") ? "\"7 days\"" : "\"0 seconds\"");
    site.server
        .faults()
        .always(
            new Match(Optional.of(RequestKind.READ), Optional.of("Binary")),
            Fault.answer(200, "text/html", "<html><form action=login>"));

    assertThat(site.runAll("r2")).isEqualTo(5);

    assertThat(site.error("r2", "extract")).contains("web-page=" + (how.equals("left") ? 2 : 3));
  }
}
