package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A damaged export is left out and named; the others are applied. */
final class BronzeFilesTest {
  private static final String MONDAY = "2026-01-05T00:00:00Z";
  private static final String TUESDAY = "2026-01-06T00:00:00Z";

  @TempDir private Path folder;
  private TestLake lake;
  private Landing landing;
  private Path file;

  @BeforeEach
  void land() {
    lake = new TestLake(folder.resolve("lake"));
    landing =
        lake.export("e1", MONDAY)
            .resource("Patient", "a", "1", MONDAY, noise(1))
            .resource("Patient", "b", "1", MONDAY, noise(2))
            .land();
    file = lake.root().resolve(landing.files().get(0).path());
    lake.export("e2", TUESDAY).resource("Patient", "c").resource("Condition", "d").land();
  }

  @Test
  void aTruncatedFileIsLeftOut() throws IOException {
    withoutChecksumFile();
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length - 7));
    leftOut("bytes instead of " + bytes.length);
    Files.write(file, bytes);
    assertThat(lake.transform().silver().exports()).containsExactly("e1");
    assertThat(lake.live("Patient")).hasSize(3);
  }

  @Test
  void aFileWhoseEndWasOverwrittenIsLeftOut() throws IOException {
    withoutChecksumFile();
    byte[] bytes = Files.readAllBytes(file);
    Arrays.fill(bytes, bytes.length - 8, bytes.length, (byte) 0);
    Files.write(file, bytes);
    leftOut("it is not a complete Parquet file");
  }

  @Test
  void aMissingFileIsLeftOut() throws IOException {
    Files.delete(file);
    leftOut("it is missing");
  }

  @Test
  void anotherCountThanTheLandingsIsLeftOut() {
    Landing.File landed = landing.files().get(0);
    publish("e1", new Landing.File("Patient", landed.path(), 3, landed.bytes(), landed.kind()));
    leftOut("it has 2 rows instead of 3");
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.2, 0.3, 0.4})
  @DisplayName("F7: a flipped byte in a page is damage, and the other exports are applied")
  void aFlippedByteInAPageIsLeftOut(double place) throws IOException {
    withoutChecksumFile();
    flip(place);
    leftOut("a page of it is damaged");
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.1, 0.9})
  @DisplayName("F7: the same where the file system has a checksum of its own")
  void aFlippedByteThatTheFileSystemFindsIsLeftOut(double place) throws IOException {
    flip(place);
    leftOut("the file system's checksum of it is wrong");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  @DisplayName("F7: exit 5, and the report names the export for the rerun that mends it")
  void theJobEndsWithDamageInItsReport(boolean checksumFile) throws IOException {
    if (!checksumFile) {
      withoutChecksumFile();
    }
    flip(0.3);
    Files.createDirectory(folder.resolve("views"));
    Files.writeString(
        folder.resolve("pipeline.conf"),
        """
        epic-fhir { lake = lake, transform {
          views = views, deletion-vectors = off, lock-patience = 0 seconds } }
        """);
    TestLake.spark();
    assertThat(TestLake.job(folder.resolve("pipeline.conf"))).isEqualTo(5);
    JsonNode report =
        JsonMapper.builder()
            .build()
            .readTree(lake.root().resolve("metrics/etl/r1/transform.json").toFile());
    assertThat(report.at("/result/damaged_export").asText()).isEqualTo("e1");
    assertThat(report.at("/result/exports").toString()).isEqualTo("[\"e2\"]");
    assertThat(report.at("/run/error").asText())
        .contains("of export e1: ", "run the extract task of etl/run-e1 again");
    assertThat(lake.live("Condition")).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void damageOfAnAppliedExportThatIsReadAgainDeletesNothing(boolean missing) throws IOException {
    lake.transform();
    List<String> before = lake.live("Patient");
    withoutChecksumFile();
    if (missing) {
      Files.delete(file);
    } else {
      flip(0.3);
    }
    // Without c: whether anything else holds it, only all of bronze can tell.
    lake.export("e2", TUESDAY)
        .landedAt("2026-01-07T00:00:00Z")
        .resource("Patient", "a", "2", TUESDAY, "other")
        .resource("Condition", "e")
        .land();
    TransformResult red = lake.run();
    assertThat(red.silver().problems().damagedExports()).containsExactly("e1");
    assertThat(red.silver().exports()).as("it waits").isEmpty();
    assertThat(lake.live("Patient")).isEqualTo(before);
    assertThat(lake.run().silver().problems().damagedExports()).containsExactly("e1");
    lake.export("e1", MONDAY)
        .landedAt("2026-01-08T00:00:00Z")
        .resource("Patient", "b", "1", MONDAY, "two")
        .land();
    lake.transform();
    assertThat(lake.live("Patient")).containsExactly("a other", "b two");
    assertThat(lake.live("Condition")).singleElement().asString().startsWith("e ");
  }

  /**
   * What is rebuilt would lose what only the damaged file has: the tables stay, and so do views.
   */
  @ParameterizedTest
  @CsvSource({"true, Patient Condition", "false, Patient Condition", "true, Condition"})
  void aTypeWhoseFileIsDamagedIsNotRebuilt(boolean missing, String types) throws IOException {
    lake.export("e0", "2026-01-04T00:00:00Z").resource("Patient", "a").land();
    patients("1", "a", "b").land();
    lake.viewOfKeys("Patient").viewOfKeys("Condition").transform();
    List<String> before = lake.live("Patient");
    List<String> rows = lake.rows("patient");
    withoutChecksumFile();
    if (missing) {
      Files.delete(file);
    } else {
      flip(0.3);
    }
    // As a rerun of its run asks for it.
    TransformResult red =
        lake.run(new RebuildRequest(Set.of("e1"), Set.of(types.split(" ")), Set.of(), Map.of()));
    assertThat(red.problems()).anyMatch(p -> p.contains("export e1"));
    for (int more = 0; more < 2; more++) {
      assertThat(red.silver().rebuilt()).doesNotContain("Patient");
      assertThat(lake.live("Patient")).isEqualTo(before).hasSizeGreaterThan(1);
      assertThat(lake.rows("patient")).isEqualTo(rows).hasSameSizeAs(before);
      assertThat(lake.live("Condition")).hasSize(1);
      red = lake.rebuild("Patient");
      assertThat(red.problems())
          .anyMatch(p -> p.contains("export e1"))
          .anyMatch(p -> p.startsWith("Cannot rebuild silver Patient: a bronze file is damaged"));
    }

    // Without a: it is what the export of Sunday says of it.
    patients("2", "b").landedAt("2026-01-08T00:00:00Z").land();
    assertThat(lake.rebuild("Patient", "Condition").problems()).isEmpty();
    assertThat(lake.live("Patient"))
        .hasSize(3)
        .anyMatch(line -> line.startsWith("b "))
        .contains("a {\"resourceType\":\"Patient\",\"id\":\"a\"}");
  }

  private TestLake.Export patients(String version, String... ids) {
    TestLake.Export export = lake.export("e1", MONDAY);
    for (String id : ids) {
      String json =
          "{\"resourceType\":\"Patient\",\"id\":\"%s\",\"language\":\"%s\"}"
              .formatted(id, noise(id.charAt(0)));
      export.resource("Patient", id, version, MONDAY, json);
    }
    return export;
  }

  @Test
  void aRowOfAnExportThatNeverLandedIsMissedInTheCount() {
    publish("e9", landing.files().get(0));
    lake.lake().delete(lake.lake().paths().state("landings/e1.json"));
    TransformResult red = lake.run();
    assertThat(red.problems())
        .containsExactly(
            "Silver Patient keeps its rows: the landings list 3 rows, but 1 were read from"
                + " bronze; run the extract task again");
    assertThat(red.silver().exports()).isEmpty();
    assertThat(lake.live("Patient")).isEmpty();
    assertThat(lake.live("Condition")).as("another type goes on").hasSize(1);
  }

  @Test
  void anExportThatHasNotLandedCannotBeAskedFor() {
    assertThatThrownBy(() -> lake.applyAgain("e9"))
        .hasMessage("Cannot apply export e9: it has not landed; run its extract task first");
  }

  /** Text that packs badly, so that the pages of it are most of the file. */
  private static String noise(long seed) {
    StringBuilder text = new StringBuilder();
    new Random(seed).ints(500).forEach(word -> text.append(Integer.toHexString(word)));
    return text.toString();
  }

  private void flip(double place) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[(int) (place * bytes.length)] ^= 0x20;
    Files.write(file, bytes);
  }

  /** Object stores have none beside the file. */
  private void withoutChecksumFile() throws IOException {
    Files.delete(file.resolveSibling("." + file.getFileName() + ".crc"));
  }

  private void publish(String export, Landing.File landed) {
    new Landings(lake.lake())
        .publish(
            new Landing(
                export,
                landing.group(),
                landing.transactionTime(),
                null,
                landing.landedAt(),
                landing.runKey(),
                List.of(landed)));
  }

  private void leftOut(String why) {
    TransformResult red = lake.run();
    assertThat(red.problems())
        .singleElement()
        .asString()
        .startsWith("Cannot read bronze file " + landing.files().get(0).path() + " of export e1: ")
        .contains(why)
        .endsWith("run the extract task of etl/run-e1 again, which lands the export again");
    assertThat(red.silver().problems().damagedExports()).containsExactly("e1");
    assertThat(red.silver().exports()).containsExactly("e2");
    assertThat(lake.live("Patient")).hasSize(1);
    assertThat(lake.live("Condition")).hasSize(1);
  }
}
