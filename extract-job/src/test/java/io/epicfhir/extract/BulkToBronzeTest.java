package io.epicfhir.extract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.sandbox.http.RequestKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BulkToBronzeTest {
  private static final String PATIENTS =
      "{\"resourceType\":\"Patient\",\"id\":\"p1\",\"meta\":{\"versionId\":\"7\","
          + "\"lastUpdated\":\"2026-01-02T03:04:05.123456+01:00\"},\"name\":[{\"family\":\"Ø\u2028x\"}]}\n"
          + "{\"contact\":[{\"id\":\"inner\",\"meta\":{}}] , \"id\" : \"p2\",\"resourceType\":\"Patient\"}\r\n"
          + " {\"id\":\"p3\",\"resourceType\":\"Patient\",\"x\":\"\uD83D\uDE00\\u0000\"}\n";

  @TempDir Path folder;

  static String observations(int count) {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < count; i++) {
      lines.append("{\"resourceType\":\"Observation\",\"id\":\"o");
      lines.append(i).append("\",\"valueQuantity\":{\"value\":1.50").append("0".repeat(i % 50));
      lines.append("}}\n");
    }
    return lines.toString();
  }

  static Map<String, byte[]> files() {
    return Map.of(
        "Patient.ndjson", PATIENTS.getBytes(UTF_8),
        "Observation.ndjson", observations(500).getBytes(UTF_8));
  }

  static List<String> served(Map<String, byte[]> files) {
    List<String> lines = new ArrayList<>();
    files.values().forEach(f -> lines.addAll(Arrays.asList(new String(f, UTF_8).split("\n"))));
    return lines;
  }

  static List<String> resources(List<Row> rows) {
    return rows.stream().map(row -> row.<String>getAs("resource")).toList();
  }

  @Test
  void every_line_lands_byte_for_byte_in_its_partition() throws IOException {
    try (Site site = Site.open(folder, files(), o -> o.fileLimits(Long.MAX_VALUE, 120))) {
      assertThat(site.runAll("r1")).isZero();

      List<Row> rows = ReadBack.bronze(site);
      assertThat(resources(rows)).containsExactlyInAnyOrderElementsOf(served(files()));
      assertThat(rows.get(0).schema().fieldNames())
          .containsExactly(
              "id",
              "version_id",
              "last_updated",
              "resource",
              "export_id",
              "source_file",
              "source_line",
              "resource_type",
              "extraction_date");
      Row p1 = rows.stream().filter(r -> "p1".equals(r.getAs("id"))).findFirst().orElseThrow();
      assertThat(p1.<String>getAs("version_id")).isEqualTo("7");
      assertThat(p1.<Instant>getAs("last_updated"))
          .isEqualTo(Instant.parse("2026-01-02T02:04:05.123456Z"));
      assertThat(p1.<String>getAs("source_file")).endsWith("/Patient-1.ndjson");
      assertThat(p1.<Long>getAs("source_line")).isEqualTo(1);
      assertThat(rows.stream().map(r -> r.<String>getAs("id"))).contains("p2", "p3", "o499");
    }
  }

  @Test
  void the_landing_names_each_file_with_its_rows_and_the_report_gives_the_figures()
      throws IOException {
    try (Site site = Site.open(folder, files())) {
      assertThat(site.runAll("r1")).isZero();

      Landing landing = site.landings().get(0);
      assertThat(landing.group()).isEqualTo("sandbox-group");
      assertThat(landing.since()).isNull();
      assertThat(landing.runKey()).isEqualTo("etl/r1");
      assertThat(landing.files())
          .allSatisfy(
              file -> {
                assertThat(file.kind()).isEqualTo(Landing.Kind.RESOURCES);
                assertThat(file.path())
                    .startsWith(
                        "bronze/resource_type="
                            + file.resourceType()
                            + "/extraction_date=2026-03-02/"
                            + landing.exportId());
                assertThat(folder.resolve("lake").resolve(file.path())).hasSize(file.bytes());
              });
      assertThat(landing.files().stream().mapToLong(Landing.File::rows).sum()).isEqualTo(503);

      JsonNode report = site.report("r1", "extract");
      assertThat(report.path("result").path("state").asText()).isEqualTo("landed");
      assertThat(report.path("result").path("partitions"))
          .extracting(JsonNode::asText)
          .containsExactly(
              "bronze/resource_type=Observation/extraction_date=2026-03-02",
              "bronze/resource_type=Patient/extraction_date=2026-03-02");
      JsonNode announced = report.path("result").path("manifest_counts");
      assertThat(announced.path("Observation").asLong()).isEqualTo(500);
      assertThat(announced.path("Patient").asLong()).isEqualTo(3);
      JsonNode observation = report.path("resources").path("Observation");
      assertThat(observation.path("received").asLong()).isEqualTo(500);
      assertThat(observation.path("written").asLong()).isEqualTo(500);
      assertThat(observation.path("rejected").asLong()).isZero();
      assertThat(report.path("patients").path("count").asLong()).isEqualTo(3);
      assertThat(report.path("patients").path("ms_per_patient").asDouble()).isPositive();
      assertThat(report.path("counters").path("http.requests").asLong()).isPositive();
      assertThat(report.path("stages").size()).as("one look at the bytes").isEqualTo(1);
      JsonNode heaviest = report.path("stages").path(0).path("heaviest");
      assertThat(heaviest.path("records").asLong()).isEqualTo(500);
      assertThat(heaviest.path("bytes").asLong()).isGreaterThan(500 * 20);
      assertThat(site.server.requests().count(RequestKind.DELETE)).isEqualTo(1);
      assertThat(site.server.requests().earlyPolls()).isZero();
      assertThat(
              Files.exists(folder.resolve("lake/state/exports/" + landing.exportId() + "/staging")))
          .isFalse();
    }
  }

  @Test
  void a_rerun_adopts_the_export_in_every_state_and_asks_for_no_second_one() throws IOException {
    try (Site site = Site.open(folder, files())) {
      assertThat(site.run(new KickOff(), "r1", "kick_off")).isZero();
      assertThat(site.run(new KickOff(), "r1", "kick_off")).isZero();
      assertThat(site.report("r1", "kick_off").path("result").path("state").asText())
          .isEqualTo("adopted");
      assertThat(site.runAll("r1")).isZero();
      Landing first = site.landings().get(0);

      assertThat(site.runAll("r1")).isZero();

      assertThat(site.report("r1", "kick_off").path("result").path("state").asText())
          .isEqualTo("landed");
      assertThat(site.report("r1", "wait").path("result").path("state").asText())
          .isEqualTo("landed");
      assertThat(site.report("r1", "extract").path("result").path("partitions").size())
          .isEqualTo(2);
      assertThat(site.landings()).containsExactly(first);
      assertThat(site.server.requests().count(RequestKind.KICK_OFF)).isEqualTo(1);
    }
  }

  @Test
  void what_a_broken_attempt_left_goes_and_files_of_other_exports_stay() throws IOException {
    try (Site site = Site.open(folder, files())) {
      assertThat(site.run(new KickOff(), "r1", "kick_off")).isZero();
      String id = site.report("r1", "kick_off").path("result").path("export_id").asText();
      Path partition =
          Files.createDirectories(
              folder.resolve("lake/bronze/resource_type=Patient/extraction_date=2026-03-02"));
      Path left = Files.writeString(partition.resolve(id + "-dead0000-0-0-0.parquet"), "half");
      Path other = Files.writeString(partition.resolve("x0-dead0000-0-0-0.parquet"), "theirs");

      assertThat(site.run(new ExportStatus(), "r1", "wait")).isZero();
      assertThat(site.run(new Extract(), "r1", "extract")).isZero();

      assertThat(left).doesNotExist();
      assertThat(other).hasContent("theirs");
      assertThat(resources(ReadBack.bronze(site)))
          .containsExactlyInAnyOrderElementsOf(served(files()));
    }
  }

  @Test
  void the_next_run_asks_for_changes_and_lands_deletions_as_they_came() throws IOException {
    try (Site site = Site.open(folder, files())) {
      assertThat(site.runAll("r1")).isZero();
      Instant first = site.landings().get(0).transactionTime();
      String changed = "{\"resourceType\":\"Patient\",\"id\":\"p1\",\"active\":false}\n";
      Files.writeString(site.data.resolve("Patient.ndjson"), changed);
      site.server.store().reload();

      assertThat(site.runAll("r2")).isZero();

      Landing second = site.landings().get(1);
      assertThat(second.since()).isEqualTo(first);
      assertThat(second.files())
          .extracting(Landing.File::resourceType, Landing.File::kind, Landing.File::rows)
          .containsExactlyInAnyOrder(
              org.assertj.core.api.Assertions.tuple("Patient", Landing.Kind.RESOURCES, 1L),
              org.assertj.core.api.Assertions.tuple("Bundle", Landing.Kind.DELETIONS, 1L));
      Row bundle =
          ReadBack.bronze(site).stream()
              .filter(row -> row.getAs("resource_type").equals("Bundle"))
              .findFirst()
              .orElseThrow();
      assertThat(bundle.<String>getAs("resource")).contains("Patient/p2", "Patient/p3", "DELETE");
      assertThat(bundle.<String>getAs("source_file")).startsWith("deleted/");
    }
  }

  @Test
  void a_type_that_is_new_in_the_settings_brings_its_whole_past() throws IOException {
    try (Site site = Site.open(folder, files())) {
      site.settings.put("bulk.types", "[Patient]");
      assertThat(site.runAll("r1")).isZero();
      site.settings.put("bulk.types", "[Patient, Observation]");

      assertThat(site.runAll("r2")).isZero();

      Landing second = site.landings().get(1);
      assertThat(second.since()).isNull();
      assertThat(second.files().stream().mapToLong(Landing.File::rows).sum()).isEqualTo(503);
    }
  }

  @Test
  void an_export_without_files_lands_empty() throws IOException {
    try (Site site = Site.open(folder, files())) {
      assertThat(site.runAll("r1")).isZero();

      assertThat(site.runAll("r2")).isZero();

      assertThat(site.landings().get(1).files()).isEmpty();
      assertThat(site.landings().get(1).since())
          .isEqualTo(site.landings().get(0).transactionTime());
    }
  }
}
