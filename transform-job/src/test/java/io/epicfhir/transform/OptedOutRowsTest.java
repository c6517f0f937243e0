package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.ChildJvm;
import io.epicfhir.common.optout.OptOutList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.commons.io.FileUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A backup of bronze brings back whom an erasure has removed: the tables do not take her in. */
final class OptedOutRowsTest {
  private static final List<String> BRONZE = List.of("bronze", "state/landings");

  @TempDir private Path folder;
  @TempDir private Path backup;

  @Test
  void whatCameBackWithABackupReachesNoTableAndLeavesBronzeAgain() throws IOException {
    ErasedClinic clinic = new ErasedClinic(folder);
    copy(clinic.folder, backup);
    clinic.erase();
    List<String> live = clinic.lake.live("Observation");
    copy(backup, clinic.folder);
    Files.delete(clinic.folder.resolve("state/applied/e2.json")); // pending, the others are rebuilt
    assertThat(clinic.filesWith(List.of(ErasedClinic.ANNA))).isNotEmpty();

    TransformResult rebuilt =
        clinic.lake.rebuild(
            "Patient", "Observation", "Provenance", "DocumentReference", "Binary", "List");

    assertThat(rebuilt.problems()).isEmpty();
    assertThat(clinic.filesWith(List.of(ErasedClinic.ANNA))).isEmpty();
    assertThat(clinic.lake.live("Observation")).isEqualTo(live).hasSize(1);
    assertThat(clinic.lake.rows("patient")).containsExactly(ErasedClinic.BERT);
  }

  @Test
  void aKillBetweenACopyAndItsOriginalsEndLeavesNeither() throws Exception {
    TestLake lake = new TestLake(folder).bound(Long.MAX_VALUE, 1);
    for (String export : List.of("e1", "e2")) {
      lake.export(export, "2026-01-1" + export.charAt(1) + "T00:00:00Z")
          .resource(
              "Observation", "hers" + export, "1", DAY, about("hers" + export, ErasedClinic.ANNA))
          .resource(
              "Observation", "his" + export, "1", DAY, about("his" + export, ErasedClinic.BERT))
          .land();
    }
    list(lake, ErasedClinic.ANNA);
    Path settings = settings();
    assertThat(ChildJvm.run(Transform.class, "erase.bronze:2", arguments(settings)))
        .isEqualTo(ChildJvm.KILLED);

    assertThat(lake.run().problems()).isEmpty();

    assertThat(ErasedClinic.filesWith(folder, List.of("Patient/" + ErasedClinic.ANNA))).isEmpty();
    assertThat(lake.live("Observation")).hasSize(2);
  }

  @Test
  void whatIsReadAgainForTheSakeOfOthersIsLookedAtToo() throws IOException {
    TestLake lake = new TestLake(folder).bound(Long.MAX_VALUE, 1);
    lake.export("o1", "2026-01-10T00:00:00Z")
        .of("other")
        .resource("Observation", "x", "1", DAY, about("x", ErasedClinic.ANNA))
        .land();
    lake.export("e1", "2026-01-11T00:00:00Z")
        .of("group")
        .resource("Observation", "x", "2", DAY, about("x", ErasedClinic.BERT))
        .land();
    lake.transform();
    copy(folder, backup);
    list(lake, ErasedClinic.ANNA);
    assertThat(lake.run().problems()).isEmpty();
    copy(backup, folder);
    // The group holds it no more: what the other one holds counts again.
    lake.export("e3", "2026-01-12T00:00:00Z")
        .of("group")
        .full("Observation")
        .resource("Observation", "y", "1", DAY, about("y", ErasedClinic.BERT))
        .landedAt(Instant.now().plusSeconds(60).toString())
        .land();

    assertThat(lake.run().problems()).isEmpty();

    assertThat(lake.live("Observation")).noneMatch(line -> line.contains(ErasedClinic.ANNA));
    assertThat(ErasedClinic.filesWith(folder.resolve("bronze"), List.of(ErasedClinic.ANNA)))
        .isEmpty();
  }

  @Test
  void whatIsAboutARecordThatIsHersGoesWithIt() throws IOException {
    TestLake lake = new TestLake(folder).bound(Long.MAX_VALUE, 1);
    String record =
        "{\"resourceType\":\"Patient\",\"id\":\"eNew0011223344\",\"link\":[{\"other\":{\"reference\":"
            + "\"Patient/%s\"},\"type\":\"replaces\"}]}".formatted(ErasedClinic.ANNA);
    lake.export("e1", "2026-01-10T00:00:00Z")
        .resource("Observation", "hers", "1", DAY, about("hers", "eNew0011223344"))
        .resource("Patient", "eNew0011223344", "1", DAY, record)
        .resource("Observation", "his", "1", DAY, about("his", ErasedClinic.BERT))
        .land();
    list(lake, ErasedClinic.ANNA);

    assertThat(lake.run().problems()).isEmpty();

    assertThat(lake.live("Observation")).hasSize(1);
    assertThat(lake.live("Patient")).isEmpty();
  }

  private static final String DAY = "2026-01-05T00:00:00Z";

  private static String about(String id, String patient) {
    return ErasedClinic.json("Observation", id, ErasedClinic.subject(patient));
  }

  private static void list(TestLake lake, String patient) {
    new OptOutList(lake.lake())
        .add(
            List.of(new OptOutList.Person(new TreeSet<>(Set.of("Patient/" + patient)), Set.of())),
            List.of());
  }

  private Path settings() throws IOException {
    Path shipped = Path.of("../conf/pipeline.conf").toAbsolutePath().normalize();
    return Files.writeString(
        backup.resolve("pipeline.conf"),
        """
        include file("%s")
        epic-fhir.lake = "%s"
        epic-fhir.transform.views = "%s"
        epic-fhir.transform.joined { sql = "", lookups = "" }
        """
            .formatted(shipped, folder, shipped.resolveSibling("views")));
  }

  private static String[] arguments(Path settings) {
    return ("--conf " + settings + " --dag etl --run r1 --task transform")
        .concat(" --interval-end 2026-01-20T00:00:00Z")
        .split(" ");
  }

  private static void copy(Path from, Path to) throws IOException {
    for (String name : BRONZE) {
      if (Files.exists(to.resolve(name))) {
        FileUtils.deleteDirectory(to.resolve(name).toFile());
      }
      FileUtils.copyDirectory(from.resolve(name).toFile(), to.resolve(name).toFile());
    }
  }
}
