package io.epicfhir.extract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.epicfhir.common.ChildJvm;
import io.epicfhir.sandbox.BreakGlass;
import io.epicfhir.sandbox.Fault;
import io.epicfhir.sandbox.Match;
import io.epicfhir.sandbox.RequestKind;
import io.epicfhir.sandbox.SandboxOptions;
import io.epicfhir.sandbox.epic.Behaviour;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a full export lacks that does not hold all of a type: each is read before it is deleted. */
class ConfirmedExportTest {
  private static final JsonMapper MAPPER = new JsonMapper();

  @TempDir Path folder;
  private Site site;

  /** Ten conditions of one patient, two of another; each export has access errors of Condition. */
  private void open(UnaryOperator<SandboxOptions> more) throws IOException {
    Map<String, List<String>> lines = new TreeMap<>();
    EpicSite.add(lines, "Patient", "{'resourceType':'Patient','id':'p1'}");
    EpicSite.add(lines, "Patient", "{'resourceType':'Patient','id':'p2'}");
    EpicSite.add(lines, "Encounter", "{'resourceType':'Encounter','id':'e1',SUBJECT}");
    EpicSite.add(lines, "Encounter", "{'resourceType':'Encounter','id':'e2',SUBJECT}");
    for (int i = 0; i < 12; i++) {
      EpicSite.add(
          lines,
          "Condition",
          "{'resourceType':'Condition','id':'c#','category':[{'coding':[{'code':'problem'}]}],SUBJECT}"
              .replace("SUBJECT", i < 10 ? "SUBJECT" : "'subject':{'reference':'Patient/p2'}")
              .replace("#", "" + i));
    }
    site = EpicSite.open(folder, EpicSite.files(lines), more);
    site.settings.put("bulk.types", "[Patient, Encounter, Condition]");
    site.settings.put("bulk.hydrate", "[]");
  }

  @AfterEach
  void close() throws IOException {
    site.close();
  }

  private List<String> served(String type) throws IOException {
    return EpicSite.reached(site, "export").keySet().stream()
        .filter(key -> key.startsWith(type + "/"))
        .toList();
  }

  /** The conditions of the patient who has so many. */
  private List<String> ofPatient(int conditions) throws IOException {
    Map<String, List<String>> byPatient = new TreeMap<>();
    for (JsonNode condition : EpicSite.resources(site, "Condition")) {
      byPatient
          .computeIfAbsent(condition.at("/subject/reference").asText(), p -> new ArrayList<>())
          .add("Condition/" + condition.path("id").asText());
    }
    return byPatient.values().stream()
        .filter(all -> all.size() == conditions)
        .findFirst()
        .orElseThrow();
  }

  private JsonNode result(String run) throws IOException {
    return site.report(run, "extract").path("result");
  }

  private String warnings(String run) throws IOException {
    return result(run).path("warnings").toString();
  }

  private long reads() {
    return site.server.requests().entries().stream()
        .filter(e -> e.kind() == RequestKind.READ && !e.uri().contains("/Group/"))
        .count();
  }

  @ParameterizedTest
  @ValueSource(strings = {"[]", "[Condition, Observation]"})
  void whatTheServerRemovedIsDeletedOnce(String hydrate) throws IOException {
    open(o -> o);
    site.settings.put("bulk.hydrate", hydrate);
    assertThat(site.runAll("r1")).isZero();
    String gone = served("Condition").get(3);
    site.server.site().retract(List.of(gone));

    assertThat(site.runAll("r2")).isZero();

    assertThat(EpicSite.deleted(site)).containsExactly(gone);
    assertThat(reads()).isEqualTo(1);
    assertThat(EpicSite.newest(site).completeTypes()).doesNotContain("Condition");
    assertThat(EpicSite.newest(site).inferredDeletions())
        .as("bounded by the transform, as a crawl's")
        .isTrue();
    assertThat(site.report("r2", "extract").at("/resources/Condition/deleted").asInt())
        .isEqualTo(1);
    assertThat(result("r2").path("warnings")).isEmpty();
    assertThat(site.runAll("r3")).isZero();
    assertThat(EpicSite.deleted(site)).isEmpty();
    assertThat(reads()).as("nothing else is absent").isEqualTo(1);
  }

  @Test
  void whatOnlyAReadFindsStaysAndItsContentIsFollowed() throws IOException {
    open(o -> o);
    assertThat(site.runAll("r1")).isZero();
    String hidden = served("Condition").get(5);
    site.server.site().hide(List.of(hidden));
    site.server.site().correct(hidden, MAPPER.createObjectNode().put("recordedDate", "2026"));

    assertThat(site.runAll("r2")).isZero();
    assertThat(EpicSite.deleted(site)).isEmpty();
    assertThat(EpicSite.landed(site))
        .hasSize(16)
        .containsEntry(hidden, EpicSite.reached(site, "none").get(hidden));
    assertThat(result("r2").at("/kept/Condition").asInt()).isEqualTo(1);
    assertThat(result("r2").at("/by_reference/Condition").asInt()).isEqualTo(1);

    assertThat(site.runAll("r3")).isZero();
    assertThat(EpicSite.landed(site)).as("unchanged").doesNotContainKey(hidden);
    site.server.site().correct(hidden, MAPPER.createObjectNode().put("recordedDate", "2027"));
    assertThat(site.runAll("r4")).isZero();
    assertThat(EpicSite.landed(site))
        .containsEntry(hidden, EpicSite.reached(site, "none").get(hidden));

    site.server.site().show(List.of(hidden));
    long before = reads();
    assertThat(site.runAll("r5")).isZero();
    assertThat(reads()).as("the export holds it again").isEqualTo(before);
    site.server.site().hide(List.of(hidden));
    site.server.site().retract(List.of(hidden));
    assertThat(site.runAll("r6")).isZero();
    assertThat(EpicSite.deleted(site)).containsExactly(hidden);
  }

  @Test
  void beyondTheBoundTheRestComesTheNextNightsAndAWarningSaysSo() throws IOException {
    open(o -> o);
    site.settings.put("bulk.max-confirmations", "3");
    assertThat(site.runAll("r1")).isZero();
    List<String> gone = served("Condition").subList(0, 7);
    site.server.site().retract(gone);

    List<String> deleted = new ArrayList<>();
    for (int night = 2; night <= 4; night++) {
      assertThat(site.runAll("r" + night)).isZero();
      deleted.addAll(EpicSite.deleted(site));
      assertThat(deleted).hasSize(Math.min(7, 3 * (night - 1)));
    }

    assertThat(deleted).containsExactlyInAnyOrderElementsOf(gone);
    assertThat(warnings("r2")).contains("4 Condition are absent", "bulk.max-confirmations = 3");
    assertThat(warnings("r3")).contains("1 Condition are absent");
    assertThat(result("r4").path("warnings")).isEmpty();
    assertThat(reads()).isEqualTo(7);
  }

  @Test
  void whatIsRefusedStaysAndDoesNotHoldUpTheOthers() throws IOException {
    open(o -> o);
    site.settings.put("bulk.max-confirmations", "2");
    assertThat(site.runAll("r1")).isZero();
    List<String> restricted = ofPatient(2);
    List<String> gone = ofPatient(10).subList(0, 2);
    site.server.site().breakGlass(patient(2), BreakGlass.FORBIDDEN);
    site.server.site().hide(restricted);
    site.server.site().retract(gone);

    List<String> deleted = new ArrayList<>();
    int unconfirmed = 0;
    for (String night : List.of("r2", "r3")) {
      assertThat(site.runAll(night)).isZero();
      deleted.addAll(EpicSite.deleted(site));
      unconfirmed += result(night).at("/unconfirmed/Condition").asInt();
    }

    assertThat(deleted).containsExactlyInAnyOrderElementsOf(gone);
    assertThat(unconfirmed).isEqualTo(2);
    assertThat(warnings("r2")).contains("2 Condition are absent");
    site.server.site().mendGlass();
    site.server.site().retract(restricted);
    assertThat(site.runAll("r4")).isZero();
    assertThat(EpicSite.deleted(site)).containsExactlyInAnyOrderElementsOf(restricted);
  }

  @Test
  void aServerThatIsDownEndsTheTryAndTheNextGoesOn() throws IOException {
    open(o -> o);
    site.settings.put("source.max-tries", "2");
    assertThat(site.runAll("r1")).isZero();
    List<String> gone = served("Condition").subList(0, 3);
    site.server.site().retract(gone);
    assertThat(site.run(new KickOff(), "r2", "kick_off")).isZero();
    assertThat(site.run(new ExportStatus(), "r2", "wait")).isZero();
    Fault busy = Fault.busy(503, "0");
    site.server.faults().always(Match.kind(RequestKind.READ), busy);
    site.server.faults().always(Match.kind(RequestKind.METADATA), busy);

    assertThat(site.run(new Extract(), "r2", "extract")).isEqualTo(4);
    assertThat(site.landings()).hasSize(1);

    site.server.faults().clear();
    assertThat(site.run(new Extract(), "r2", "extract")).isZero();
    assertThat(EpicSite.deleted(site)).containsExactlyInAnyOrderElementsOf(gone);
  }

  @Test
  void readsThatFailAtAServerThatIsUpAreCountedAndComeAgain() throws IOException {
    open(o -> o);
    site.settings.put("source.max-tries", "2");
    assertThat(site.runAll("r1")).isZero();
    List<String> gone = served("Condition").subList(0, 3);
    site.server.site().retract(gone);
    site.server.faults().always(Match.kind(RequestKind.READ), Fault.busy(500, "0"));

    assertThat(site.runAll("r2")).isZero();
    assertThat(EpicSite.deleted(site)).isEmpty();
    assertThat(result("r2").at("/unconfirmed/Condition").asInt()).isEqualTo(3);

    site.server.faults().clear();
    assertThat(site.runAll("r3")).isZero();
    assertThat(EpicSite.deleted(site)).containsExactlyInAnyOrderElementsOf(gone);
    assertThat(result("r3").at("/unconfirmed/Condition").asInt()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"crawl.page:2", "crawl.spooled:2", "bulk.references:1"})
  void aKillChangesNothingOfTheEnd(String failpoint) throws IOException, InterruptedException {
    open(o -> o);
    site.settings.put("bulk.max-confirmations", "3");
    assertThat(site.runAll("r1")).isZero();
    List<String> gone = served("Condition").subList(0, 5);
    site.server.site().retract(gone);
    assertThat(site.run(new KickOff(), "r2", "kick_off")).isZero();
    assertThat(site.run(new ExportStatus(), "r2", "wait")).isZero();

    assertThat(ChildJvm.run(Extract.class, failpoint, site.arguments("r2", "extract")))
        .isEqualTo(ChildJvm.KILLED);
    assertThat(site.run(new Extract(), "r2", "extract")).isZero();

    List<String> deleted = EpicSite.deleted(site);
    assertThat(deleted).hasSize(3);
    assertThat(warnings("r2")).contains("2 Condition are absent");
    assertThat(site.runAll("r3")).isZero();
    deleted.addAll(EpicSite.deleted(site));
    assertThat(deleted).containsExactlyInAnyOrderElementsOf(gone);
  }

  @Test
  void withoutAnIndexBronzeTellsWhatThereWasAndACompleteExportWhatIsKnownToBeGone()
      throws IOException {
    open(o -> o.without(Behaviour.CONDITION_ACCESS_ERRORS));
    List<String> all = served("Condition");
    assertThat(site.runAll("r1")).isZero();
    site.server.site().retract(all.subList(0, 2));
    assertThat(site.runAll("r2")).isZero();
    assertThat(EpicSite.newest(site).completeTypes()).contains("Condition");
    site.server.site().retract(all.subList(2, 4));
    site.settings.put("bulk.accepted-errors", "[exception]");
    site.server
        .faults()
        .once(Match.file("Condition"), Fault.errorFile("error", "exception", "a part is missing"));

    assertThat(site.runAll("r3")).isZero();

    assertThat(EpicSite.deleted(site)).containsExactlyInAnyOrderElementsOf(all.subList(2, 4));
    assertThat(reads()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"an error without a type", "lines in quarantine"})
  void whateverMakesAnExportIncompleteItsTypesAreConfirmed(String cause) throws IOException {
    open(o -> o);
    site.settings.put("bulk.accepted-errors", "[\"Condition:59204\", exception]");
    site.settings.put("bulk.max-rejected-share", "0.5");
    assertThat(site.runAll("r1")).isZero();
    List<String> gone = new ArrayList<>(served("Encounter").subList(0, 1));
    site.server.site().retract(gone);
    String retired = patient(2);
    site.server.site().merge(retired, patient(10));
    gone.add("Patient/" + retired);
    Fault fault =
        cause.startsWith("lines")
            ? Fault.extraLine("{\"resourceType\":\"Encounter\"}\n")
            : Fault.errorFile("error", "exception", "a part is missing");
    site.server.faults().once(Match.file("Encounter"), fault);

    assertThat(site.runAll("r2")).isZero();

    assertThat(EpicSite.newest(site).completeTypes()).isEmpty();
    assertThat(EpicSite.deleted(site)).containsExactlyInAnyOrderElementsOf(gone);
  }

  private String patient(int conditions) throws IOException {
    String condition = ofPatient(conditions).get(0);
    for (JsonNode resource : EpicSite.resources(site, "Condition")) {
      if (condition.endsWith("/" + resource.path("id").asText())) {
        return resource.at("/subject/reference").asText().substring("Patient/".length());
      }
    }
    throw new IllegalStateException("no patient");
  }

  @Test
  void ofATypeThatAFilterNarrowsWhatLeftTheFilterStaysAndWhatWentIsDeleted() throws IOException {
    open(o -> o.without(Behaviour.CONDITION_ACCESS_ERRORS));
    site.settings.put("bulk.type-filters", "[\"Condition?category=problem\"]");
    assertThat(site.runAll("r1")).isZero();
    List<String> all = served("Condition");
    site.server
        .site()
        .correct(
            all.get(0),
            (ObjectNode)
                MAPPER.readTree("{\"category\":[{\"coding\":[{\"code\":\"other\"}]}]}"));
    site.server.site().retract(List.of(all.get(1)));

    assertThat(site.runAll("r2")).isZero();

    assertThat(EpicSite.deleted(site)).containsExactly(all.get(1));
    assertThat(EpicSite.landed(site))
        .containsEntry(all.get(0), EpicSite.reached(site, "export").get(all.get(0)));
  }

  @ParameterizedTest
  @CsvSource({"30 days,the next one is due at 20", "0 days,bulk.full-every = 0 asks for none"})
  void anExportOfChangesCannotTellAndSaysWhenItIsKnown(String every, String when)
      throws IOException {
    open(o -> o.without(Behaviour.SINCE_IGNORED).without(Behaviour.GROUP_UNREADABLE));
    site.settings.put("bulk.mode", "incremental");
    site.settings.put("bulk.full-every", "\"" + every + "\"");
    assertThat(site.runAll("r1")).isZero();
    assertThat(result("r1").path("warnings")).isEmpty();
    site.server.site().hide(List.of(served("Condition").get(0)));

    assertThat(site.runAll("r2")).isZero();

    assertThat(EpicSite.newest(site).since()).isNotNull();
    assertThat(warnings("r2")).contains("could not export all changes of Condition", when);
    assertThat(reads()).isZero();
  }
}
