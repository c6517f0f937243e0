package io.epicfhir.extract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.job.JobRunner;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import io.epicfhir.sandbox.faults.Fault;
import io.epicfhir.sandbox.faults.Match;
import io.epicfhir.sandbox.http.RequestKind;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.URLDecoder;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What an export changed since must follow on what an earlier one brought. */
class ExportChainTest extends SiteTest {
  private static final Match KICK_OFF = Match.kind(RequestKind.KICK_OFF);

  private void change(int number) throws IOException {
    Files.writeString(
        site.data.resolve("Patient.ndjson"),
        "{\"resourceType\":\"Patient\",\"id\":\"p1\",\"multipleBirthInteger\":" + number + "}\n");
    site.server.store().reload();
  }

  /** A full export and two of what changed since. */
  private List<Landing> threeLandings() throws IOException {
    open(o -> o);
    assertThat(site.runAll("r1")).isZero();
    change(2);
    assertThat(site.runAll("r2")).isZero();
    change(3);
    assertThat(site.runAll("r3")).isZero();
    assertThat(site.landings()).extracting(Landing::since).element(1).isNotNull();
    return site.landings();
  }

  private void damage(Landing landing) throws IOException {
    String path = landing.files().get(0).path();
    try (RandomAccessFile bytes =
        new RandomAccessFile(folder.resolve("lake").resolve(path).toFile(), "rw")) {
      bytes.setLength(landing.files().get(0).bytes() / 2);
    }
  }

  private int extract(String run) throws IOException {
    return site.run(new Extract(), run, "extract");
  }

  private String lastKickOff() {
    return site.server.requests().entries().stream()
        .filter(entry -> entry.kind() == RequestKind.KICK_OFF)
        .map(entry -> URLDecoder.decode(entry.uri(), UTF_8))
        .reduce("", (a, b) -> b);
  }

  /** Damaged before it was applied, and the server gives it no more. */
  @Test
  void whileAWithdrawnExportHasNoSuccessorNoRunIsGreen() throws IOException {
    List<Landing> landings = threeLandings();
    damage(landings.get(1));
    site.server.faults().always(KICK_OFF, Fault.fatal(400, "59108", "no"));
    assertThat(extract("r2")).isEqualTo(3);

    assertThat(extract("r3")).isEqualTo(5);

    assertThat(site.error("r3", "extract"))
        .contains("export " + landings.get(1).exportId() + " was withdrawn")
        .contains("Clear the task extract of run etl/r2, or rerun from the kick-off");
    assertThat(site.report("r3", "extract").at("/result/state").asText())
        .as("the run's own export is there")
        .isEqualTo("landed");
    Instant today = Instant.now().truncatedTo(ChronoUnit.DAYS);
    site.window("past", today.minus(1, ChronoUnit.DAYS), today);
    assertThat(site.run(new KickOff(), "past", "kick_off")).as("not covered").isEqualTo(3);
  }

  @Test
  void theNextExportReachesBackToBeforeTheWithdrawnOneAndIsItsSuccessor() throws IOException {
    List<Landing> landings = threeLandings();
    new Landings(site.lake()).withdraw(landings.get(1));
    assertThat(extract("r3")).isEqualTo(5);

    assertThat(site.runAll("r4")).isZero();

    assertThat(lastKickOff()).contains("_since=" + landings.get(0).transactionTime());
    assertThat(extract("r3")).isZero();
  }

  /**
   * Its files are what the landing says, but they lack what came: to land them again is no help.
   */
  @Test
  void whatIsTakenBackComesWithTheNextExportAndUntilThenNoRunIsGreen() throws IOException {
    List<Landing> landings = threeLandings();

    for (int again = 0; again < 2; again++) {
      assertThat(takeBack("r4", landings.get(1))).isZero();
    }

    assertThat(site.landings()).containsExactly(landings.get(0), landings.get(2));
    assertThat(extract("r3")).isEqualTo(5);
    assertThat(extract("r2")).isEqualTo(3);
    assertThat(site.error("r2", "extract")).contains("did not match; rerun from the kick-off");
    assertThat(site.runAll("r4")).isZero();
    assertThat(lastKickOff()).contains("_since=" + landings.get(0).transactionTime());
    assertThat(extract("r3")).isZero();
  }

  private int takeBack(String run, Landing landing) throws IOException {
    List<String> arguments = new ArrayList<>(List.of(site.arguments(run, "kick_off")));
    arguments.addAll(List.of("--export", landing.exportId(), "--mode", "take-back"));
    return JobRunner.run(new Cancel(), arguments.toArray(String[]::new));
  }

  @Test
  void afterAFullOneWasWithdrawnEverythingIsAskedFor() throws IOException {
    List<Landing> landings = threeLandings();
    new Landings(site.lake()).withdraw(landings.get(0));

    assertThat(site.runAll("r4")).isZero();

    assertThat(lastKickOff()).doesNotContain("_since");
    assertThat(extract("r3")).isZero();
  }

  /** An index that was written later knows it, as read lately and as it was. */
  @Test
  void theSuccessorBringsWhatTheWithdrawnOneHadReadByReference() throws IOException {
    open(
        Map.of(
            "Patient.ndjson", bytes("{\"resourceType\":\"Patient\",\"id\":\"p1\"}\n"),
            "Observation.ndjson", bytes(observed("one")),
            "Practitioner.ndjson", bytes(practitioner("one") + practitioner("two"))),
        o -> o);
    assertThat(site.runAll("r1")).isZero();
    Files.writeString(
        site.data.resolve("Observation.ndjson"), observed("two"), StandardOpenOption.APPEND);
    site.server.store().reload();
    assertThat(site.runAll("r2")).isZero();
    assertThat(EpicSite.landed(site).keySet())
        .containsExactly("Observation/two", "Practitioner/two");
    assertThat(site.runAll("r3")).isZero();
    new Landings(site.lake()).withdraw(site.landings().get(1));

    assertThat(site.runAll("r4")).isZero();

    assertThat(EpicSite.landed(site).keySet()).contains("Observation/two", "Practitioner/two");
    assertThat(EpicSite.deleted(site)).isEmpty();
    assertThat(site.runAll("r5")).isZero();
    assertThat(EpicSite.landed(site)).as("all is as it was").isEmpty();
  }

  private static String observed(String by) {
    return "{\"resourceType\":\"Observation\",\"id\":\"%s\",\"subject\":{\"reference\":\"Patient/p1\"},\"performer\":[{\"reference\":\"Practitioner/%s\"}]}\n"
        .formatted(by, by);
  }

  private static String practitioner(String id) {
    return "{\"resourceType\":\"Practitioner\",\"id\":\"" + id + "\"}\n";
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  @Test
  void anExportThatFollowsOnNothingDoesNotLand() throws IOException {
    open(o -> o);
    assertThat(site.runAll("r1")).isZero();
    assertThat(site.run(new KickOff(), "r2", "kick_off")).isZero();
    assertThat(site.run(new ExportStatus(), "r2", "wait")).isZero();
    new Landings(site.lake()).withdraw(site.landings().get(0));

    assertThat(extract("r2")).isEqualTo(5);

    assertThat(site.error("r2", "extract"))
        .contains("it contains only the changes since ", "Rerun from the kick-off");
    assertThat(site.landings()).isEmpty();
    assertThat(site.runAll("r2")).isZero();
    assertThat(site.landings()).singleElement().extracting(Landing::since).isNull();
  }
}
