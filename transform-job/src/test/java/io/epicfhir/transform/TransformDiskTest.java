package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.epicfhir.common.SmallDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The fault table's rows 36 and 37: disks that are full or read-only under the transform job. */
final class TransformDiskTest {
  private static final String LOCAL_DISK = "spark.local.dir";
  private static final String ADVICE =
      "; check that the lake and Spark's local disks exist, are writable and are not full";
  private static final int MANY = 5_000;
  private static final String VIEW =
      """
      {"resourceType": "ViewDefinition", "name": "people", "resource": "Patient",
       "select": [{"column": [{"name": "key", "path": "getResourceKey()"},
                              {"name": "born", "path": "birthDate"}]}]}
      """;

  @TempDir private Path folder;
  private TestLake lake;
  private final List<String> silver = new ArrayList<>();

  @BeforeEach
  void makeLake() throws IOException {
    lake = new TestLake(folder.resolve("lake"));
    Files.createDirectory(folder.resolve("views"));
    Files.writeString(folder.resolve("views/people.json"), VIEW);
    Files.writeString(
        folder.resolve("pipeline.conf"),
        """
        epic-fhir {
          lake = lake
          transform {
            views = views, deletion-vectors = off, lock-patience = 30 seconds
          }
        }
        """);
  }

  @AfterEach
  void forget() {
    System.clearProperty("spark.master");
    System.clearProperty(LOCAL_DISK);
  }

  @Test
  void fault_36_37_a_local_disk_that_is_read_only_or_fills_with_a_shuffle() throws Exception {
    // So little is not Spark's by itself.
    Files.writeString(
        folder.resolve("pipeline.conf"),
        "\nepic-fhir.transform.in-process-below = 0\n",
        StandardOpenOption.APPEND);
    try (SmallDisk local = SmallDisk.mount(folder.resolve("local"), "128k")) {
      land("e1", MANY);
      TestLake.spark().stop();
      System.setProperty("spark.master", "local[2]");
      System.setProperty(LOCAL_DISK, local.root().toString());
      local.remount("ro");
      assertThat(transform()).isEqualTo(6);
      // By itself Spark ends the process here: status 53, no report.
      assertThat(error())
          .isEqualTo(
              "Cannot start Spark on the local disks "
                  + local.root()
                  + ": Read-only file system; check that they exist, are writable and are not full,"
                  + " or set spark.local.dir");
      local.remount("rw");

      assertThat(transform()).isEqualTo(6);

      assertThat(error())
          .isEqualTo("Cannot bring silver up to date: No space left on device" + ADVICE);
      assertThat(folder.resolve("lake/silver/_delta_log")).doesNotExist();
      // The export is noted as begun before silver is touched, and as applied only after it.
      assertThat(marks()).hasSize(1).allMatch(mark -> mark.contains("\"applied_at\" : null"));
      local.remount("size=64m");
      assertThat(transform()).isZero();
      System.clearProperty(LOCAL_DISK);
      assertThat(lake.silver("Patient")).isEqualTo(silver.stream().sorted().toList());
      assertThat(lake.rows("people")).hasSize(MANY);
    }
  }

  private List<String> marks() throws IOException {
    List<String> marks = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder.resolve("lake/state/applied"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".json")).toList()) {
        marks.add(Files.readString(file));
      }
    }
    return marks;
  }

  @Test
  void fault_36_37_tables_on_a_disk_that_is_full_or_read_only() throws Exception {
    try (SmallDisk tables = SmallDisk.mount(folder.resolve("lake/silver"), "1m")) {
      land("e1", 3);
      assertThat(transform()).isZero();
      List<String> before = lake.silver("Patient");
      land("e2", 40);
      tables.remount("ro");
      assertThat(transform()).isEqualTo(6);
      assertThat(error())
          .startsWith("Cannot write ")
          .contains("lake/silver: Read-only file system; check that the lake exists");
      tables.remount("rw");
      tables.fill(0);

      assertThat(transform()).isEqualTo(6);

      assertThat(error())
          .startsWith("Cannot ")
          .contains("lake/silver: No space left on device; check that the lake exists");
      assertThat(lake.silver("Patient")).isEqualTo(before);
      tables.makeRoom();
      assertThat(transform()).isZero();
      assertThat(lake.silver("Patient")).isEqualTo(silver.stream().sorted().toList());
      assertThat(lake.rows("people")).hasSize(43);
    }
  }

  @Test
  void a_damaged_file_of_a_table_is_named_and_no_disk_is_blamed() throws Exception {
    land("e1", 40);
    assertThat(transform()).isZero();
    for (String damaged : List.of(".parquet", "00000000000000000000.json")) {
      boolean data = damaged.equals(".parquet");
      Path file;
      try (Stream<Path> files = Files.walk(folder.resolve("lake/silver"))) {
        file = files.filter(f -> f.toString().endsWith(damaged)).findFirst().orElseThrow();
      }
      byte[] whole = Files.readAllBytes(file);
      byte[] bytes = whole.clone();
      bytes[bytes.length / 2] ^= 1;
      Files.write(file, bytes);
      land(data ? "e2" : "e3", 1);

      // Another try reads the same log.
      assertThat(transform()).as(damaged).isEqualTo(data ? 6 : 5);

      assertThat(error())
          .contains(file.getFileName() + " does not match its checksum; restore ")
          .contains(data ? "restore the file" : "restore its _delta_log from a backup")
          .doesNotContain("are writable and are not full");
      Files.write(file, whole);
      assertThat(transform()).as(damaged).isZero();
      assertThat(lake.silver("Patient")).isEqualTo(silver.stream().sorted().toList());
    }
  }

  /** Patients whose ids do not get shorter by being packed. */
  private void land(String export, int patients) {
    Random random = new Random(export.hashCode());
    TestLake.Export landing = lake.export(export, "2026-01-0" + export.charAt(1) + "T00:00:00Z");
    for (int i = 0; i < patients; i++) {
      String id = Long.toHexString(random.nextLong()) + Long.toHexString(random.nextLong());
      String json = "{\"resourceType\":\"Patient\",\"id\":\"%s\"}".formatted(id);
      landing.resource("Patient", id, "1", null, json);
      silver.add(id + " 1 false " + json);
    }
    landing.land();
  }

  private int transform() {
    return TestLake.job(folder.resolve("pipeline.conf"));
  }

  private String error() throws IOException {
    return new ObjectMapper()
        .readTree(folder.resolve("lake/metrics/etl/r1/transform.json").toFile())
        .at("/run/error")
        .asText();
  }
}
