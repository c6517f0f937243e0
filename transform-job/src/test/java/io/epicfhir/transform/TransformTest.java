package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.epicfhir.common.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The job as its process runs it: settings, lock, work, report, exit code. */
final class TransformTest {
  private static final String MONDAY = "2026-01-05T00:00:00Z";
  private static final String TUESDAY = "2026-01-06T00:00:00Z";

  @TempDir private Path folder;
  private TestLake lake;

  @BeforeEach
  void writeSettings() throws IOException {
    lake = new TestLake(folder.resolve("lake"));
    Files.createDirectories(folder.resolve("views"));
    Files.writeString(
        folder.resolve("pipeline.conf"),
        """
        epic-fhir {
          lake = "lake"
          transform {
            views = views, deletion-vectors = off, lock-patience = 0 seconds
          }
        }
        """);
  }

  /** All work is Spark's; by itself so little of it is not. */
  private void inSpark() throws IOException {
    Files.writeString(
        folder.resolve("pipeline.conf"),
        "\nepic-fhir.transform.in-process-below = 0\n",
        StandardOpenOption.APPEND);
  }

  @Test
  void theReportTellsWhatTheTablesHold() throws IOException {
    inSpark();
    view("patients", "birthDate");
    patients("e1", MONDAY, "a", "b").delete("Patient/c").land();
    assertThat(run()).isEqualTo(ExitCode.DONE.number());
    JsonNode report = report();
    assertThat(report.at("/result/exports/0").asText()).isEqualTo("e1");
    assertThat(report.at("/result/silver/Patient/rows_live").asLong()).isEqualTo(2);
    assertThat(report.at("/result/silver/Patient/tombstones").asLong()).isEqualTo(1);
    assertThat(report.at("/result/silver/Patient/read").asLong()).isEqualTo(2);
    assertThat(report.at("/result/views/patients/rows").asLong()).isEqualTo(2);
    assertThat(report.at("/result/views/patients/resource").asText()).isEqualTo("Patient");
    assertThat(report.at("/result/views/patients/resources").asLong()).isEqualTo(2);
    assertThat(report.at("/result/views/patients/let_through").asLong()).isEqualTo(2);
    assertThat(report.at("/result/views/patients/silver_resources").asLong()).isEqualTo(2);
    assertThat(report.at("/resources/Patient/received").asLong()).isEqualTo(3);
    assertThat(report.at("/resources/Patient/written").asLong()).isEqualTo(3);
    assertThat(report.at("/resources/Patient/deleted").asLong()).isEqualTo(1);
    assertThat(report.get("stages").findValuesAsText("job_group")).contains("silver");
  }

  @Test
  void aRunWithoutNewsStartsNoSparkAndTellsTheSameTables() throws IOException {
    inSpark();
    view("patients", "birthDate");
    patients("e1", MONDAY, "a").land();
    assertThat(run()).isEqualTo(ExitCode.DONE.number());
    JsonNode first = report();
    assertThat(first.at("/run/host_class").asText()).contains("local[2]");
    assertThat(run()).isEqualTo(ExitCode.DONE.number());
    JsonNode second = report();
    assertThat(second.at("/result/exports").toString()).isEqualTo("[]");
    assertThat(second.at("/run/host_class").asText()).doesNotContain("local[2]");
    assertThat(second.at("/result/views")).isEqualTo(first.at("/result/views"));
    assertThat(second.at("/result/silver/Patient/rows_live").asLong()).isEqualTo(1);
  }

  @Test
  void anExportWithNothingInItStartsNoSparkAndCountsAsApplied() throws IOException {
    view("patients", "birthDate");
    patients("e1", MONDAY, "a").land();
    assertThat(run()).isEqualTo(ExitCode.DONE.number());
    lake.export("e2", TUESDAY).since(MONDAY).land();
    assertThat(run()).isEqualTo(ExitCode.DONE.number());
    assertThat(report().at("/result/exports/0").asText()).isEqualTo("e2");
    assertThat(report().at("/run/host_class").asText()).doesNotContain("local[2]");
    assertThat(run()).isEqualTo(ExitCode.DONE.number());
    assertThat(report().at("/result/exports").toString()).isEqualTo("[]");
  }

  @Test
  @DisplayName("F2: a typo in one view stops that view only, and the run is red")
  void badViewsAreNamedAllAtOnceAndTheOthersGoOn() throws IOException {
    view("good", "birthDate");
    view("one", "birthDay");
    view("two", "name.familiy");
    Files.writeString(folder.resolve("views/three.json"), "{");
    patients("e1", MONDAY, "a", "b").land();
    assertThat(run()).isEqualTo(ExitCode.DATA_REFUSED.number());
    JsonNode report = report();
    assertThat(report.at("/run/error").asText())
        .contains("one.json:2", "birthDay", "two.json:2", "familiy", "three.json");
    assertThat(report.at("/result/refused_views").propertyStream().map(e -> e.getKey()))
        .containsExactly("one", "three", "two");
    assertThat(report.at("/result/views/good/rows").asLong()).isEqualTo(2);
    assertThat(lake.rows("good")).hasSize(2);
    assertThat(report.at("/result/exports/0").asText()).isEqualTo("e1");
  }

  @Test
  @DisplayName("F2: a view that breaks keeps its last good rows, and is no view without definition")
  void aViewThatIsBrokenLaterKeepsItsRows() throws IOException {
    view("patients", "birthDate");
    patients("e1", MONDAY, "a").land();
    assertThat(run()).isEqualTo(ExitCode.DONE.number());
    view("patients", "birthDay");
    patients("e2", TUESDAY, "b").land();
    assertThat(run()).isEqualTo(ExitCode.DATA_REFUSED.number());
    assertThat(report().get("notes").toString()).doesNotContain("no definition");
    assertThat(lake.rows("patients")).hasSize(1);
    view("patients", "birthDate");
    assertThat(run()).isEqualTo(ExitCode.DONE.number());
    assertThat(lake.rows("patients")).hasSize(2);
  }

  @Test
  void aMissingFolderOfViewsIsRefused() throws IOException {
    Files.delete(folder.resolve("views"));
    assertThat(run()).isEqualTo(ExitCode.SETTINGS.number());
    assertThat(report().at("/run/error").asText())
        .contains("transform.views", "an existing folder of ViewDefinitions");
  }

  @Test
  void joinedTablesAndLookupsAreInTheReportAndCostNoSparkUnchanged() throws IOException {
    view("patients", "gender");
    joined("");
    Files.writeString(folder.resolve("lookups/names.csv"), "code,name\nmale,m\n");
    Files.writeString(
        folder.resolve("joined/people.sql"),
        """
        -- description: One row per patient
        -- depends: patients, lookup names
        -- key: _resource_id
        SELECT patients._resource_id, names.name
        FROM patients LEFT JOIN names ON names.code = patients.c
        """);
    patients("e1", MONDAY, "a", "b").land();
    assertThat(run()).isEqualTo(ExitCode.DONE.number());
    assertThat(report().at("/result/joined/people/rows").asLong()).isEqualTo(2);
    assertThat(report().at("/result/joined/people/built").asText()).isEqualTo("whole");
    assertThat(report().at("/result/joined/people/version").asLong()).isZero();
    assertThat(report().at("/result/joined/people/path").asText()).endsWith("lake/joined/people");
    assertThat(report().at("/result/lookups/names/rows").asLong()).isEqualTo(1);
    assertThat(report().at("/result/lookups/names/rebuilt").asBoolean()).isTrue();
    assertThat(run()).isEqualTo(ExitCode.DONE.number());
    assertThat(report().at("/run/host_class").asText()).doesNotContain("local[2]");
    assertThat(report().at("/result/joined/people/built").asText()).isEqualTo("none");
    assertThat(report().at("/result/lookups/names/rebuilt").asBoolean()).isFalse();
    Files.writeString(folder.resolve("joined/people.sql"), "-- description: x\nDROP TABLE x\n");
    Files.writeString(folder.resolve("lookups/names.csv"), "code,name\nmale");
    assertThat(run()).isEqualTo(ExitCode.DATA_REFUSED.number());
    assertThat(report().at("/result/refused_joined/people").asText()).contains("people.sql:1: ");
    assertThat(report().at("/result/refused_lookups/names").asText()).contains("names.csv:2: ");
    assertThat(report().at("/run/error").asText()).contains("people.sql:1: ", "names.csv:2: ");
    assertThat(report().get("notes").toString()).doesNotContain("no definition");
  }

  @Test
  void aMissingFolderOfJoinedTablesOrAnUnknownSettingOfThemIsRefused() throws IOException {
    joined(", broadcast = 1");
    Files.delete(folder.resolve("joined"));
    assertThat(run()).isEqualTo(ExitCode.SETTINGS.number());
    assertThat(report().at("/run/error").asText())
        .contains("transform.joined.sql", "an existing folder of SQLViews")
        .contains("transform.joined.broadcast");
  }

  /** Settings with joined tables. */
  private void joined(String more) throws IOException {
    Files.createDirectories(folder.resolve("joined"));
    Files.createDirectories(folder.resolve("lookups"));
    Files.writeString(
        folder.resolve("pipeline.conf"),
        """
        epic-fhir {
          lake = "lake"
          transform {
            views = views, deletion-vectors = off, lock-patience = 0 seconds
            joined { sql = joined, lookups = lookups, broadcast-threshold = "1 MiB" %s }
          }
        }
        """
            .formatted(more));
  }

  private TestLake.Export patients(String export, String time, String... ids) {
    TestLake.Export made = lake.export(export, time);
    for (String id : ids) {
      made.resource("Patient", id);
    }
    return made;
  }

  private void view(String name, String path) throws IOException {
    Files.writeString(
        folder.resolve("views/" + name + ".json"),
        """
        {"resourceType": "ViewDefinition", "name": "%s", "resource": "Patient",
         "select": [{"column": [{"name": "c", "path": "%s"}]}]}
        """
            .formatted(name, path));
  }

  private int run() {
    TestLake.spark(); // the job takes the session that is there, and stops it
    return TestLake.job(folder.resolve("pipeline.conf"));
  }

  private JsonNode report() throws IOException {
    return JsonMapper.builder()
        .build()
        .readTree(folder.resolve("lake/metrics/etl/r1/transform.json").toFile());
  }
}
