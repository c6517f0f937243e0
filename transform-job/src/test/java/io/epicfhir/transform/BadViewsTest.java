package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** F2, F3: a view that a resource does not fit stops itself only, and leaves nothing behind. */
final class BadViewsTest {
  private static final String MONDAY = "2026-01-05T00:00:00Z";
  private static final String TUESDAY = "2026-01-06T00:00:00Z";
  private static final String WEDNESDAY = "2026-01-07T00:00:00Z";
  private static final String ONE = "{\"family\":\"One\",\"given\":[\"Ada\"]}";
  private static final String TWO = ONE + ",{\"family\":\"Two\",\"given\":[\"Bea\"]}";

  @TempDir private Path folder;
  private TestLake lake;

  @BeforeEach
  void makeLake() {
    lake = new TestLake(folder).viewOfKeys("Patient").viewOfKeys("Condition");
    single("name.family");
  }

  /** The view "single" with a column that takes one value. */
  private void single(String path) {
    lake.view(
        "Patient",
        """
        {"resourceType": "ViewDefinition", "name": "single", "resource": "Patient",
         "select": [{"column": [{"name": "id", "path": "getResourceKey()"},
                                {"name": "one", "path": "%s"}]}]}
        """
            .formatted(path));
  }

  private TestLake.Export patient(TestLake.Export export, String id, String version, String names) {
    return export.resource(
        "Patient",
        id,
        version,
        null,
        "{\"resourceType\":\"Patient\",\"id\":\"%s\",\"name\":[%s]}".formatted(id, names));
  }

  private void landGood() {
    patient(lake.export("e1", MONDAY), "good", "1", ONE).resource("Condition", "c").land();
  }

  private void landBad() {
    patient(patient(lake.export("e2", TUESDAY), "secret-1", "1", TWO), "later", "1", ONE)
        .resource("Condition", "d")
        .land();
  }

  private List<String> refused(String view) {
    List<String> lines = new ArrayList<>();
    try (Stream<Path> files = Files.walk(folder.resolve("quarantine/view=" + view))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".ndjson")).toList()) {
        lines.addAll(Files.readAllLines(file));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return lines;
  }

  @ParameterizedTest
  @CsvSource({"name.family", "name.given", "name.given.where(true)"})
  void aViewThatDoesNotFitKeepsItsLastGoodRowsAndTheOthersGoOn(String path) {
    single(path);
    landGood();
    lake.transform();
    List<String> before = lake.rows("single");
    assertThat(before).hasSize(1);
    landBad();

    TransformResult red = lake.run();

    assertThat(lake.rows("single")).isEqualTo(before);
    assertThat(lake.rows("patient")).containsExactly("good", "later", "secret-1");
    assertThat(lake.rows("condition")).containsExactly("c", "d");
    assertThat(red.silver().exports()).containsExactly("e2");
    assertThat(red.views().done()).containsOnlyKeys("patient", "condition");
    assertThat(red.problems())
        .singleElement()
        .asString()
        .startsWith("View single keeps its last good rows: 1 Patient resources do not fit it.")
        .contains("column one, path " + path, "quarantine/view=single", "transform.leave-out")
        .doesNotContain("secret");
    assertThat(refused("single"))
        .singleElement()
        .asString()
        .contains("\"id\":\"secret-1\"", "\"resource_type\":\"Patient\"", path);

    assertThat(lake.run().problems()).as("red until it is mended").hasSize(1);
    assertThat(refused("single")).as("once").hasSize(1);
    patient(lake.export("e3", WEDNESDAY), "secret-1", "2", ONE).land();
    lake.transform();
    assertThat(lake.rows("single")).hasSize(3);
    assertThat(folder.resolve("quarantine/view=single")).doesNotExist();
  }

  @Test
  @DisplayName("F3: a view that fails at its first build leaves no folder")
  void aViewThatNeverFittedHasNoTable() {
    landGood();
    landBad();
    assertThat(lake.run().problems()).hasSize(1);
    assertThat(folder.resolve("views/single")).doesNotExist();
    assertThat(lake.rows("patient")).hasSize(3);
    single("name.family.first()");
    lake.transform();
    assertThat(lake.rows("single")).hasSize(3);
  }

  @Test
  void leaveOutLeavesThoseResourcesOutAndCountsThem() {
    lake.leaveOut("single");
    landGood();
    landBad();
    TransformResult result = lake.transform();
    assertThat(lake.rows("single")).containsExactly("good One", "later One");
    assertThat(result.views().done().get("single").state().leftOut()).isEqualTo(1);
    assertThat(result.views().notes())
        .singleElement()
        .asString()
        .contains("leaves out 1 Patient resources")
        .doesNotContain("secret");
    assertThat(refused("single")).hasSize(1);
  }

  @Test
  void whatIsLeftOutStaysCountedUntilItFits() {
    lake.leaveOut("single");
    landGood();
    landBad();
    lake.transform();
    patient(lake.export("e3", WEDNESDAY), "later", "2", TWO).land();
    TransformResult more = lake.transform();
    assertThat(lake.rows("single")).containsExactly("good One");
    assertThat(more.views().done().get("single").state().leftOut()).isEqualTo(2);
    assertThat(refused("single")).hasSize(2);
    lake.transform();
    assertThat(refused("single")).as("the list stays while they are left out").hasSize(2);
    patient(
            patient(lake.export("e4", "2026-01-08T00:00:00Z"), "later", "3", ONE),
            "secret-1",
            "2",
            ONE)
        .land();
    TransformResult all = lake.transform();
    assertThat(lake.rows("single")).hasSize(3);
    assertThat(all.views().done().get("single").state().leftOut()).isZero();
  }

  @Test
  void takingLeaveOutBackMakesTheViewRedAgain() {
    lake.leaveOut("single");
    landGood();
    landBad();
    lake.transform();
    TestLake strict = new TestLake(folder).viewOfKeys("Patient").viewOfKeys("Condition");
    lake = strict;
    single("name.family");
    assertThat(strict.run().problems()).hasSize(1);
  }

  @Test
  @DisplayName("F3: a folder without a commit is no table, and what is left in it goes")
  void leftoversWithoutACommitAreRemoved() throws IOException {
    for (String table : List.of("views/single", "views/patient")) {
      Files.createDirectories(folder.resolve(table + "/_delta_log"));
      Files.writeString(folder.resolve(table + "/part-left.zstd.parquet"), "half a file");
    }
    Files.createDirectories(folder.resolve("silver/_delta_log"));
    landGood();
    lake.transform();
    assertThat(lake.rows("single")).containsExactly("good One");
    assertThat(lake.rows("patient")).containsExactly("good");
    assertThat(lake.live("Patient")).hasSize(1);
    assertThat(folder.resolve("views/single/part-left.zstd.parquet")).doesNotExist();
    assertThat(folder.resolve("views/patient/part-left.zstd.parquet")).doesNotExist();
  }

  @Test
  void aLeftoverOfAViewThatIsNoLongerDefinedIsNoTable() throws IOException {
    Files.createDirectories(folder.resolve("views/gone/_delta_log"));
    landGood();
    assertThat(lake.transform().unknownViews()).isEmpty();
  }
}
