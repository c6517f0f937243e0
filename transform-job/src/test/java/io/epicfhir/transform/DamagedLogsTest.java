package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.job.JobRunner;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.io.FileUtils;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A log of one table that is not whole stops that table at most. */
final class DamagedLogsTest {
  private static final String AWAY =
      "move the table's folder away and rerun from transform, which rebuilds it";

  @TempDir private Path folder;
  private TestLake lake;

  /** What happened to a commit's file. */
  enum Harm {
    MISSING,
    CUT_OFF,
    NO_JSON,
    OLD_CHECKSUM;

    void to(Path table, int commit) throws IOException {
      Path file = table.resolve("_delta_log/%020d.json".formatted(commit));
      byte[] bytes = Files.readAllBytes(file);
      Path checksum = file.resolveSibling("." + file.getFileName() + ".crc");
      switch (this) {
        case MISSING -> Files.delete(file);
        case CUT_OFF -> Files.write(file, Arrays.copyOf(bytes, bytes.length - 20));
        case NO_JSON -> Files.writeString(file, "secret\n");
        default -> {
          bytes[bytes.length / 2] ^= 1;
          Files.write(file, bytes);
          assertThat(checksum).exists();
          return;
        }
      }
      Files.deleteIfExists(checksum);
    }
  }

  @BeforeEach
  void twoCommitsEach() throws IOException {
    lake =
        new TestLake(folder)
            .viewOfKeys("Patient")
            .viewOfKeys("Condition")
            .view("Patient", born())
            .sql("people.sql", sql("patient", "id"))
            .sql("problems.sql", sql("condition", "id"));
    night(1);
    night(2);
  }

  private static String born() {
    return """
    {"resourceType": "ViewDefinition", "name": "born", "resource": "Patient",
     "select": [{"column": [{"name": "id", "path": "getResourceKey()"}]}]}
    """;
  }

  private static String sql(String table, String key) {
    return "-- description: x\n-- depends: %s\n-- key: %s\nSELECT %2$s FROM %1$s\n"
        .formatted(table, key);
  }

  private void land(int night) {
    lake.export("e" + night, "2026-01-0%dT00:00:00Z".formatted(night))
        .resource("Patient", "p" + night)
        .resource("Condition", "c" + night)
        .land();
    lake.lookup("code_names.csv", "code,name\n" + "a,x%d\n".formatted(night))
        .lookup("colours.csv", "colour\nred%d\n".formatted(night));
  }

  private void night(int night) {
    land(night);
    lake.transform();
  }

  @ParameterizedTest
  @CsvSource({"MISSING, 0", "MISSING, 1", "NO_JSON, 1", "OLD_CHECKSUM, 1"})
  void ofAViewStopsThatViewAndWhatReadsIt(Harm harm, int commit) throws IOException {
    harm.to(folder.resolve("views/patient"), commit);
    land(3);

    TransformResult red = lake.run();

    assertThat(red.silver().exports()).containsExactly("e3");
    assertThat(red.views().failed()).containsOnlyKeys("patient");
    assertThat(red.joined().joined().failed()).containsOnlyKeys("people");
    assertThat(red.problems()).hasSize(2);
    assertThat(red.problems().get(0))
        .startsWith("View patient keeps its last good rows. Cannot read the log of the Delta table")
        .contains("views/patient: ", "restore its _delta_log from a backup", AWAY)
        .doesNotContain("secret");
    assertThat(lake.rows("born")).containsExactly("p1", "p2", "p3");
    assertThat(lake.rows("condition")).containsExactly("c1", "c2", "c3");
    assertThat(lake.table("joined/problems")).containsExactly("c1", "c2", "c3");
    assertThat(lake.table("lookups/colours")).containsExactly("red3");

    // As the message says.
    FileUtils.deleteDirectory(folder.resolve("views/patient").toFile());
    lake.transform();
    assertThat(lake.rows("patient")).containsExactly("p1", "p2", "p3");
    assertThat(lake.table("joined/people")).containsExactly("p1", "p2", "p3");
  }

  @ParameterizedTest
  @CsvSource("CUT_OFF, 1")
  void ofAJoinedTableStopsThatTable(Harm harm, int commit) throws IOException {
    harm.to(folder.resolve("joined/people"), commit);
    land(3);

    TransformResult red = lake.run();

    assertThat(red.problems())
        .singleElement()
        .asString()
        .startsWith("Joined table people keeps its last good rows. Cannot read the log of the")
        .contains("joined/people: ", AWAY);
    assertThat(lake.rows("patient")).containsExactly("p1", "p2", "p3");
    assertThat(lake.table("joined/problems")).containsExactly("c1", "c2", "c3");

    FileUtils.deleteDirectory(folder.resolve("joined/people").toFile());
    lake.transform();
    assertThat(lake.table("joined/people")).containsExactly("p1", "p2", "p3");
  }

  @Tag("long")
  @ParameterizedTest
  @CsvSource({"MISSING, 0", "OLD_CHECKSUM, 1"})
  void ofALookupStopsThatLookupAndWhatReadsIt(Harm harm, int commit) throws IOException {
    harm.to(folder.resolve("lookups/code_names"), commit);
    String again = sql("code_names", "code").replace("depends: ", "depends: lookup ");
    lake.sql("again.sql", again);
    land(3);

    TransformResult red = lake.run();

    assertThat(red.joined().lookups().failed()).containsOnlyKeys("code_names");
    assertThat(red.joined().lookups().failed().get("code_names"))
        .startsWith("Lookup code_names keeps its last good table. Cannot read the log of the Delta")
        .contains("lookups/code_names: ", AWAY);
    assertThat(red.joined().joined().failed().keySet()).contains("again");
    assertThat(lake.rows("patient")).containsExactly("p1", "p2", "p3");
    assertThat(lake.table("joined/people")).containsExactly("p1", "p2", "p3");
    assertThat(lake.table("joined/problems")).containsExactly("c1", "c2", "c3");
    assertThat(lake.table("lookups/colours")).containsExactly("red3");

    FileUtils.deleteDirectory(folder.resolve("lookups/code_names").toFile());
    lake.transform();
    assertThat(lake.table("lookups/code_names")).containsExactly("a x3");
    assertThat(lake.table("joined/again")).containsExactly("a");
  }

  /** Nothing in the log tells of the commit: an older copy of the table came back. */
  @Test
  void aViewWhoseLogEndsEarlierIsRebuilt() throws IOException {
    Path view = folder.resolve("views/patient");
    Harm.MISSING.to(view, 1);
    Files.deleteIfExists(view.resolve("_delta_log/%020d.crc".formatted(1)));
    night(3);
    assertThat(lake.rows("patient")).containsExactly("p1", "p2", "p3");
  }

  @ParameterizedTest
  @ValueSource(strings = {"CUT_OFF", "OLD_CHECKSUM"})
  void ofSilverEndsTheRunAndSilverIsNamed(String harm) throws IOException {
    List<String> rows = lake.rows("patient");
    Harm.valueOf(harm).to(folder.resolve("silver"), 0);
    land(3);
    assertThatThrownBy(lake::run)
        .isInstanceOfSatisfying(
            JobException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.DATA_REFUSED))
        .hasMessageStartingWith("Cannot read the log of the Delta table ")
        .hasMessageContaining("/silver: ")
        .hasMessageContaining(
            "move the table's folder away and rerun from transform with types = ");
    assertThat(lake.rows("patient")).isEqualTo(rows);

    // As the message says.
    FileUtils.deleteDirectory(folder.resolve("silver").toFile());
    assertThat(lake.rebuild("Patient", "Condition").problems()).isEmpty();
    assertThat(lake.rows("patient")).containsExactly("p1", "p2", "p3");
  }

  @Tag("long")
  @ParameterizedTest
  @ValueSource(strings = {"MISSING", "NO_JSON"})
  void keepsNoOtherTableFromMaintenance(String harm) throws IOException {
    Harm.valueOf(harm).to(folder.resolve("views/born"), 0);
    Files.createDirectories(folder.resolve("quarantine/extraction_date=2020-01-01"));
    Path conf = folder.resolve("pipeline.conf");
    Files.writeString(
        conf,
        """
        epic-fhir { lake = "%s", transform { lock-patience = 0 seconds, care {
          file-size = 128 MiB, small-files = 2, retention = 7 days, quarantine-retention = 30 days } } }
        """
            .formatted(folder),
        StandardCharsets.UTF_8);
    TestLake.spark();

    assertThat(JobRunner.run(new Care(), TestLake.arguments(conf))).isEqualTo(5);

    JsonNode report =
        new JsonMapper().readTree(folder.resolve("metrics/etl/r1/transform.json").toFile());
    assertThat(report.at("/run/error").asText())
        .contains("except for 1 part\n", "views/born: Cannot read the log", AWAY)
        .doesNotContain("secret");
    assertThat(lake.viewLog("patient").snapshot().orElseThrow().files()).hasSize(1);
    assertThat(lake.silverLog().snapshot().orElseThrow().files()).hasSize(2);
    assertThat(folder.resolve("quarantine/extraction_date=2020-01-01")).doesNotExist();
  }
}
