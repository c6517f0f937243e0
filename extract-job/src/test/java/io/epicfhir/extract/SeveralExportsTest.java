package io.epicfhir.extract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.common.job.Job;
import io.epicfhir.common.job.JobRunner;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.extract.bulk.ledger.ExportLedger;
import io.epicfhir.sandbox.SandboxOptions;
import io.epicfhir.sandbox.faults.Fault;
import io.epicfhir.sandbox.faults.Match;
import io.epicfhir.sandbox.http.RequestKind;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SeveralExportsTest {
  @TempDir Path folder;
  private Site site;

  private void open(UnaryOperator<SandboxOptions> behaviour) throws IOException {
    site = Site.open(folder, BulkToBronzeTest.files(), behaviour);
  }

  @AfterEach
  void close() throws IOException {
    site.close();
  }

  @Test
  void several_groups_are_one_run_and_one_landing_each() throws IOException {
    open(SeveralExportsTest::northAndSouth);
    site.settings.put("bulk.groups", "[north, south]");
    site.settings.put("bulk.method", "post");

    assertThat(site.runAll("r1")).isZero();

    assertThat(site.landings()).extracting(Landing::group).containsExactly("north", "south");
    String exports = site.report("r1", "extract").path("result").path("export_id").asText();
    assertThat(exports.split(",")).hasSize(2);
    assertThat(site.report("r1", "kick_off").path("result").path("export_id").asText())
        .isEqualTo(exports);
    // Observations without a patient are in both.
    assertThat(site.report("r1", "extract").path("resources").path("Patient").path("written"))
        .hasToString("3");
  }

  private static SandboxOptions northAndSouth(SandboxOptions options) {
    return options.groups(Map.of("north", Set.of("p1", "p2"), "south", Set.of("p3")));
  }

  private int run(Job job, String task) throws IOException {
    return site.run(job, "r1", task);
  }

  private List<String> landed() {
    return site.landings().stream().map(Landing::group).sorted().toList();
  }

  /** The others land, whichever place it has among them, and the run is red by its words. */
  @ParameterizedTest
  @ValueSource(strings = {"[nobody, north, south]", "[north, nobody, south]", "[south, nobody]"})
  void aGroupThatIsRefusedKeepsNoOtherFromLandingAndTheRunIsRed(String groups) throws IOException {
    open(SeveralExportsTest::northAndSouth);
    site.settings.put("bulk.groups", groups);

    assertThat(run(new KickOff(), "kick_off")).isZero();
    assertThat(run(new ExportStatus(), "wait")).isZero();
    assertThat(run(new Extract(), "extract")).isEqualTo(3);

    boolean three = groups.contains("north");
    String exports = site.report("r1", "kick_off").at("/result/export_id").asText();
    assertThat(exports.split(",")).as("also the one that is missing").hasSize(three ? 3 : 2);
    assertThat(site.report("r1", "wait").at("/result/export_id").asText()).isEqualTo(exports);
    assertThat(site.report("r1", "kick_off").path("notes").toString()).contains("nobody", "go on");
    assertThat(site.error("r1", "extract")).contains("the export of group \"nobody\"");
    assertThat(landed()).isEqualTo(three ? List.of("north", "south") : List.of("south"));
    assertThat(run(new Extract(), "extract")).as("a rerun says the same").isEqualTo(3);
    assertThat(site.error("r1", "extract")).contains("the export of group \"nobody\"");
  }

  /** As Airflow gives it to them: the exports that the kick-off named. */
  @Test
  void aGroupThatIsRefusedIsNamedWhereTheExportsComeByArgument() throws IOException {
    open(SeveralExportsTest::northAndSouth);
    site.settings.put("bulk.groups", "[nobody, south]");
    assertThat(run(new KickOff(), "kick_off")).isZero();
    String exports = site.report("r1", "kick_off").at("/result/export_id").asText();

    for (String task : List.of("wait", "extract")) {
      List<String> arguments = new ArrayList<>(List.of(site.arguments("r1", task)));
      arguments.addAll(List.of("--export", exports));
      Job job = task.equals("wait") ? new ExportStatus() : new Extract();
      int status = JobRunner.run(job, arguments.toArray(String[]::new));
      assertThat(status).as(task).isEqualTo(task.equals("wait") ? 0 : 3);
    }

    assertThat(site.error("r1", "extract")).contains("the export of group \"nobody\"");
    assertThat(landed()).containsExactly("south");
  }

  @Test
  void groupsThatAreAllRefusedEndTheRunAtOnce() throws IOException {
    open(o -> o);
    site.settings.put("bulk.groups", "[nobody, no-one]");

    assertThat(run(new KickOff(), "kick_off")).isEqualTo(3);

    assertThat(site.error("r1", "kick_off")).contains("the export of group \"nobody\"");
  }

  /** What may pass is tried again before anything goes on. */
  @Test
  void aServerThatIsDownForOneGroupIsAskedAgain() throws IOException {
    open(SeveralExportsTest::northAndSouth);
    site.settings.put("bulk.groups", "[nobody, north, south]");
    site.settings.put("source.max-tries", "1");
    site.server.faults().once(Match.kind(RequestKind.KICK_OFF), Fault.badGateway());
    assertThat(run(new KickOff(), "kick_off")).isEqualTo(4);

    assertThat(run(new KickOff(), "kick_off")).isZero();
    assertThat(run(new ExportStatus(), "wait")).isZero();
    assertThat(run(new Extract(), "extract")).isEqualTo(3);
    assertThat(landed()).containsExactly("north", "south");
  }

  private int runTry(Job job, String task, int number, int of) throws IOException {
    List<String> arguments = new ArrayList<>(List.of(site.arguments("r1", task)));
    arguments.addAll(List.of("--try", "" + number, "--tries", "" + of));
    return JobRunner.run(job, arguments.toArray(String[]::new));
  }

  /** Airflow does not try the task again, so nobody is left to ask for the group. */
  @Test
  void aServerThatStaysDownForOneGroupKeepsNoOtherFromLanding() throws IOException {
    open(SeveralExportsTest::northAndSouth);
    site.settings.put("bulk.groups", "[north, south]");
    site.settings.put("source.max-tries", "1");
    site.server.faults().once(Match.kind(RequestKind.KICK_OFF), Fault.badGateway());
    assertThat(runTry(new KickOff(), "kick_off", 3, 4)).isEqualTo(4);
    site.server.faults().once(Match.kind(RequestKind.KICK_OFF), Fault.badGateway());

    assertThat(runTry(new KickOff(), "kick_off", 4, 4)).isZero();
    assertThat(run(new ExportStatus(), "wait")).isZero();
    assertThat(run(new Extract(), "extract")).isEqualTo(3);

    assertThat(landed()).containsExactly("south");
    assertThat(site.error("r1", "extract")).contains("group \"north\"", "502");
    assertThat(site.report("r1", "extract").at("/result/given_up")).hasSize(1);
    assertThat(site.runAll("r1")).as("what the alert's command does").isZero();
    assertThat(landed()).containsExactly("north", "south");
  }

  @Test
  void aServerThatStaysDownForAllGroupsEndsTheRun() throws IOException {
    open(SeveralExportsTest::northAndSouth);
    site.settings.put("bulk.groups", "[north, south]");
    site.settings.put("source.max-tries", "1");
    site.server.faults().always(Match.kind(RequestKind.KICK_OFF), Fault.badGateway());

    assertThat(runTry(new KickOff(), "kick_off", 4, 4)).isEqualTo(4);
  }

  @Test
  void aStatusThatOneGroupsServerNeverAnswersKeepsNoOtherFromLanding() throws IOException {
    open(SeveralExportsTest::northAndSouth);
    site.settings.put("bulk.groups", "[north, south]");
    site.settings.put("source.max-tries", "1");
    assertThat(run(new KickOff(), "kick_off")).isZero();
    site.server.faults().once(Match.kind(RequestKind.STATUS), Fault.badGateway());

    assertThat(runTry(new ExportStatus(), "wait", 4, 4)).isZero();

    assertThat(site.report("r1", "wait").at("/result/state").asText()).isEqualTo("complete");
    assertThat(site.report("r1", "wait").path("notes").toString()).contains("502", "go on");
    assertThat(run(new Extract(), "extract")).isEqualTo(4);
    assertThat(site.error("r1", "extract")).startsWith("Group \"north\": ");
    assertThat(landed()).containsExactly("south");
  }

  /** What one group is told says nothing of the other. */
  @Test
  void aKickOffThatIsRefusedForAnHourKeepsNoOtherGroupFromBeingAskedFor() throws IOException {
    open(SeveralExportsTest::northAndSouth);
    site.settings.put("bulk.groups", "[north, south]");
    site.server.faults().once(Match.kind(RequestKind.KICK_OFF), Fault.busy(503, "3600"));

    assertThat(run(new KickOff(), "kick_off")).isEqualTo(4);

    assertThat(site.error("r1", "kick_off"))
        .contains("the export of group \"north\": the server answered 503");
    assertThat(site.server.requests().exportsStarted()).isOne();
    assertThat(site.runAll("r1")).as("the next try").isZero();
    assertThat(landed()).containsExactly("north", "south");
  }

  @ParameterizedTest
  @ValueSource(ints = {503, 429})
  void aFileThatIsRefusedForAnHourKeepsNoOtherGroupFromLanding(int status) throws IOException {
    open(SeveralExportsTest::northAndSouth);
    site.settings.put("bulk.groups", "[north, south]");
    assertThat(run(new KickOff(), "kick_off")).isZero();
    assertThat(run(new ExportStatus(), "wait")).isZero();
    site.server.faults().once(Match.file("Patient"), Fault.busy(status, "3600"));

    assertThat(run(new Extract(), "extract")).isEqualTo(4);

    assertThat(site.error("r1", "extract"))
        .contains("Cannot download file Patient", "the server answered " + status);
    assertThat(landed()).containsExactly("south");
    assertThat(run(new Extract(), "extract")).isZero();
    assertThat(landed()).containsExactly("north", "south");
  }

  private void oneIsGoneAtTheServer() throws IOException {
    open(SeveralExportsTest::northAndSouth);
    site.settings.put("bulk.groups", "[north, south]");
    assertThat(run(new KickOff(), "kick_off")).isZero();
    site.server.faults().once(Match.kind(RequestKind.STATUS), Fault.gone(404));
  }

  @Test
  void aGroupWhoseExportIsGoneKeepsNoOtherFromLandingAndTheRunIsRed() throws IOException {
    oneIsGoneAtTheServer();

    assertThat(run(new ExportStatus(), "wait")).isZero();

    assertThat(site.server.requests().count(RequestKind.STATUS)).isEqualTo(2);
    JsonNode report = site.report("r1", "wait");
    assertThat(report.at("/result/state").asText()).isEqualTo("complete");
    assertThat(report.at("/result/export_id").asText().split(",")).hasSize(2);
    assertThat(report.path("notes").toString()).contains("this export is lost");
    assertThat(run(new ExportStatus(), "wait")).as("the next look says the same").isZero();
    assertThat(site.server.requests().count(RequestKind.STATUS)).isEqualTo(2);
    assertThat(run(new Extract(), "extract")).isEqualTo(3);
    assertThat(site.error("r1", "extract")).contains("404", "requests group \"north\" again");
    assertThat(site.report("r1", "extract").at("/result/given_up"))
        .as("what a rerun of extract cannot bring")
        .hasSize(1);
    assertThat(landed()).containsExactly("south");
  }

  @Test
  void aRerunFromTheKickOffBringsTheOneThatIsMissing() throws IOException {
    oneIsGoneAtTheServer();
    assertThat(run(new ExportStatus(), "wait")).isZero();
    assertThat(run(new Extract(), "extract")).isEqualTo(3);

    assertThat(site.runAll("r1")).isZero();

    assertThat(landed()).containsExactly("north", "south");
    assertThat(site.server.requests().exportsStarted()).isEqualTo(3);
    assertThat(site.report("r1", "extract").path("result").has("given_up")).isFalse();
  }

  /** The exports of a run, north's first. */
  private List<String> exports(String run) throws IOException {
    return List.of(site.report(run, "kick_off").at("/result/export_id").asText().split(","));
  }

  /** As a rerun does it, which is a run of its own. */
  private int kickOffThatKeeps(List<String> exports) throws IOException {
    List<String> arguments = new ArrayList<>(List.of(site.arguments("r2", "kick_off")));
    arguments.addAll(List.of("--export", String.join(",", exports)));
    return JobRunner.run(new KickOff(), arguments.toArray(String[]::new));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aRerunThatKeepsTheOtherGroupsExportRequestsOnlyTheOneThatIsMissing(boolean landed)
      throws IOException {
    oneIsGoneAtTheServer();
    assertThat(run(new ExportStatus(), "wait")).isZero();
    if (landed) {
      assertThat(run(new Extract(), "extract")).isEqualTo(3);
    }
    List<String> first = exports("r1");

    assertThat(kickOffThatKeeps(first)).as("the lost one is named, too").isZero();
    assertThat(kickOffThatKeeps(first)).as("and once more").isZero();

    assertThat(site.server.requests().exportsStarted()).isEqualTo(3);
    assertThat(exports("r2")).contains(first.get(1)).doesNotContain(first.get(0));
    assertThat(site.run(new ExportStatus(), "r2", "wait")).isZero();
    assertThat(site.run(new Extract(), "r2", "extract")).isZero();
    assertThat(landed()).containsExactly("north", "south");
  }

  @Test
  void anExportOfOtherWordsIsKeptAllTheSame() throws IOException {
    oneIsGoneAtTheServer();
    assertThat(run(new ExportStatus(), "wait")).isZero();
    site.settings.put("bulk.types", "[Patient]");

    assertThat(kickOffThatKeeps(exports("r1").subList(1, 2))).isZero();

    assertThat(site.server.requests().exportsStarted()).isEqualTo(3);
    assertThat(exports("r2")).contains(exports("r1").get(1));
  }

  @Test
  void anExportThatIsRefusedOrCancelledBeforeItCouldBeKeptIsRequestedAgain() throws IOException {
    open(SeveralExportsTest::northAndSouth);
    site.settings.put("bulk.groups", "[north, south]");
    assertThat(run(new KickOff(), "kick_off")).isZero();
    List<String> first = exports("r1");
    new ExportLedger(site.lake(), first.get(0))
        .refuse(new ExportLedger.Refused(Instant.now(), "made up", false));
    new ExportLedger(site.lake(), first.get(1)).giveUp(Instant.now());

    assertThat(kickOffThatKeeps(first)).isZero();

    assertThat(site.server.requests().exportsStarted()).isEqualTo(4);
    assertThat(exports("r2")).hasSize(2).doesNotContainAnyElementsOf(first);
  }

  @Test
  void aCrawlIsItsOwnWhateverIsToBeKept() throws IOException {
    open(o -> o);
    site.settings.put("extract.by", "crawl");

    assertThat(kickOffThatKeeps(List.of("x1"))).isZero();

    assertThat(exports("r2")).hasSize(1).doesNotContain("x1");
  }

  @Test
  void exportsThatAreAllGoneEndTheWaiting() throws IOException {
    open(SeveralExportsTest::northAndSouth);
    site.settings.put("bulk.groups", "[north, south]");
    assertThat(run(new KickOff(), "kick_off")).isZero();
    site.server.faults().always(Match.kind(RequestKind.STATUS), Fault.gone(404));

    assertThat(run(new ExportStatus(), "wait")).isEqualTo(3);
    assertThat(run(new ExportStatus(), "wait")).as("and stay so").isEqualTo(3);

    assertThat(site.error("r1", "wait")).contains("this export is lost");
    assertThat(site.report("r1", "wait").at("/result/given_up"))
        .as("what no further look can find")
        .hasSize(2);
  }

  @Test
  void anExportThatIsGoneWhileAnotherIsInTheMakingIsNoEndOfTheWaiting() throws IOException {
    open(o -> northAndSouth(o).exportTime(Duration.ofHours(1)));
    site.settings.put("bulk.groups", "[north, south]");
    assertThat(run(new KickOff(), "kick_off")).isZero();
    site.server.faults().once(Match.kind(RequestKind.STATUS), Fault.gone(404));

    assertThat(run(new ExportStatus(), "wait")).isZero();

    assertThat(site.report("r1", "wait").at("/result/state").asText()).isEqualTo("in-progress");
  }

  /** A look never waits, and one group's answer is no word about the other's export. */
  @Test
  void aGroupWhoseStatusIsBusyForLongKeepsNoOtherFromBeingLookedAt() throws IOException {
    open(SeveralExportsTest::northAndSouth);
    site.settings.put("bulk.groups", "[north, south]");
    assertThat(site.run(new KickOff(), "r1", "kick_off")).isZero();
    site.server.faults().once(Match.kind(RequestKind.STATUS), Fault.busy(503, "1200"));

    assertThat(site.run(new ExportStatus(), "r1", "wait")).isZero();

    assertThat(site.server.requests().count(RequestKind.STATUS)).isEqualTo(2);
    assertThat(site.report("r1", "wait").at("/result/state").asText()).isEqualTo("in-progress");
  }

  @Test
  void aGroupThatCannotLandKeepsNoOtherFromLandingAndTheRunIsRed() throws IOException {
    open(SeveralExportsTest::northAndSouth);
    site.settings.put("bulk.groups", "[north, south]");
    site.settings.put("source.max-tries", "2");
    assertThat(site.run(new KickOff(), "r1", "kick_off")).isZero();
    assertThat(site.run(new ExportStatus(), "r1", "wait")).isZero();
    site.server.faults().once(Match.file("Patient"), Fault.answer(403, "text/plain", "no"));

    assertThat(site.run(new Extract(), "r1", "extract")).isEqualTo(3);

    assertThat(site.error("r1", "extract")).startsWith("Group \"north\": ");
    assertThat(site.landings()).extracting(Landing::group).containsExactly("south");
    assertThat(site.report("r1", "extract").at("/result/export_id").asText())
        .as("what the tasks after it may go on with")
        .isEqualTo(site.landings().get(0).exportId());
    assertThat(site.report("r1", "extract").at("/result/state").isMissingNode()).isTrue();
    assertThat(site.run(new Extract(), "r1", "extract")).isZero();
    assertThat(site.landings()).extracting(Landing::group).containsExactly("north", "south");
  }

  @Test
  void a_run_adopts_what_another_run_asked_for_and_never_fetched() throws IOException {
    open(o -> o);
    assertThat(site.run(new KickOff(), "r1", "kick_off")).isZero();

    assertThat(site.runAll("r2")).isZero();

    assertThat(site.report("r2", "kick_off").path("notes").toString())
        .contains("run etl/r1 requested the same export");
    assertThat(site.server.requests().exportsStarted()).isEqualTo(1);
    assertThat(site.landings()).hasSize(1);
  }

  @Test
  void within_the_servers_window_what_landed_lately_is_adopted() throws IOException {
    open(o -> o.kickOffs(k -> k.oncePerDay()));
    assertThat(site.runAll("r1")).isZero();

    assertThat(site.runAll("r2")).isZero();

    assertThat(site.report("r2", "kick_off").path("notes").toString())
        .contains("does not start a new export of group", "This run uses what landed at ");
    assertThat(site.report("r2", "extract").path("notes").toString())
        .contains("had already landed; nothing was downloaded");
    assertThat(site.report("r1", "extract").at("/result/landed_before")).isEmpty();
    assertThat(site.report("r2", "extract").at("/result/landed_before"))
        .extracting(JsonNode::asText)
        .containsExactly(site.landings().get(0).exportId());
    assertThat(site.server.requests().exportsStarted()).isEqualTo(1);
  }

  @Test
  void searches_narrow_a_type_and_manifests_have_pages() throws IOException {
    open(o -> o.filesAPage(1));
    site.settings.put("bulk.type-filters", "[\"Observation?code=none\"]");

    assertThat(site.runAll("r1")).isZero();

    assertThat(site.report("r1", "extract").path("resources").has("Observation")).isFalse();
    assertThat(ReadBack.bronze(site)).hasSize(3);
  }

  @Test
  void a_cancelled_export_is_deleted_at_the_server_and_asked_for_anew() throws IOException {
    open(o -> o.exportTime(Duration.ofHours(1)));
    assertThat(site.run(new KickOff(), "r1", "kick_off")).isZero();

    assertThat(site.run(new Cancel(), "r1", "cancel")).isZero();

    assertThat(site.server.requests().count(RequestKind.DELETE)).isEqualTo(1);
    assertThat(site.server.requests().exportsKept()).isZero();
    assertThat(site.run(new KickOff(), "r1", "kick_off")).isZero();
    assertThat(site.server.requests().exportsStarted()).isEqualTo(2);
  }

  /** Alone, the other one would be tried again. */
  @ParameterizedTest
  @ValueSource(strings = {"[nobody, south]", "[south, nobody]"})
  void aGroupThatIsRefusedTakesNoRetriesOfTheDownloadFromAnother(String groups) throws IOException {
    open(SeveralExportsTest::northAndSouth);
    site.settings.put("bulk.groups", groups);
    site.settings.put("source.max-tries", "1");
    assertThat(runTry(new KickOff(), "kick_off", 1, 4)).isZero();
    assertThat(runTry(new ExportStatus(), "wait", 1, 4)).isZero();
    site.server.faults().times(2, Match.file("Patient"), Fault.badGateway());

    assertThat(runTry(new Extract(), "extract", 1, 4)).isEqualTo(4);
    assertThat(site.error("r1", "extract")).contains("south", "502");
    assertThat(site.report("r1", "extract").path("notes").toString()).contains("nobody");
    assertThat(runTry(new Extract(), "extract", 4, 4)).as("the last one").isEqualTo(3);
    assertThat(site.error("r1", "extract")).contains("the export of group \"nobody\"");
    assertThat(landed()).isEmpty();

    assertThat(runTry(new Extract(), "extract", 2, 4)).as("where it answers").isEqualTo(3);

    assertThat(site.error("r1", "extract")).contains("the export of group \"nobody\"");
    assertThat(site.report("r1", "extract").at("/result/given_up")).hasSize(1);
    assertThat(landed()).containsExactly("south");
  }

  /** Of the second one a file cannot be had now. */
  @Test
  void aGroupWhoseDataAreRefusedTakesNoRetriesFromAnother() throws IOException {
    open(SeveralExportsTest::northAndSouth);
    site.settings.put("bulk.groups", "[north, south]");
    site.settings.put("source.max-tries", "1");
    site.server
        .faults()
        .once(Match.file("Patient"), Fault.extraLine("{\"resourceType\":\"Patient\","));
    assertThat(run(new KickOff(), "kick_off")).isZero();
    assertThat(run(new ExportStatus(), "wait")).isZero();
    site.server.faults().from(2, Match.file("Patient"), Fault.badGateway());

    assertThat(runTry(new Extract(), "extract", 1, 4)).isEqualTo(4);
    assertThat(site.error("r1", "extract")).startsWith("Group \"south\": ");
    site.server.faults().clear();
    assertThat(runTry(new Extract(), "extract", 2, 4)).isEqualTo(5);

    assertThat(site.report("r1", "extract").at("/result/refused_export").asText()).isNotEmpty();
    assertThat(landed()).containsExactly("south");
  }

  /** The kick-off has nothing to go on with, and is tried again for the one that may come. */
  @Test
  void aGroupThatIsRefusedTakesNoRetriesOfTheKickOffFromAnother() throws IOException {
    open(SeveralExportsTest::northAndSouth);
    site.settings.put("bulk.groups", "[nobody, south]");
    site.settings.put("source.max-tries", "1");
    site.server
        .faults()
        .once(Match.kind(RequestKind.KICK_OFF), Fault.gone(404))
        .once(Match.kind(RequestKind.KICK_OFF), Fault.badGateway());

    assertThat(runTry(new KickOff(), "kick_off", 1, 4)).isEqualTo(4);
    assertThat(runTry(new KickOff(), "kick_off", 2, 4)).isZero();

    assertThat(site.report("r1", "kick_off").path("notes").toString()).contains("nobody", "go on");
  }

  @Test
  void aGroupWhoseExportIsGoneTakesNoLooksFromAnother() throws IOException {
    oneIsGoneAtTheServer();
    site.settings.put("source.max-tries", "1");
    site.settings.put("bulk.poll-interval", "\"1 millisecond\"");
    site.server.faults().once(Match.kind(RequestKind.STATUS), Fault.badGateway());

    assertThat(runTry(new ExportStatus(), "wait", 1, 4)).isEqualTo(4);
    assertThat(runTry(new ExportStatus(), "wait", 2, 4)).isZero();

    assertThat(site.report("r1", "wait").at("/result/state").asText()).isEqualTo("complete");
  }
}
