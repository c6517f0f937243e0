package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.epicfhir.common.job.JobRunner;
import io.epicfhir.transform.silver.SilverState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Small tables that change often: care must change their files and nothing else. */
final class CareTest {
  private static final CareSettings COMPACT =
      new CareSettings(128L << 20, 3, Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO);
  private static final CareSettings KEEP =
      new CareSettings(
          128L << 20, 100, Duration.ofDays(7), Duration.ZERO, Duration.ZERO, Duration.ZERO);
  private static final List<String> TABLES = List.of("silver", "views/people");
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
    for (String table : TABLES) {
      TableCare.Done done = care(table, COMPACT);
      assertThat(done.filesBefore()).isEqualTo(3);
      assertThat(done.filesAfter()).isEqualTo(1);
      assertThat(done.bytesFreed()).isPositive();
      assertThat(storedBytes(table)).isEqualTo(done.bytes());
    }
    assertThat(lake.silver("Patient")).isEqualTo(silver).hasSize(3);
    assertThat(lake.rows("people")).containsExactly("1981", "1982", "1983");
  }

  @Test
  void aRunWithoutNewsAfterItCommitsNothingAndTheNextChangeIsTakenIn() {
    TABLES.forEach(table -> care(table, COMPACT));
    long silver = lake.silverVersion();
    long view = lake.viewVersion("people");
    TransformResult idle = lake.transform();
    assertThat(lake.silverVersion()).isEqualTo(silver);
    assertThat(lake.viewVersion("people")).isEqualTo(view);
    assertThat(view(idle).rows()).isEqualTo(3);
    TransformResult changed = land(4, "p1", "1991");
    assertThat(lake.rows("people")).containsExactly("1982", "1983", "1991");
    assertThat(patients(changed).rowsLive()).isEqualTo(3);
    assertThat(view(changed).rows()).isEqualTo(3);
  }

  @Test
  void fewFilesStayAsTheyAreAndFilesOfOldVersionsUntilTheirTime() {
    land(4, "p1", "1991");
    for (String table : TABLES) {
      long stored = storedBytes(table);
      TableCare.Done done = care(table, KEEP);
      assertThat(done.filesAfter()).isEqualTo(done.filesBefore());
      assertThat(done.bytesFreed()).isZero();
      assertThat(storedBytes(table)).isEqualTo(stored).isGreaterThan(done.bytes());
    }
  }

  @Test
  void quarantinedLinesGoWhenTheirTimeIsOverAndForEverIsForEver() throws IOException {
    for (String name :
        List.of("extraction_date=2026-01-01", "extraction_date=2026-01-31", "view=v")) {
      Files.createDirectories(folder.resolve("quarantine").resolve(name));
    }
    QuarantineCare care = new QuarantineCare(lake.lake(), LocalDate.parse("2026-03-02"));

    assertThat(care.run(Duration.ZERO)).isZero();
    assertThat(care.run(Duration.ofDays(30))).isEqualTo(1);

    assertThat(folder.resolve("quarantine/extraction_date=2026-01-01")).doesNotExist();
    assertThat(folder.resolve("quarantine/extraction_date=2026-01-31")).exists();
    assertThat(folder.resolve("quarantine/view=v")).exists();
  }

  @Test
  void aTableThatCannotBeCompactedStopsNoneOfTheOthers() throws IOException {
    lake.viewOfKeys("Patient").view("Patient", VIEW.replace("people", "zodiac"));
    land(4, "p4", "1984");
    land(5, "p5", "1985");
    Path lost;
    try (Stream<Path> files = Files.list(folder.resolve("views/people"))) {
      lost =
          files.filter(f -> f.toString().endsWith(".parquet")).sorted().findFirst().orElseThrow();
    }
    Files.delete(lost);
    Files.createDirectories(folder.resolve("quarantine/extraction_date=2020-01-01"));
    Path conf = folder.resolve("pipeline.conf");
    Files.writeString(
        conf,
        """
        epic-fhir { lake = "%s", transform { lock-patience = 0 seconds, care {
          file-size = 128 MiB, small-files = 2, retention = 7 days, quarantine-retention = 30 days } } }
        """
            .formatted(folder));
    TestLake.spark();

    assertThat(JobRunner.run(new Care(), TestLake.arguments(conf))).isEqualTo(5);

    JsonNode report =
        new JsonMapper().readTree(folder.resolve("metrics/etl/r1/transform.json").toFile());
    assertThat(report.at("/run/error").asText())
        .contains(
            "views/people: ",
            lost.getFileName() + " is missing",
            "rerun from transform with views = people, which rebuilds it");
    assertThat(lake.viewLog("zodiac").snapshot().orElseThrow().files()).hasSize(1);
    assertThat(lake.silverLog().snapshot().orElseThrow().files()).hasSize(1);
    assertThat(folder.resolve("quarantine/extraction_date=2020-01-01")).doesNotExist();

    assertThat(lake.rebuildViews("people").problems()).isEmpty();
    assertThat(JobRunner.run(new Care(), TestLake.arguments(conf))).isZero();
  }

  private TransformResult land(int day, String id, String born) {
    lake.export("e" + day, "2026-01-0" + day + "T00:00:00Z")
        .resource(
            "Patient",
            id,
            null,
            null,
            "{\"resourceType\":\"Patient\",\"id\":\"%s\",\"birthDate\":\"%s\"}".formatted(id, born))
        .land();
    return lake.transform();
  }

  private static ViewState view(TransformResult result) {
    return result.views().done().get("people").state();
  }

  private static SilverState.TypeState patients(TransformResult result) {
    return result.silver().state().of("Patient");
  }

  private TableCare.Done care(String table, CareSettings settings) {
    return new TableCare(TestLake.spark(), lake.lake(), lake.lake().paths().at(table), settings)
        .run();
  }

  /** Bytes of all data files, those of older versions too. */
  private long storedBytes(String table) {
    try (Stream<Path> files = Files.walk(folder.resolve(table))) {
      return files
          .filter(f -> f.toString().endsWith(".parquet") && !f.toString().contains("_delta_log"))
          .mapToLong(f -> f.toFile().length())
          .sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
