package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.ChildJvm;
import io.epicfhir.common.optout.NamedPatients;
import io.epicfhir.common.optout.OptOutList;
import io.epicfhir.transform.erase.Erasure;
import io.epicfhir.transform.silver.BronzeRetention;
import io.epicfhir.transform.silver.SilverCounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What comes to belong to an erased patient leaves the tables that had it as somebody else's. */
final class KeptOutTest {
  private static final String ANNA = ErasedClinic.ANNA;
  private static final String BERT = ErasedClinic.BERT;
  private static final String XENIA = "eXenia0011223344";
  private static final String DAY = "2026-01-05T00:00:00Z";

  @TempDir private Path folder;
  @TempDir private Path beside;
  private TestLake lake;

  @BeforeEach
  void open() {
    lake = new TestLake(folder).viewOfKeys("Patient").viewOfKeys("Observation");
  }

  private static String about(String type, String id, String patient) {
    return ErasedClinic.json(type, id, ErasedClinic.subject(patient));
  }

  private static void of(TestLake.Export export, String type, String id, String patient) {
    export.resource(type, id, "1", DAY, about(type, id, patient));
  }

  /** Bert has two observations; Anna was erased before. */
  private TestLake.Export first() {
    TestLake.Export first = lake.export("e1", "2026-01-10T00:00:00Z");
    first.resource("Patient", BERT, "1", DAY, ErasedClinic.json("Patient", BERT, ""));
    of(first, "Observation", "oMoved11223344", BERT);
    of(first, "Observation", "oHis1122334455", BERT);
    return first;
  }

  private void erased(String patient) {
    new OptOutList(lake.lake())
        .add(
            List.of(new OptOutList.Person(new TreeSet<>(Set.of("Patient/" + patient)), Set.of())),
            List.of());
  }

  /** The hospital found that one of Bert's observations is Anna's. */
  private TestLake.Export corrected(String export, String time) {
    return lake.export(export, time)
        .since("2026-01-10T00:00:00Z")
        .keepsOut("Observation/oMoved11223344");
  }

  private void onlyHisIsLeft() {
    assertThat(lake.live("Observation")).singleElement().asString().startsWith("oHis1122334455");
    assertThat(lake.rows("observation")).containsExactly("oHis1122334455");
    assertThat(lake.live("Patient")).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatIsHersByNowLeavesTheTables(boolean inSpark) {
    lake = inSpark ? lake.inSpark() : lake;
    first().land();
    lake.transform();
    erased(ANNA);
    corrected("e2", "2026-01-11T00:00:00Z").land();

    TransformResult result = lake.transform();

    onlyHisIsLeft();
    assertThat(result.silver().counts().get("Observation"))
        .extracting(SilverCounts::keptOut, SilverCounts::released)
        .as("no conclusion of ours")
        .containsExactly(1L, 0L);
    assertThat(lake.transform().silver().counts()).as("once").isEmpty();
    assertThat(lake.rebuild("Observation", "Patient").problems()).isEmpty();
    onlyHisIsLeft();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theOrderOfExportsDoesNotMatter(boolean inSpark) {
    lake = inSpark ? lake.inSpark() : lake;
    erased(ANNA);
    corrected("e2", "2026-01-11T00:00:00Z").land();
    lake.transform();
    first().land();
    lake.transform();
    onlyHisIsLeft();
  }

  /** Nothing of the kind is concluded of what came later. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatIsHisAgainComesBack(boolean later) {
    first().land();
    lake.transform();
    erased(ANNA);
    TestLake.Export again = lake.export("e3", "2026-01-12T00:00:00Z").since("2026-01-10T00:00:00Z");
    of(again, "Observation", "oMoved11223344", BERT);
    if (later) {
      corrected("e2", "2026-01-11T00:00:00Z").land();
      lake.transform();
      onlyHisIsLeft();
      again.land();
    } else {
      again.land();
      lake.transform();
      corrected("e2", "2026-01-11T00:00:00Z").land();
    }
    lake.transform();
    assertThat(lake.rows("observation")).hasSize(2);
    assertThat(lake.rebuild("Observation").problems()).isEmpty();
    assertThat(lake.rows("observation")).hasSize(2);
  }

  @Test
  void anExportThatLandsAnewSaysItAnew() {
    first().land();
    lake.transform();
    erased(ANNA);
    corrected("e2", "2026-01-11T00:00:00Z").land();
    lake.transform();
    onlyHisIsLeft();
    TestLake.Export anew = lake.export("e2", "2026-01-11T00:00:00Z").since("2026-01-10T00:00:00Z");
    anew.landedAt("2026-01-13T00:00:00Z").land();
    lake.transform();
    assertThat(lake.rows("observation")).as("it was a mistake").hasSize(2);
    corrected("e2", "2026-01-11T00:00:00Z").landedAt("2026-01-14T00:00:00Z").land();
    lake.transform();
    onlyHisIsLeft();
  }

  /** The record is kept out, and of her chart only what changed: the rest goes, too. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aChartThatIsHersByAMergeLeavesTheTablesAsAWhole(boolean inSpark) throws IOException {
    lake = inSpark ? lake.inSpark() : lake;
    TestLake.Export first = first();
    first.resource("Patient", XENIA, "1", DAY, ErasedClinic.json("Patient", XENIA, ""));
    of(first, "Observation", "oXenia11223344", XENIA);
    first.resource(
        "Provenance",
        "vXenia11223344",
        "1",
        DAY,
        ErasedClinic.json(
            "Provenance",
            "vXenia11223344",
            ",\"target\":[{\"reference\":\"Observation/oXenia11223344\"}]"));
    first.resource(
        "DocumentReference",
        "dXenia11223344",
        "1",
        DAY,
        ErasedClinic.json(
            "DocumentReference",
            "dXenia11223344",
            ErasedClinic.subject(XENIA)
                + ",\"content\":[{\"attachment\":{\"url\":\"Binary/bXenia11223344\"}}]"));
    first.resource(
        "Binary",
        "bXenia11223344",
        "1",
        DAY,
        ErasedClinic.json("Binary", "bXenia11223344", ",\"data\":\"QQ==\""));
    first.land();
    lake.transform();
    new Erasure(TestLake.spark(), lake.lake(), new NamedPatients(Set.of(ANNA), Set.of()))
        .go(Duration.ZERO); // she is known by her id alone
    erased(ANNA);
    // As extract does where Xenia's record links to Anna's.
    OptOutList list = new OptOutList(lake.lake());
    list.learn(list.load().hashesOf("Patient/" + XENIA));
    lake.export("e2", "2026-01-11T00:00:00Z")
        .since("2026-01-10T00:00:00Z")
        .landedAt(Instant.now().plusSeconds(60).toString())
        .keepsOut("Patient/" + XENIA)
        .land();

    TransformResult result = lake.transform();

    assertThat(lake.live("Observation")).hasSize(2);
    for (String type : List.of("Provenance", "DocumentReference", "Binary")) {
      assertThat(lake.live(type)).as(type).isEmpty();
    }
    assertThat(lake.rows("patient")).containsExactly(BERT);
    assertThat(result.silver().counts().values().stream().mapToLong(SilverCounts::keptOut).sum())
        .isEqualTo(5);
    assertThat(ErasedClinic.filesWith(folder.resolve("bronze"), List.of(XENIA)))
        .as("also in landings that an erasure had looked at")
        .isEmpty();
    lake.rebuild("Observation", "Patient", "Provenance", "DocumentReference", "Binary");
    assertThat(lake.live("Observation")).hasSize(2);
  }

  @Test
  void aListThatIsIncompleteStopsItsExportAndNothingElse() throws IOException {
    first().land();
    lake.transform();
    erased(ANNA);
    corrected("e2", "2026-01-11T00:00:00Z").land();
    Path list = onlyFile(folder.resolve("state/kept-out"));
    String whole = Files.readString(list);
    Files.writeString(list, whole.lines().skip(1).toList().get(0) + "\n");

    assertThat(lake.run().problems())
        .singleElement()
        .asString()
        .contains("state/kept-out/e2", "missing or incomplete", "run the extract task")
        .doesNotContain("oMoved11223344");

    assertThat(lake.rows("observation")).hasSize(2);
    Files.writeString(list, whole);
    lake.transform();
    onlyHisIsLeft();
  }

  @Tag("long")
  @Test
  void aKillBeforeOrAfterTheCommitLosesNothing() throws Exception {
    first().land();
    lake.transform();
    erased(ANNA);
    corrected("e2", "2026-01-11T00:00:00Z").land();
    Path shipped = Path.of("../conf/pipeline.conf").toAbsolutePath().normalize();
    Path settings =
        Files.writeString(
            beside.resolve("pipeline.conf"),
            """
            include file("%s")
            epic-fhir.lake = "%s"
            epic-fhir.transform.views = "%s"
            epic-fhir.transform.joined { sql = "", lookups = "" }
            """
                .formatted(shipped, folder, shipped.resolveSibling("views")));
    for (String point : List.of("silver.commit", "silver.committed")) {
      assertThat(ChildJvm.run(Transform.class, point + ":1", TestLake.arguments(settings)))
          .isEqualTo(ChildJvm.KILLED);
    }
    lake.transform();
    onlyHisIsLeft();
  }

  @Test
  void oldBronzeRowsGoWithTheNextErasureAndNotBefore() throws IOException {
    first().land();
    lake.transform();
    erased(ANNA);
    corrected("e2", "2026-01-11T00:00:00Z").land();
    lake.transform();
    new BronzeRetention(lake.lake(), TestLake.spark())
        .removeObsolete(Instant.parse("2026-02-01T00:00:00Z"));
    lake.rebuild("Observation");
    onlyHisIsLeft();
    assertThat(ErasedClinic.filesWith(folder.resolve("state"), List.of("oMoved11223344")))
        .isEmpty();

    new Erasure(TestLake.spark(), lake.lake(), new NamedPatients(Set.of(ANNA), Set.of()))
        .go(Duration.ZERO);

    assertThat(ErasedClinic.filesWith(folder, List.of("oMoved11223344"))).isEmpty();
    lake.transform();
    lake.rebuild("Observation");
    onlyHisIsLeft();
  }

  private static Path onlyFile(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(f -> !f.getFileName().toString().startsWith("."))
          .findFirst()
          .orElseThrow();
    }
  }
}
