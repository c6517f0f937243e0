package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.lake.LakePaths;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.fs.FileStatus;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What others do to the tables behind the pipeline's back stops the types that they touched. */
final class OtherWritersTest {
  private static final String MONDAY = "2026-01-05T00:00:00Z";
  private static final String TUESDAY = "2026-01-06T00:00:00Z";
  private static final String WEDNESDAY = "2026-01-07T00:00:00Z";

  private static final PreparedLake TWO_EXPORTS = new PreparedLake();

  @TempDir private Path folder;
  private TestLake lake;
  private List<String> silver;
  private List<String> rows;

  @BeforeEach
  void aLakeOfTwoExports() {
    TWO_EXPORTS.copyTo(folder, root -> makeTwoExports(withViews(root)));
    lake = withViews(folder);
    silver = lake.silver("Patient");
    rows = lake.rows("patient");
    assertThat(rows).containsExactly("a", "b", "c");
  }

  @AfterAll
  static void forget() {
    TWO_EXPORTS.close();
  }

  private static TestLake withViews(Path root) {
    return new TestLake(root).viewOfKeys("Patient").viewOfKeys("Condition");
  }

  private static void makeTwoExports(TestLake lake) {
    lake.export("e1", MONDAY)
        .resource("Patient", "a")
        .resource("Patient", "b")
        .resource("Condition", "x")
        .land();
    lake.transform();
    lake.export("e2", TUESDAY).resource("Patient", "c").land();
    lake.transform();
  }

  private LakePaths paths() {
    return lake.lake().paths();
  }

  private void red(String type, String why) {
    TransformResult red = lake.run();
    assertThat(red.silver().problems().changedTypes()).contains(type);
    assertThat(red.problems())
        .contains(
            "Someone else changed silver "
                + type
                + ": "
                + why
                + "; find out who else writes to the lake, then rerun from transform with types = "
                + type
                + ", which rebuilds it from bronze");
    assertThat(lake.rows("patient")).as("the view keeps its last good rows").isEqualTo(rows);
  }

  private void mendedByARebuild(String... types) {
    assertThat(lake.rebuild(types).problems()).isEmpty();
    assertThat(lake.silver("Patient")).isEqualTo(silver);
    assertThat(lake.rows("patient")).isEqualTo(rows);
    lake.transform();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "DELETE FROM %s WHERE id = 'a' | commit 2 (DELETE) was written by someone else",
        "UPDATE %s SET resource = '{}' WHERE resource_type = 'Patient' | commit 2 (UPDATE) was written by someone else",
        "RESTORE TABLE %s TO VERSION AS OF 0 | commit 2 (RESTORE) was written by someone else",
      })
  void aTypeThatSomebodyChangedIsRedUntilItIsRebuilt(String sql, String why) {
    lake.somebody("silver", sql);
    red("Patient", why);
    red("Patient", why); // asking again does not make it right
    mendedByARebuild("Patient");
  }

  /** What a kill leaves: silver has the commit, and its state is the one of before. */
  @Tag("long")
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aRebuildThatWasKilledAfterItsCommitIsDone(boolean noticedBefore) {
    lake.somebody("silver", "DELETE FROM %s WHERE id = 'a'");
    if (noticedBefore) {
      red("Patient", "commit 2 (DELETE) was written by someone else");
    }
    String before = lake.lake().read(paths().state("silver.json")).orElseThrow();
    lake.rebuild("Patient");
    lake.lake().write(paths().state("silver.json"), before);
    lake.transform();
    assertThat(lake.rows("patient")).isEqualTo(rows);

    lake.lake().write(paths().state("silver.json"), before);
    lake.somebody("silver", "DELETE FROM %s WHERE id = 'b'");
    red("Patient", "commit 4 (DELETE) was written by someone else");
    mendedByARebuild("Patient");
  }

  @Test
  void anotherTypeGoesOnAndItsCommitDoesNotHideTheStrangeOne() {
    lake.somebody("silver", "DELETE FROM %s WHERE id = 'a'");
    lake.export("e3", WEDNESDAY).resource("Condition", "y").land();
    red("Patient", "commit 2 (DELETE) was written by someone else");
    assertThat(lake.rows("condition")).containsExactly("x", "y");
    red("Patient", "commit 2 (DELETE) was written by someone else");
    lake.export("e4", "2026-01-08T00:00:00Z").resource("Patient", "d").land();
    TransformResult waiting = lake.run();
    assertThat(waiting.silver().exports()).as("it waits for the rebuild").isEmpty();
    assertThat(lake.rows("patient")).isEqualTo(rows);
    assertThat(lake.rebuild("Patient").problems()).isEmpty();
    assertThat(lake.rows("patient")).containsExactly("a", "b", "c", "d");
    lake.transform();
  }

  @Test
  void silverThatIsGoneIsRedUntilItIsRebuilt() {
    lake.lake().delete(paths().silver());
    red("Patient", "the table is gone");
    red("Condition", "the table is gone");
    mendedByARebuild("Patient", "Condition");
  }

  @Test
  void silverThatIsGoneStaysRedWhenAnotherTypeMakesTheTableAnew() {
    lake.lake().delete(paths().silver());
    lake.export("e3", WEDNESDAY).resource("Encounter", "n").land();
    red("Patient", "the table is gone");
    assertThat(lake.live("Encounter")).hasSize(1);
    red("Patient", "the table is gone");
    mendedByARebuild("Patient", "Condition");
    assertThat(lake.live("Encounter")).hasSize(1);
  }

  @Test
  void silverOfAnOlderBackupIsRedUntilItIsRebuilt() {
    lake.lake().delete(commit(1, "json"));
    lake.lake().delete(commit(1, "crc"));
    red("Patient", "the table's newest commit is 0, but the pipeline had written commit 1");
    mendedByARebuild("Patient", "Condition");
  }

  @Test
  void theCareThatSomebodyTakesOfSilverIsNoChange() {
    lake.somebody("silver", "OPTIMIZE %s");
    lake.somebody(
        "silver",
        "ALTER TABLE %s SET TBLPROPERTIES ('delta.logRetentionDuration' = 'interval 9 days')");
    lake.transform();
    assertThat(lake.silver("Patient")).isEqualTo(silver);
  }

  @Test
  void whereTheLogWasCleanedTheRowsAreCounted() {
    lake.somebody("silver", "OPTIMIZE %s");
    cleaned();
    lake.transform();
    assertThat(lake.silver("Patient")).isEqualTo(silver);
    lake.somebody("silver", "DELETE FROM %s WHERE id = 'a'");
    cleaned();
    red(
        "Patient",
        "the table's log no longer has all commits, and the type has 2 rows instead of 3");
    mendedByARebuild("Patient");
  }

  /** What Delta does with old commits once a checkpoint stands for them. */
  private void cleaned() {
    lake.somebody("silver", "ALTER TABLE %s SET TBLPROPERTIES ('delta.checkpointInterval' = '1')");
    for (long old = 0; old < lake.silverVersion(); old++) {
      lake.lake().delete(commit(old, "json"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"silver.json", "views/patient.json", "silver.json views", "views"})
  void stateThatWasLostIsMadeAgainOfTheTables(String lost) {
    long version = lake.silverVersion();
    for (String file : lost.split(" ", -1)) {
      lake.lake().delete(paths().state(file));
    }
    TransformResult after = lake.transform();
    assertThat(lake.rows("patient")).isEqualTo(rows);
    assertThat(lake.silverVersion()).isEqualTo(version);
    assertThat(after.silver().state().of("Patient").rowsLive()).isEqualTo(3);
    assertThat(lake.lake().exists(paths().state("views/patient.json"))).isTrue();
    lake.export("e3", WEDNESDAY).resource("Patient", "d").delete("Patient/b").land();
    assertThat(lake.transform().silver().state().of("Patient").rowsLive()).isEqualTo(3);
    assertThat(lake.rows("patient")).containsExactly("a", "c", "d");
    assertThat(lake.lake().exists(paths().state("silver.json"))).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"DELETE FROM %s WHERE id = 'a', DELETE", "UPDATE %s SET id = 'x', UPDATE"})
  void aViewThatSomebodyChangedIsRebuiltAndNamed(String sql, String operation) {
    lake.somebody("views/patient", sql);
    long version = lake.silverVersion();
    String why =
        "commit %d (%s) was written by someone else"
            .formatted(lake.viewVersion("patient"), operation);
    assertThat(lake.transform().views().changed()).isEqualTo(Map.of("patient", why));
    assertThat(lake.rows("patient")).isEqualTo(rows);
    assertThat(lake.silverVersion()).isEqualTo(version);
    assertThat(lake.transform().views().changed()).as("once").isEmpty();
  }

  @Test
  void aViewThatIsGoneIsRebuiltAndNamed() {
    lake.lake().delete(paths().view("patient"));
    assertThat(lake.transform().views().changed())
        .isEqualTo(Map.of("patient", "the table is gone"));
    assertThat(lake.rows("patient")).isEqualTo(rows);
  }

  @Test
  void aViewOfAnOlderBackupIsRebuiltAndNamed() {
    for (FileStatus file : lake.lake().list(paths().at("views/patient/_delta_log"))) {
      if (file.getPath().getName().startsWith("%020d".formatted(1))) {
        lake.lake().delete(file.getPath());
      }
    }
    assertThat(lake.transform().views().changed())
        .isEqualTo(
            Map.of(
                "patient",
                "the table's newest commit is 0, but the pipeline had written commit 1"));
    assertThat(lake.rows("patient")).isEqualTo(rows);
  }

  private org.apache.hadoop.fs.Path commit(long version, String suffix) {
    return paths().at("silver/_delta_log/%020d.%s".formatted(version, suffix));
  }
}
