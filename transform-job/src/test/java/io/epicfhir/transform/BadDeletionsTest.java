package io.epicfhir.transform;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.lake.Landing;
import io.epicfhir.transform.silver.SilverProblems;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * F1: an entry of a deleted file that deletes no single resource goes to quarantine, and everything
 * else is applied.
 */
final class BadDeletionsTest {
  private static final String MONDAY = "2026-01-05T00:00:00Z";
  private static final String TUESDAY = "2026-01-06T00:00:00Z";
  private static final String GOOD = "{\"request\":{\"method\":\"DELETE\",\"url\":\"Patient/a\"}}";

  private static final List<String> BAD_ENTRIES =
      List.of(
          "{\"request\":{\"method\":\"DELETE\",\"url\":\"Patient\"}}",
          "{\"request\":{\"method\":\"DELETE\",\"url\":\"Patient/\"}}",
          "{\"request\":{\"method\":\"DELETE\",\"url\":\"Patient?identifier=secret\"}}",
          "{\"request\":{\"method\":\"DELETE\",\"url\":\"Patient/b?_x=secret\"}}",
          "{\"request\":{\"method\":\"DELETE\",\"url\":\"Patient/b/Observation\"}}",
          "{\"request\":{\"method\":\"DELETE\",\"url\":\"urn:uuid:0c3151bd-1cbf-4d64-b04d-secret\"}}",
          "{\"request\":{\"method\":\"DELETE\",\"url\":\"\"}}",
          "{\"request\":{\"method\":\"DELETE\",\"url\":null}}",
          "{\"request\":{\"method\":\"DELETE\"}}",
          "{\"request\":{\"method\":\"PUT\",\"url\":\"Patient/b\"}}",
          "{\"request\":{\"url\":\"Patient/b\"}}",
          "{\"fullUrl\":\"Patient/b\"}",
          "{}",
          // Of the wrong JSON type.
          "{\"request\":{\"method\":\"DELETE\",\"url\":7}}",
          "{\"request\":{\"method\":\"DELETE\",\"url\":[\"Patient/b\"]}}",
          "{\"request\":{\"method\":7,\"url\":\"Patient/b\"}}",
          "{\"request\":\"DELETE Patient/b\"}",
          "{\"request\":[]}",
          "\"Patient/b\"",
          "7",
          "null",
          "[]");

  private static final List<String> NO_BUNDLES =
      List.of(
          "{\"resourceType\":\"Patient\",\"id\":\"secret\"}",
          "{\"resourceType\":\"OperationOutcome\",\"entry\":[{\"request\":"
              + "{\"method\":\"DELETE\",\"url\":\"Patient/b\"}}]}",
          "{\"entry\":[{\"request\":{\"method\":\"DELETE\",\"url\":\"Patient/b\"}}]}",
          "{\"resourceType\":\"Bundle\",\"entry\":\"secret\"}",
          "{\"resourceType\":\"Bundle\",\"entry\":{\"request\":7}}",
          "{\"resourceType\":\"Bundle\",\"entry\":[{\"request\":{\"method\":\"DEL",
          "{",
          "[]",
          "7",
          "secret",
          "",
          "<html>secret</html>");

  @TempDir private Path folder;
  private TestLake lake;

  @BeforeEach
  void threePatients() {
    lake = new TestLake(folder);
    lake.export("e1", MONDAY)
        .resource("Patient", "a")
        .resource("Patient", "b")
        .resource("Condition", "c")
        .land();
    lake.transform();
  }

  private static String bundle(String... entries) {
    return "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":["
        + String.join(",", entries)
        + "]}";
  }

  private List<Row> quarantined(TransformResult result) {
    SilverProblems problems = result.silver().problems();
    assertThat(problems.quarantine()).hasSize(1);
    assertThat(problems.notes()).noneMatch(note -> note.contains("secret"));
    return TestLake.spark()
        .read()
        .parquet(problems.quarantine().iterator().next())
        .orderBy("source_line", "part")
        .collectAsList();
  }

  @Test
  void anEntryThatDeletesNothingIsCountedAndTheOthersAreApplied() {
    TestLake.Export landed = lake.export("e2", TUESDAY);
    BAD_ENTRIES.forEach(bad -> landed.bundle(bundle(bad, GOOD)));
    landed
        .bundle(bundle("{\"request\":{\"method\":\"DELETE\",\"url\":\"Condition/c\"}}"))
        .resource("Patient", "d")
        .land();
    TransformResult result = lake.transform();
    assertThat(lake.live("Patient")).hasSize(2).noneMatch(line -> line.startsWith("a "));
    assertThat(lake.live("Condition")).isEmpty();
    assertThat(result.silver().exports()).containsExactly("e2");
    assertThat(result.silver().problems().quarantined()).isEqualTo(BAD_ENTRIES.size());
    List<Row> rows = quarantined(result);
    assertThat(rows).hasSameSizeAs(BAD_ENTRIES);
    for (int i = 0; i < rows.size(); i++) {
      Row row = rows.get(i);
      String bad = BAD_ENTRIES.get(i);
      assertThat(row.<String>getAs("reason")).as(bad).isEqualTo("not-a-deletion");
      assertThat(row.<String>getAs("source_file")).isEqualTo("deleted.ndjson");
      assertThat(row.<Long>getAs("source_line")).as(bad).isEqualTo(i + 1L);
      assertThat(new String(row.<byte[]>getAs("line"), StandardCharsets.UTF_8))
          .as("verbatim")
          .isEqualTo(bundle(bad, GOOD));
    }
    assertThat(lake.run().silver().problems().quarantined()).as("once").isZero();
    TransformResult retried = lake.run(RebuildRequest.NOTHING, "etl/run-e2");
    assertThat(retried.silver().problems().quarantined())
        .as("a later try of the run that landed it")
        .isEqualTo(BAD_ENTRIES.size());
    assertThat(quarantined(retried)).hasSameSizeAs(BAD_ENTRIES);
  }

  @Test
  void aLineThatIsNoBundleIsCountedAndTheOthersAreApplied() {
    TestLake.Export landed = lake.export("e2", TUESDAY);
    NO_BUNDLES.forEach(landed::bundle);
    landed.bundle(bundle(GOOD)).land();
    TransformResult result = lake.transform();
    assertThat(lake.live("Patient")).singleElement().asString().startsWith("b ");
    assertThat(result.silver().problems().quarantined()).isEqualTo(NO_BUNDLES.size());
    assertThat(quarantined(result))
        .extracting(row -> new String(row.<byte[]>getAs("line"), StandardCharsets.UTF_8))
        .containsExactlyElementsOf(NO_BUNDLES);
  }

  @Test
  @DisplayName("of a field that is there twice one would be read and the other one lost")
  void aBundleThatSaysAFieldTwiceIsCounted() {
    String other = GOOD.replace("Patient/a", "Patient/b");
    List<String> twice =
        List.of(
            "{\"resourceType\":\"Bundle\",\"entry\":[" + GOOD + "],\"entry\":[" + other + "]}",
            "{\"resourceType\":\"Bundle\",\"entry\":[" + GOOD + "],\"entry\":[]}",
            bundle(
                "{\"request\":{\"method\":\"DELETE\",\"url\":\"Patient/a\",\"url\":\"Patient/b\"}}"),
            bundle(
                "{\"request\":{\"method\":\"DELETE\",\"url\":\"Patient/a\"},\"request\":"
                    + "{\"method\":\"DELETE\",\"url\":\"Patient/b\"}}"));
    TestLake.Export landed = lake.export("e2", TUESDAY);
    twice.forEach(landed::bundle);
    landed.land();
    TransformResult result = lake.transform();
    assertThat(lake.live("Patient")).hasSize(2);
    assertThat(quarantined(result))
        .extracting(row -> new String(row.<byte[]>getAs("line"), StandardCharsets.UTF_8))
        .containsExactlyElementsOf(twice);
  }

  @Test
  void aTypeThatLandedMayBeDeletedAlthoughR4DoesNotHaveIt() {
    lake.export("e2", TUESDAY).resource("Flock", "a").resource("Flock", "b").land();
    lake.transform();
    lake.export("e3", "2026-01-07T00:00:00Z").delete("Flock/a").land();
    assertThat(lake.transform().silver().problems().quarantined()).isZero();
    assertThat(lake.live("Flock")).singleElement().asString().startsWith("b ");
    String bad = "{\"request\":{\"method\":\"PUT\",\"url\":\"Flock/b\"}}";
    lake.export("e4", "2026-01-08T00:00:00Z")
        .bundle(bundle(bad, GOOD.replace("Patient/a", "Flock/b")))
        .land();
    assertThat(lake.transform().silver().problems().quarantined()).isEqualTo(1);
    assertThat(lake.live("Flock")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  @DisplayName("G7: a damaged page lets the update begin again")
  void entriesAreCountedOnceAndOnlyOfExportsThatAreApplied(boolean own) throws IOException {
    lake.inSpark();
    String noise = new Random(1).ints(900).mapToObj(Integer::toHexString).collect(joining());
    TestLake.Export bad = lake.export("e2", TUESDAY);
    BAD_ENTRIES.forEach(entry -> bad.bundle(bundle(entry, GOOD)));
    Landing e2 = bad.resource("Patient", "d", "1", TUESDAY, noise).land();
    Landing e3 =
        lake.export("e3", "2026-01-07T00:00:00Z")
            .resource("Patient", "e", "1", TUESDAY, noise)
            .land();
    flipAPage(own ? e2 : e3);

    TransformResult red = lake.run();

    SilverProblems problems = red.silver().problems();
    assertThat(problems.damagedExports()).containsExactly(own ? "e2" : "e3");
    assertThat(red.silver().exports()).containsExactly(own ? "e3" : "e2");
    assertThat(problems.quarantined()).isEqualTo(own ? 0 : BAD_ENTRIES.size());
    assertThat(problems.quarantine()).hasSize(own ? 0 : 1);
    assertThat(problems.notes())
        .filteredOn(note -> note.contains("do not identify a resource"))
        .hasSize(own ? 0 : 1)
        .allMatch(note -> note.startsWith(BAD_ENTRIES.size() + " entries"));
  }

  private void flipAPage(Landing landing) throws IOException {
    String patients =
        landing.files().stream()
            .filter(file -> file.resourceType().equals("Patient"))
            .map(Landing.File::path)
            .findFirst()
            .orElseThrow();
    Path file = lake.root().resolve(patients);
    Files.delete(file.resolveSibling("." + file.getFileName() + ".crc"));
    byte[] bytes = Files.readAllBytes(file);
    bytes[(int) (0.3 * bytes.length)] ^= 0x20;
    Files.write(file, bytes);
  }

  @Test
  void aBundleWithoutEntriesSaysNothing() {
    lake.export("e2", TUESDAY)
        .bundle("{\"resourceType\":\"Bundle\",\"type\":\"transaction\"}")
        .bundle("{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[]}")
        .bundle("{ \"resourceType\" : \"Bundle\" , \"entry\" : [ ] }")
        .land();
    assertThat(lake.transform().silver().problems().quarantined()).isZero();
    assertThat(lake.live("Patient")).hasSize(2);
  }

  @Test
  @DisplayName("a run that takes the same export again replaces its quarantine")
  void quarantineIsReplacedAndNotAddedTo() {
    String bad = "{\"request\":{\"method\":\"PUT\",\"url\":\"Patient/b\"}}";
    lake.export("e2", TUESDAY).bundle(bundle(bad, GOOD, bad)).bundle(bundle(bad)).land();
    assertThat(quarantined(lake.transform())).hasSize(3);
    TransformResult again = lake.applyAgain("e2");
    assertThat(quarantined(again))
        .extracting(r -> r.<Long>getAs("source_line") + ":" + r.<Integer>getAs("part"))
        .containsExactly("1:0", "1:2", "2:0");
  }
}
