package io.epicfhir.extract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.epicfhir.common.ChildJvm;
import io.epicfhir.sandbox.faults.Fault;
import io.epicfhir.sandbox.faults.Match;
import io.epicfhir.sandbox.http.RequestKind;
import io.epicfhir.sandbox.store.BreakGlass;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a full export lacks that does not hold all of a type: each is read before it is deleted. */
class ConfirmedExportTest extends ConditionsTest {
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final String NOT_SUPPORTED =
      "{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"error\",\"code\":\"not-supported\","
          + "\"details\":{\"coding\":[{\"code\":\"59188\"}]}}]}";

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
        .containsEntry(hidden, EpicSite.reached(site, "unlinked").get(hidden));
    assertThat(result("r2").at("/kept/Condition").asInt()).isEqualTo(1);
    assertThat(result("r2").at("/by_reference/Condition").asInt()).isEqualTo(1);

    assertThat(site.runAll("r3")).isZero();
    assertThat(EpicSite.landed(site)).as("unchanged").doesNotContainKey(hidden);
    site.server.site().correct(hidden, MAPPER.createObjectNode().put("recordedDate", "2027"));
    assertThat(site.runAll("r4")).isZero();
    assertThat(EpicSite.landed(site))
        .containsEntry(hidden, EpicSite.reached(site, "unlinked").get(hidden));

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
    assertThat(warnings("r2")).contains("4 Condition are missing", "bulk.max-confirmations = 3");
    assertThat(warnings("r3")).contains("1 Condition are missing");
    assertThat(result("r4").path("warnings")).isEmpty();
    assertThat(reads()).isEqualTo(7);
  }

  @Test
  void aNotFoundThatSpeaksOfRightsDeletesNothing() throws IOException {
    open(o -> o);
    assertThat(site.runAll("r1")).isZero();
    String hidden = served("Condition").get(3);
    site.server.site().hide(List.of(hidden));
    site.server
        .faults()
        .always(
            Match.kind(RequestKind.READ),
            Fault.answer(404, "application/fhir+json", NOT_SUPPORTED));

    assertThat(site.runAll("r2")).isZero();

    assertThat(EpicSite.deleted(site)).isEmpty();
    assertThat(result("r2").at("/unconfirmed/Condition").asInt()).isEqualTo(1);
    assertThat(EpicSite.newest(site).report().result().get("unconfirmed"))
        .isEqualTo(Map.of("Condition", 1));
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
    assertThat(warnings("r2")).contains("2 Condition are missing");
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
  @ValueSource(strings = "crawl.spooled:2")
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
    assertThat(warnings("r2")).contains("2 Condition are missing");
    assertThat(site.runAll("r3")).isZero();
    deleted.addAll(EpicSite.deleted(site));
    assertThat(deleted).containsExactlyInAnyOrderElementsOf(gone);
  }

  @Tag("long")
  @ParameterizedTest
  @ValueSource(strings = {"crawl.page:2", "bulk.references:1"})
  void norDoesAKillBeforeOrAfterTheReads(String failpoint)
      throws IOException, InterruptedException {
    aKillChangesNothingOfTheEnd(failpoint);
  }
}
