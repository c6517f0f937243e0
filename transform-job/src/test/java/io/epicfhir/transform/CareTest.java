package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Small tables that are merged into often: care must change their files and nothing else. */
final class CareTest {
  private static final CareSettings COMPACT =
      new CareSettings(128L << 20, 3, Duration.ZERO, Duration.ZERO);
  private static final CareSettings KEEP =
      new CareSettings(128L << 20, 100, Duration.ofDays(7), Duration.ZERO);
  private static final String VIEW =
      """
      {"resourceType": "ViewDefinition", "name": "people", "resource": "Patient",
       "select": [{"column": [{"name": "born", "path": "birthDate"}]}]}
      """;

  @TempDir private Path folder;
  private TestLake lake;

  @BeforeEach
  void threeFilesEach() {
    lake = new TestLake(folder).view("Patient", VIEW);
    for (int day = 1; day <= 3; day++) {
      land(day, "p" + day, "198" + day);
    }
  }

  @Test
  void smallFilesBecomeOneAndNothingElseChanges() {
    List<String> silver = lake.silver("Patient");
    for (DeltaFolder table : tables()) {
      TableCare.Done done = care(table, COMPACT);
      assertThat(done.filesBefore()).isEqualTo(3);
      assertThat(done.filesAfter()).isEqualTo(1);
      assertThat(done.bytesFreed()).isPositive();
      assertThat(table.storedBytes()).isEqualTo(done.bytes());
    }
    assertThat(lake.silver("Patient")).isEqualTo(silver).hasSize(3);
    assertThat(lake.rows("people")).containsExactly("1981", "1982", "1983");
  }

  @Test
  void aRunWithoutNewsAfterItCommitsNothingAndTheNextChangeIsTakenIn() {
    tables().forEach(table -> care(table, COMPACT));
    long silver = lake.silverVersion("Patient");
    long view = lake.viewVersion("people");
    TypeResult idle = lake.transform().types().get(0);
    assertThat(lake.silverVersion("Patient")).isEqualTo(silver);
    assertThat(lake.viewVersion("people")).isEqualTo(view);
    assertThat(idle.views().get("people").rows()).isEqualTo(3);
    TypeResult changed = land(4, "p1", "1991");
    assertThat(lake.rows("people")).containsExactly("1982", "1983", "1991");
    assertThat(changed.silver().orElseThrow().rowsLive()).isEqualTo(3);
    assertThat(changed.views().get("people").rows()).isEqualTo(3);
  }

  @Test
  void fewFilesStayAsTheyAreAndFilesOfOldVersionsUntilTheirTime() {
    land(4, "p1", "1991");
    for (DeltaFolder table : tables()) {
      long stored = table.storedBytes();
      TableCare.Done done = care(table, KEEP);
      assertThat(done.filesAfter()).isEqualTo(done.filesBefore());
      assertThat(done.bytesFreed()).isZero();
      assertThat(table.storedBytes()).isEqualTo(stored).isGreaterThan(done.bytes());
    }
  }

  private TypeResult land(int day, String id, String born) {
    lake.export("e" + day, "2026-01-0" + day + "T00:00:00Z")
        .resource(
            "Patient",
            id,
            null,
            null,
            "{\"resourceType\":\"Patient\",\"id\":\"%s\",\"birthDate\":\"%s\"}".formatted(id, born))
        .land();
    return lake.transform().types().get(0);
  }

  private List<DeltaFolder> tables() {
    return List.of(
        new DeltaFolder(lake.lake(), lake.lake().paths().silver("Patient")),
        new DeltaFolder(lake.lake(), lake.lake().paths().view("people")));
  }

  private static TableCare.Done care(DeltaFolder table, CareSettings settings) {
    return new TableCare(TestLake.spark(), table, settings).run();
  }
}
