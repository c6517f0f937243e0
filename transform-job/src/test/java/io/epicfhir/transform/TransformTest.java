package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.epicfhir.common.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The job as its process runs it: settings, lock, work, report, exit code. */
final class TransformTest {
  private static final String MONDAY = "2026-01-05T00:00:00Z";

  @TempDir private Path folder;

  @BeforeEach
  void writeSettings() throws IOException {
    Files.createDirectories(folder.resolve("views"));
    Files.writeString(
        folder.resolve("pipeline.conf"),
        """
        epic-fhir {
          lake = "lake"
          transform {
            views = views, parallel-tables = 2, deletion-vectors = off, rewrite-below = 0, lock-patience = 0 seconds
          }
        }
        """);
  }

  @Test
  void theReportTellsWhatTheTablesHold() throws IOException {
    view("patients", "birthDate");
    new TestLake(folder.resolve("lake"))
        .export("e1", MONDAY)
        .resource("Patient", "a", "1", MONDAY, "{\"resourceType\":\"Patient\",\"id\":\"a\"}")
        .resource("Patient", "b", "1", MONDAY, "{\"resourceType\":\"Patient\",\"id\":\"b\"}")
        .delete("Patient/c")
        .land();
    assertThat(run()).isEqualTo(ExitCode.DONE.number());
    JsonNode report = report();
    assertThat(report.at("/result/exports/0").asText()).isEqualTo("e1");
    assertThat(report.at("/result/silver/Patient/rows_live").asLong()).isEqualTo(2);
    assertThat(report.at("/result/silver/Patient/tombstones").asLong()).isEqualTo(1);
    assertThat(report.at("/result/views/patients/rows").asLong()).isEqualTo(2);
    assertThat(report.at("/result/views/patients/resource").asText()).isEqualTo("Patient");
    assertThat(report.at("/resources/Patient/received").asLong()).isEqualTo(2);
    assertThat(report.at("/resources/Patient/written").asLong()).isEqualTo(3);
    assertThat(report.at("/resources/Patient/deleted").asLong()).isEqualTo(1);
    assertThat(report.at("/timers/view.patients/count").asLong()).isEqualTo(1);
    assertThat(report.get("stages").findValuesAsText("job_group"))
        .contains("silver Patient", "view patients");
  }

  @Test
  void aRunWithoutNewsStartsNoSparkAndTellsTheSameTables() throws IOException {
    view("patients", "birthDate");
    TestLake lake = new TestLake(folder.resolve("lake"));
    lake.export("e1", MONDAY)
        .resource("Patient", "a", "1", MONDAY, "{\"resourceType\":\"Patient\",\"id\":\"a\"}")
        .land();
    assertThat(run()).isEqualTo(ExitCode.DONE.number());
    JsonNode first = report();
    assertThat(first.at("/run/host_class").asText()).contains("local[2]");
    lake.export("e2", "2026-01-06T00:00:00Z").land(); // an export with nothing in it
    assertThat(run()).isEqualTo(ExitCode.DONE.number());
    JsonNode second = report();
    assertThat(second.at("/result/exports/0").asText()).isEqualTo("e2");
    assertThat(second.at("/run/host_class").asText()).doesNotContain("local[2]");
    assertThat(second.at("/result/views")).isEqualTo(first.at("/result/views"));
    assertThat(second.at("/result/silver/Patient/rows_live").asLong()).isEqualTo(1);
  }

  @Test
  void allProblemsOfTheViewsAreToldAtOnce() throws IOException {
    view("one", "birthDay");
    view("two", "name.familiy");
    Files.writeString(folder.resolve("views/three.json"), "{");
    assertThat(run()).isEqualTo(ExitCode.SETTINGS.number());
    assertThat(report().at("/run/error").asText())
        .contains("3 to mend", "birthDay", "familiy", "three.json");
  }

  @Test
  void aMissingFolderOfViewsIsTold() throws IOException {
    Files.delete(folder.resolve("views"));
    assertThat(run()).isEqualTo(ExitCode.SETTINGS.number());
    assertThat(report().at("/run/error").asText())
        .contains("transform.views", "an existing folder of ViewDefinitions");
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
