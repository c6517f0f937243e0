package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.LakePaths;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What others do to the tables behind the pipeline's back. */
final class SilverCheckTest {
  private static final String MONDAY = "2026-01-05T00:00:00Z";
  private static final String TUESDAY = "2026-01-06T00:00:00Z";

  @TempDir private Path folder;
  private TestLake lake;
  private List<String> silver;
  private List<String> rows;

  @BeforeEach
  void aLakeOfTwoExports() {
    lake = new TestLake(folder);
    lake.viewOfKeys("Patient");
    land("e1", MONDAY, "a", "b");
    lake.transform();
    land("e2", TUESDAY, "c");
    lake.transform();
    silver = lake.silver("Patient");
    rows = lake.rows("patient");
    assertThat(rows).containsExactly("a", "b", "c");
  }

  private void land(String export, String time, String... ids) {
    TestLake.Export made = lake.export(export, time);
    for (String id : ids) {
      made.resource("Patient", id);
    }
    made.land();
  }

  private LakePaths paths() {
    return lake.lake().paths();
  }

  private void refused(String why) {
    assertThatThrownBy(lake::transform)
        .isInstanceOfSatisfying(
            SilverCheck.Changed.class,
            e -> {
              assertThat(e.exitCode()).isEqualTo(ExitCode.DATA_REFUSED);
              assertThat(e.types()).containsExactly("Patient");
            })
        .hasMessage(
            "Cannot vouch for silver Patient: "
                + why
                + "; have these types made anew of bronze: a rerun from transform that names them");
  }

  private void mendedByMakingItAnew() {
    lake.transform(new Again(Set.of(), Set.of("Patient"), Set.of()));
    assertThat(lake.silver("Patient")).isEqualTo(silver);
    assertThat(lake.rows("patient")).isEqualTo(rows);
    lake.transform();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "DELETE FROM %s WHERE id = 'a' | commit 2 (DELETE) is somebody else's",
        "UPDATE %s SET resource = '{}' | commit 2 (UPDATE) is somebody else's",
        "RESTORE TABLE %s TO VERSION AS OF 0 | commit 2 (RESTORE) is somebody else's",
      })
  void silverThatSomebodyChangedIsRefusedUntilItIsMadeAnew(String sql, String why) {
    lake.somebody("silver/Patient", sql);
    refused(why);
    refused(why); // asking again does not make it right
    assertThat(lake.rows("patient")).as("what stands stays").isEqualTo(rows);
    mendedByMakingItAnew();
  }

  @Test
  void silverThatIsGoneIsRefusedUntilItIsMadeAnew() {
    lake.lake().delete(paths().silver("Patient"));
    refused("its table is gone");
    assertThat(lake.rows("patient")).isEqualTo(rows);
    mendedByMakingItAnew();
  }

  @Test
  void silverOfAnOlderBackupIsRefusedUntilItIsMadeAnew() {
    lake.lake().delete(commit(1, "json"));
    lake.lake().delete(commit(1, "crc"));
    refused("its newest commit is 0, where there was a commit 1");
    mendedByMakingItAnew();
  }

  @Test
  void theCareThatSomebodyTakesOfSilverIsNoChange() {
    lake.somebody("silver/Patient", "OPTIMIZE %s");
    lake.somebody(
        "silver/Patient",
        "ALTER TABLE %s SET TBLPROPERTIES ('delta.logRetentionDuration' = 'interval 9 days')");
    lake.transform();
    assertThat(lake.silver("Patient")).isEqualTo(silver);
  }

  @Test
  void whereTheLogWasCleanedTheRowsAreCounted() {
    lake.somebody("silver/Patient", "OPTIMIZE %s");
    cleanedUpTo(2);
    lake.transform();
    assertThat(lake.silver("Patient")).isEqualTo(silver);
    lake.somebody("silver/Patient", "DELETE FROM %s WHERE id = 'a'");
    cleanedUpTo(4);
    refused("commit 4 is no longer in its log");
    mendedByMakingItAnew();
  }

  /** What Delta does with old commits once a checkpoint stands for them. */
  private void cleanedUpTo(long version) {
    lake.somebody(
        "silver/Patient", "ALTER TABLE %s SET TBLPROPERTIES ('delta.checkpointInterval' = '1')");
    assertThat(lake.silverVersion("Patient")).isEqualTo(version + 1);
    for (long old = 0; old <= version; old++) {
      lake.lake().delete(commit(old, "json"));
    }
  }

  @Test
  void theStateThatWasLostIsMadeAnew() {
    lake.lake().delete(paths().state("silver/Patient.json"));
    lake.lake().delete(paths().state("views/patient.json"));
    lake.transform();
    assertThat(lake.lake().exists(paths().state("silver/Patient.json"))).isTrue();
    assertThat(lake.rows("patient")).isEqualTo(rows);
  }

  @ParameterizedTest
  @CsvSource({"DELETE FROM %s WHERE id = 'a', DELETE", "UPDATE %s SET id = 'x', UPDATE"})
  void aViewThatSomebodyChangedIsMadeAnewOfSilverAndToldOf(String sql, String operation) {
    lake.somebody("views/patient", sql);
    long version = lake.silverVersion("Patient");
    String why =
        "commit %d (%s) is somebody else's".formatted(lake.viewVersion("patient"), operation);
    assertThat(changedViews(lake.transform())).isEqualTo(Map.of("patient", why));
    assertThat(lake.rows("patient")).isEqualTo(rows);
    assertThat(lake.silverVersion("Patient")).isEqualTo(version);
    assertThat(changedViews(lake.transform())).as("once").isEmpty();
  }

  @Test
  void aViewThatIsGoneIsMadeAnewOfSilver() {
    lake.lake().delete(paths().view("patient"));
    assertThat(changedViews(lake.transform())).isEqualTo(Map.of("patient", "its table is gone"));
    assertThat(lake.rows("patient")).isEqualTo(rows);
  }

  private static Map<String, String> changedViews(TransformResult result) {
    return result.types().get(0).changedViews();
  }

  private org.apache.hadoop.fs.Path commit(long version, String suffix) {
    return paths().at("silver/Patient/_delta_log/%020d.%s".formatted(version, suffix));
  }
}
