package io.epicfhir.extract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.ZstdInputStream;
import io.epicfhir.common.ChildJvm;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.extract.bulk.ledger.GroupPatients;
import io.epicfhir.sandbox.faults.Fault;
import io.epicfhir.sandbox.faults.Match;
import io.epicfhir.sandbox.http.RequestKind;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Patients who join a group between two exports of what changed. */
class NewcomersTest extends SiteTest {
  private void patients(String... ids) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (String id : ids) {
      lines.append("{\"resourceType\":\"Patient\",\"id\":\"").append(id).append("\"}\n");
    }
    Files.writeString(site.data.resolve("Patient.ndjson"), lines, UTF_8);
    site.server.store().reload();
  }

  private List<Instant> sinces() {
    return site.landings().stream().map(Landing::since).toList();
  }

  private String warnings(String run) throws IOException {
    return site.report(run, "extract").at("/result/warnings").toString();
  }

  @Test
  void aGroupThatCanBeReadIsAskedForInFullAtOnce() throws IOException {
    open(o -> o);
    assertThat(site.runAll("r1")).isZero();
    patients("p1", "p2", "p3", "p4");

    assertThat(site.runAll("r2")).isZero();
    assertThat(site.runAll("r3")).isZero();

    assertThat(sinces().subList(0, 2)).as("their earlier records come").containsOnlyNulls();
    assertThat(sinces().get(2)).as("they are known now").isNotNull();
    assertThat(site.report("r2", "kick_off").path("notes").toString())
        .contains("1 patients joined the group. This export is a full one");
    assertThat(site.report("r2", "extract").at("/result/full_sweep").asBoolean()).isTrue();
    assertThat(site.report("r3", "extract").at("/result/full_sweep").asBoolean()).isFalse();
  }

  /** Members that no export shows, such as restricted patients, are asked for once. */
  @Test
  void membersThatNoExportHasDoNotMakeEveryExportAFullOne() throws IOException {
    open(o -> o);
    site.settings.put("bulk.types", "[Observation]");
    assertThat(site.runAll("r1")).isZero();
    assertThat(site.runAll("r2")).isZero();

    assertThat(sinces().get(1)).isNotNull();
  }

  @Test
  void aGroupThatCannotBeReadIsAskedForInFullNextTimeWithAWarning() throws IOException {
    open(o -> o);
    site.server.faults().always(Match.kind(RequestKind.READ), Fault.fatal(403, "59204", "no"));
    assertThat(site.runAll("r1")).isZero();
    patients("p1", "p2", "p3", "p4", "p5");

    assertThat(site.runAll("r2")).isZero();
    assertThat(warnings("r2"))
        .contains("2 patients joined, and this export", "The next export is a full export");
    assertThat(site.report("r2", "extract").at("/result/newcomers").asInt()).isEqualTo(2);
    assertThat(site.runAll("r3")).isZero();
    assertThat(site.runAll("r4")).isZero();

    assertThat(sinces().get(1)).isNotNull();
    assertThat(sinces().get(2)).isNull();
    assertThat(sinces().get(3)).isNotNull();
    assertThat(warnings("r4")).isEqualTo("[]");
  }

  /** Nobody runs the dead task again. */
  @ParameterizedTest
  @ValueSource(strings = "publish.landed:1")
  void whoCameWithAnExportWhoseTaskDiedAreNewcomersAllTheSame(String failpoint)
      throws IOException, InterruptedException {
    open(o -> o);
    site.server.faults().always(Match.kind(RequestKind.READ), Fault.fatal(403, "59204", "no"));
    assertThat(site.runAll("r1")).isZero();
    patients("p1", "p2", "p3", "p4", "p5");
    assertThat(site.run(new KickOff(), "r2", "kick_off")).isZero();
    assertThat(site.run(new ExportStatus(), "r2", "wait")).isZero();
    String[] arguments = site.arguments("r2", "extract");
    assertThat(ChildJvm.run(Extract.class, failpoint, arguments)).isEqualTo(ChildJvm.KILLED);

    assertThat(site.runAll("r3")).isZero();
    assertThat(site.runAll("r4")).isZero();

    assertThat(sinces().get(1)).isNotNull();
    assertThat(sinces().get(2)).as("the past of the two comes").isNull();
    assertThat(sinces().get(3)).isNotNull();
  }

  @Tag("long")
  @ParameterizedTest
  @ValueSource(strings = "after.landing:1")
  void alsoIfItDiedALittleLater(String failpoint) throws IOException, InterruptedException {
    whoCameWithAnExportWhoseTaskDiedAreNewcomersAllTheSame(failpoint);
  }

  /** Who is listed beside them is not all that the group has. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"reference\":\"Group/inner\"}",
        "{\"identifier\":{\"system\":\"urn:mrn\",\"value\":\"1\"}}",
        "{\"reference\":\"Patient?identifier=1\"}"
      })
  void membersThatAreNoReferencesToPatientsLeaveTheGroupUnknown(String member) throws IOException {
    open(o -> o);
    site.server
        .faults()
        .always(
            Match.kind(RequestKind.READ),
            Fault.answer(
                200,
                "application/fhir+json",
                "{\"resourceType\":\"Group\",\"member\":[{\"entity\":"
                    + member
                    + "},{\"entity\":{\"reference\":\"Patient/p9\"}}]}"));
    assertThat(site.runAll("r1")).isZero();

    assertThat(site.runAll("r2")).isZero();

    assertThat(sinces().get(1)).as("p9 is not taken for a newcomer").isNotNull();
  }

  @Test
  void toldOnlyTheyAreAWarning() throws IOException {
    open(o -> o);
    site.settings.put("bulk.newcomers", "warn");
    assertThat(site.runAll("r1")).isZero();
    patients("p1", "p2", "p3", "p4");

    assertThat(site.runAll("r2")).isZero();

    assertThat(sinces().get(1)).isNotNull();
    assertThat(warnings("r2"))
        .contains("1 patients joined, and this export", "bulk.newcomers = full");
  }

  /** While the check is off no list is kept, so nobody can tell who joins. */
  @ParameterizedTest
  @ValueSource(strings = {"full", "warn"})
  void afterTheCheckWasOffTheGroupIsListedAnewOrAWarningSaysThatItIsNot(String newcomers)
      throws IOException {
    open(o -> o);
    site.settings.put("bulk.newcomers", "off");
    assertThat(site.runAll("r1")).isZero();
    patients("p1", "p2", "p3", "p4");
    site.settings.put("bulk.newcomers", newcomers);

    assertThat(site.runAll("r2")).isZero();
    assertThat(site.runAll("r3")).isZero();

    if (newcomers.equals("full")) {
      assertThat(sinces().get(1)).as("it lists them").isNull();
      assertThat(site.report("r2", "kick_off").path("notes").toString())
          .contains("not listed while bulk.newcomers was off");
      assertThat(warnings("r3")).isEqualTo("[]");
    } else {
      assertThat(sinces().get(1)).isNotNull();
      assertThat(warnings("r2")).contains("patients who joined the group cannot be noticed");
    }
    assertThat(sinces().get(2)).isNotNull();
  }

  /** The older export's files were damaged, for example; the newer one may be full or not. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anOlderFullExportThatLandsAgainTakesNobodyFromTheList(boolean readable) throws IOException {
    open(o -> o);
    if (!readable) {
      site.server.faults().always(Match.kind(RequestKind.READ), Fault.fatal(403, "59204", "no"));
    }
    assertThat(site.runAll("r1")).isZero();
    patients("p1", "p2", "p3", "p4");
    assertThat(site.runAll("r2")).isZero();
    assertThat(sinces().get(1) == null).isEqualTo(readable);
    GroupPatients group = new GroupPatients(site.lake(), "sandbox-group");
    Set<String> known = group.known().orElseThrow();
    assertThat(known).contains(GroupPatients.digest("p4"));
    forgetThatItLanded("r1");

    assertThat(site.run(new Extract(), "r1", "extract")).isZero();

    assertThat(group.known()).contains(known);
  }

  private void forgetThatItLanded(String run) throws IOException {
    String export = site.report(run, "extract").at("/result/export_id").asText();
    Files.delete(folder.resolve("lake/state/exports/" + export + "/landed.json"));
  }

  /** Its own run's extract lands it again; no group waits for that. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aDamagedLandingWhoseTaskDiedKeepsNoKickOffFromAsking(boolean lost) throws IOException {
    open(o -> o);
    assertThat(site.runAll("r1")).isZero();
    forgetThatItLanded("r1");
    Path patients =
        site.landings().get(0).files().stream()
            .filter(file -> file.resourceType().equals("Patient"))
            .map(file -> folder.resolve("lake").resolve(file.path()))
            .findFirst()
            .orElseThrow();
    Files.deleteIfExists(patients.resolveSibling("." + patients.getFileName() + ".crc"));
    if (lost) {
      Files.delete(patients);
    } else {
      byte[] bytes = Files.readAllBytes(patients);
      Arrays.fill(bytes, 4, 60, (byte) 0x55);
      Files.write(patients, bytes);
    }

    assertThat(site.run(new KickOff(), "r2", "kick_off")).isZero();

    assertThat(site.report("r2", "kick_off").path("notes").toString())
        .contains("is damaged", "Clear the task extract of run " + site.landings().get(0).runKey());
  }

  @Test
  void theirIdsAreInNoFileOfTheState() throws IOException {
    open(o -> o);
    patients("patient-with-a-name");
    assertThat(site.runAll("r1")).isZero();

    try (var files = Files.walk(folder.resolve("lake/state"))) {
      assertThat(files.filter(Files::isRegularFile).filter(f -> !f.toString().endsWith(".crc")))
          .isNotEmpty()
          .allSatisfy(f -> assertThat(text(f)).doesNotContain("patient-with-a-name"));
    }
  }

  /** An index of what is read by reference is packed. */
  private static String text(Path file) throws IOException {
    try (InputStream bytes = Files.newInputStream(file);
        InputStream in = isZstd(file) ? new ZstdInputStream(bytes) : bytes) {
      return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
    }
  }

  /** By its magic number, RFC 8878, 3.1.1. */
  private static boolean isZstd(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return Arrays.equals(in.readNBytes(4), new byte[] {0x28, (byte) 0xB5, 0x2F, (byte) 0xFD});
    }
  }
}
