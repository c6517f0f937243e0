package io.epicfhir.extract;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.sandbox.faults.Fault;
import io.epicfhir.sandbox.faults.Match;
import io.epicfhir.sandbox.http.RequestKind;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** An export that was judged and refused is not adopted again. */
class RefusedExportTest extends SiteTest {
  private static final Match PATIENTS = Match.file("Patient");

  private void openWithABrokenLine() throws IOException {
    open(o -> o);
    site.server.faults().once(PATIENTS, Fault.extraLine("{\"resourceType\":\"Patient\","));
    assertThat(site.runAll("r1")).isEqualTo(5);
    assertThat(error("extract"))
        .contains("clear the task extract, which checks it again without a download")
        .contains("rerun from the kick-off, which requests a new export");
    assertThat(result("extract").path("refused_export").asText())
        .isEqualTo(result("kick_off").path("export_id").asText());
  }

  @Test
  void theNextRunAsksTheMendedServer() throws IOException {
    openWithABrokenLine();

    assertThat(site.runAll("r2")).isZero();

    assertThat(asked(RequestKind.KICK_OFF)).isEqualTo(2);
    assertThat(site.landings()).hasSize(1);
    assertThat(ReadBack.bronze(site)).hasSize(503);
    assertThat(site.report("r2", "kick_off").path("notes").toString())
        .contains("so a new one is requested");
  }

  @Test
  void theSameRunAsksItFromTheKickOffOn() throws IOException {
    openWithABrokenLine();

    assertThat(site.runAll("r1")).isZero();

    assertThat(asked(RequestKind.KICK_OFF)).isEqualTo(2);
    assertThat(ReadBack.bronze(site)).hasSize(503);
    assertThat(site.server.requests().exportsKept()).as("the refused one is deleted").isZero();
  }

  @Test
  void itsOwnTaskJudgesItAnewWithoutADownload() throws IOException {
    openWithABrokenLine();
    long files = asked(RequestKind.FILE);
    site.settings.put("bulk.max-rejected-share", "0.01");

    assertThat(extract()).isZero();

    assertThat(asked(RequestKind.FILE)).isEqualTo(files);
    assertThat(asked(RequestKind.KICK_OFF)).isEqualTo(1);
    assertThat(site.landings()).hasSize(1);
  }

  @Test
  void aServerThatGivesNoNewOneLeavesTheOldOneToJudge() throws IOException {
    openInSkippedTime(o -> o.kickOffs(k -> k.oncePerDay()));
    site.server.faults().once(PATIENTS, Fault.extraLine("{\"resourceType\":\"Patient\","));
    assertThat(kickOff()).isZero();
    assertThat(status()).isZero();
    assertThat(extract()).isEqualTo(5);

    assertThat(kickOff()).isEqualTo(4);

    site.settings.put("bulk.max-rejected-share", "0.01");
    assertThat(extract()).isZero();
  }

  /** Of one of two groups: the run goes on with what it has, and says so. */
  @Test
  void whereANewOneIsRefusedTheRunKeepsTheOldOne() throws IOException {
    open(o -> o.groups(Map.of("north", Set.of("p1", "p2"), "south", Set.of("p3"))));
    site.settings.put("bulk.groups", "[north, south]");
    site.server.faults().once(PATIENTS, Fault.extraLine("{\"resourceType\":\"Patient\","));
    assertThat(site.runAll("r1")).isEqualTo(5);
    site.server
        .faults()
        .always(Match.kind(RequestKind.KICK_OFF), Fault.fatal(403, "59204", "not any more"));

    assertThat(kickOff()).isZero();

    assertThat(notes("kick_off"))
        .contains("No new export of group", "The run's earlier export is kept", "bulk.max-rejected")
        .doesNotContain("has no export");
    site.settings.put("bulk.max-rejected-share", "0.9");
    assertThat(status()).isZero();
    assertThat(extract()).isZero();
    assertThat(site.landings()).hasSize(2);
  }

  /** The answer to the second kick-off is lost: the third asks in the same words. */
  @Test
  void aLostAnswerToTheNewKickOffIsAskedForAgain() throws IOException {
    open(o -> o.kickOffs(k -> k.reusesExports()));
    site.server.faults().once(PATIENTS, Fault.extraLine("{\"resourceType\":\"Patient\","));
    assertThat(site.runAll("r1")).isEqualTo(5);
    time.skip(Duration.ofSeconds(1));
    site.server.faults().once(Match.kind(RequestKind.KICK_OFF), Fault.reset(-1));

    assertThat(kickOff()).isEqualTo(4);
    assertThat(kickOff()).isZero();

    assertThat(notes("kick_off")).contains("got no response");
    assertThat(site.server.requests().exportsStarted()).isEqualTo(2);
  }

  /** The server said no, and has begun nothing. */
  @Test
  void aNewOneThatIsRefusedIsAskedForByTheSettingsOfNow() throws IOException {
    openWithABrokenLine();
    time.skip(Duration.ofSeconds(1));
    site.server.faults().once(Match.kind(RequestKind.KICK_OFF), Fault.fatalOutcome(400, "59188"));
    assertThat(kickOff()).isEqualTo(3);
    site.settings.put("bulk.types", "[Patient]");

    assertThat(kickOff()).isZero();

    assertThat(notes("kick_off")).doesNotContain("no response");
    assertThat(site.server.requests().entries())
        .filteredOn(entry -> entry.kind() == RequestKind.KICK_OFF)
        .last()
        .asString()
        .contains("_type=Patient")
        .doesNotContain("Observation");
  }
}
