package io.epicfhir.common.delta;

import static io.epicfhir.common.delta.SparkTables.log;
import static io.epicfhir.common.delta.SparkTables.read;
import static io.epicfhir.common.delta.SparkTables.rows;
import static io.epicfhir.common.delta.SparkTables.sql;
import static io.epicfhir.common.delta.SparkTables.write;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.apache.spark.sql.types.DataType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The contract with Delta, half one: what Spark writes is read right. For each upgrade. */
class ReadsSparkTest {
  @TempDir Path folder;
  private Path table;
  private TableLog log;

  @BeforeEach
  void name() {
    table = folder.resolve("a table");
    log = log(table);
  }

  private void deletionVectors(boolean on) {
    sql("ALTER TABLE {} SET TBLPROPERTIES ('delta.enableDeletionVectors' = '" + on + "')", table);
  }

  private void merge(String change) {
    sql(
        "MERGE INTO {} t USING ("
            + change
            + ") c ON t.id = c.id WHEN MATCHED THEN DELETE"
            + " WHEN NOT MATCHED THEN INSERT (id, n) VALUES (c.id, c.n)",
        table);
  }

  @Test
  void aNewTableIsReadWithAllThatItSaysOfItself() {
    write(table, rows(1, 10), "overwrite", Map.of());
    sql("COMMENT ON TABLE {} IS 'What it is'", table);

    TableSnapshot snapshot = log.snapshot().orElseThrow();

    assertThat(log.version()).hasValue(1);
    assertThat(log.metadata().orElseThrow())
        .isEqualTo(
            new TableMetadata(
                1,
                snapshot.tableId(),
                snapshot.schemaJson(),
                snapshot.description(),
                snapshot.configuration(),
                snapshot.partitionColumns()));
    assertThat(snapshot.version()).isEqualTo(1);
    assertThat(snapshot.description()).isEqualTo("What it is");
    assertThat(DataType.fromJson(snapshot.schemaJson())).isEqualTo(SparkTables.SCHEMA);
    assertThat(snapshot.tableId())
        .isEqualTo(
            SparkTables.spark()
                .sql("DESCRIBE DETAIL delta.`" + table + "`")
                .head()
                .<String>getAs("id"));
    assertThat(snapshot.partitionColumns()).isEmpty();
    assertThat(snapshot.rows()).hasValue(10);
    assertThat(snapshot.files())
        .singleElement()
        .satisfies(
            file -> {
              assertThat(table.resolve(file.path())).hasSize(file.bytes());
              assertThat(file.in(new org.apache.hadoop.fs.Path(table.toUri())).toUri())
                  .hasPath(table.resolve(file.path()).toString());
              assertThat(file.deletionVector()).isEmpty();
            });
    assertThat(snapshot.bytes()).isEqualTo(snapshot.files().get(0).bytes());
  }

  @Test
  void anEarlierVersionIsReadAsItWas() {
    write(table, rows(1, 10), "overwrite", Map.of());
    write(table, rows(11, 15), "append", Map.of());
    write(table, rows(1, 2), "overwrite", Map.of());

    assertThat(log.snapshot(0).orElseThrow().rows()).hasValue(10);
    assertThat(log.snapshot(1).orElseThrow().rows()).hasValue(15);
    assertThat(log.snapshot(1).orElseThrow().files()).hasSize(2);
    assertThat(log.snapshot(2).orElseThrow().rows()).hasValue(2);
    assertThat(log.snapshot(3)).isEmpty();
  }

  @Test
  void partitionsAndPathsComeAsTheyAreOnDisk() {
    SparkTables.rows(1, 3)
        .selectExpr("n", "if(n = 1, null, concat(id, ' é/%')) AS id")
        .write()
        .format("delta")
        .partitionBy("id")
        .save(table.toString());

    TableSnapshot snapshot = log.snapshot().orElseThrow();

    assertThat(snapshot.partitionColumns()).containsExactly("id");
    assertThat(snapshot.files()).allSatisfy(f -> assertThat(table.resolve(f.path())).exists());
    assertThat(snapshot.files().stream().map(f -> f.partitionValues().get("id")))
        .containsExactlyInAnyOrder(null, "r2 é/%", "r3 é/%");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aMergeIsReadWithAndWithoutDeletionVectors(boolean vectors) {
    write(table, rows(1, 100), "overwrite", Map.of());
    deletionVectors(vectors);
    merge("SELECT 'r1' AS id, 1L AS n UNION ALL SELECT 'new', 5L UNION ALL SELECT 'r7', 7L");

    TableSnapshot snapshot = log.snapshot().orElseThrow();

    assertThat(snapshot.version()).isEqualTo(2);
    assertThat(snapshot.deletionVectorsEnabled()).isEqualTo(vectors);
    assertThat(snapshot.rows()).hasValue(99);
    assertThat(snapshot.files().stream().mapToLong(DataFile::deletedRows).sum())
        .isEqualTo(vectors ? 2 : 0);
    List<Long> deleted =
        snapshot.files().stream()
            .flatMap(file -> Arrays.stream(log.deletedPositions(file).orElseThrow()).boxed())
            .toList();
    assertThat(deleted).isEqualTo(vectors ? List.of(0L, 6L) : List.of());
    assertThat(log.info(2).orElseThrow())
        .satisfies(
            info -> {
              assertThat(info.operation()).isEqualTo("MERGE");
              assertThat(info.metric("numTargetRowsDeleted")).hasValue(2);
              assertThat(info.metric("numTargetRowsInserted")).hasValue(1);
              assertThat(info.engineInfo()).contains("Apache-Spark");
            });
  }

  @Tag("long")
  @Test
  void theFilesOfCommitsAreToldWithTheirDeletionVectors() {
    write(table, rows(1, 100), "overwrite", Map.of());
    deletionVectors(true);
    merge("SELECT 'r1' AS id, 1L AS n");
    merge("SELECT 'r2' AS id, 1L AS n");
    write(table, rows(200, 201), "append", Map.of());
    sql("OPTIMIZE {}", table);
    sql("ALTER TABLE {} ADD COLUMNS (more STRING)", table);

    List<CommitFiles> commits = log.changes(0, 6).orElseThrow();

    assertThat(commits).extracting(CommitFiles::version).containsExactly(1L, 2L, 3L, 4L, 5L, 6L);
    assertThat(commits.get(0).schemaJson()).contains(log.snapshot(0).orElseThrow().schemaJson());
    CommitFiles second = commits.get(2);
    assertThat(second.added())
        .singleElement()
        .satisfies(
            add -> {
              assertThat(add.dataChange()).isTrue();
              assertThat(log.deletedPositions(add.file()).orElseThrow()).containsExactly(0, 1);
            });
    assertThat(second.removed())
        .singleElement()
        .satisfies(
            gone -> {
              assertThat(gone.file().path()).isEqualTo(second.added().get(0).file().path());
              assertThat(gone.file().rows()).hasValue(99);
              assertThat(log.deletedPositions(gone.file()).orElseThrow()).containsExactly(0);
            });
    assertThat(commits.get(4).changesTable()).as("OPTIMIZE").isFalse();
    assertThat(commits.get(4).added()).isNotEmpty();
    assertThat(commits.get(5).schemaJson().orElseThrow()).contains("more");
    assertThat(log.changes(6, 6)).contains(List.of());
    assertThat(log.changes(5, 7)).isEmpty();
  }

  @Test
  void vacuumAndPropertiesAreCommitsWithoutFiles() {
    write(table, rows(1, 10), "overwrite", Map.of());
    write(table, rows(1, 5), "overwrite", Map.of());
    SparkTables.spark()
        .conf()
        .set("spark.databricks.delta.retentionDurationCheck.enabled", "false");
    sql("VACUUM {} RETAIN 0 HOURS", table);
    sql("ALTER TABLE {} SET TBLPROPERTIES ('mine' = 'yes')", table);

    TableSnapshot snapshot = log.snapshot().orElseThrow();

    assertThat(snapshot.rows()).hasValue(5);
    assertThat(snapshot.configuration()).containsEntry("mine", "yes");
    assertThat(log.info(2).orElseThrow().operation()).isEqualTo("VACUUM START");
    assertThat(log.info(3).orElseThrow().operation()).isEqualTo("VACUUM END");
    assertThat(log.info(4).orElseThrow().operation()).isEqualTo("SET TBLPROPERTIES");
  }

  @Test
  void aCommitOfSparksHasItsSignatureAndItsOwnIdentity() {
    String key = "spark.databricks.delta.commitInfo.userMetadata";
    SparkTables.spark().conf().set(key, "epic-fhir a run");
    try {
      write(table, rows(1, 10), "overwrite", Map.of());
    } finally {
      SparkTables.spark().conf().unset(key);
    }
    write(table, rows(1, 10), "append", Map.of());

    assertThat(log.info(0).orElseThrow().signedBy("epic-fhir ")).isTrue();
    assertThat(log.info(1).orElseThrow().signedBy("epic-fhir ")).isFalse();
    assertThat(log.identity(0)).isPresent().isNotEqualTo(log.identity(1));
    assertThat(log.info(2)).isEmpty();
  }

  @Test
  void cleanedCommitsAndLostHintsDoNoHarm() throws Exception {
    write(table, rows(1, 2), "overwrite", Map.of("delta.checkpointInterval", "10"));
    for (int i = 1; i <= 11; i++) {
      write(table, rows(10L * i, 10L * i), "append", Map.of());
    }
    Path of = table.resolve("_delta_log");
    assertThat(of.resolve("00000000000000000010.checkpoint.parquet")).exists();
    for (int version = 0; version <= 8; version++) {
      Files.delete(of.resolve("%020d.json".formatted(version)));
    }
    assertThat(log.snapshot().orElseThrow().rows()).hasValue(13);

    Files.delete(of.resolve("_last_checkpoint"));
    try (var files = Files.list(of)) {
      for (Path crc : files.filter(f -> f.toString().endsWith(".crc")).toList()) {
        Files.delete(crc);
      }
    }

    assertThat(log.version()).hasValue(11);
    assertThat(log.snapshot().orElseThrow().rows()).hasValue(13);
    assertThat(log.snapshot(10).orElseThrow().rows()).hasValue(12);
    assertThat(log.snapshot(9)).isEmpty();
    assertThat(log.snapshot(3)).isEmpty();
    assertThat(log.changes(9, 11).orElseThrow()).hasSize(2);
    assertThat(log.changes(7, 11)).isEmpty();
    assertThat(log.info(8)).isEmpty();
  }

  @Test
  void aFileWithoutACountLeavesTheRowsOpen() {
    String key = "spark.databricks.delta.stats.collect";
    SparkTables.spark().conf().set(key, "false");
    try {
      write(table, rows(1, 10), "overwrite", Map.of());
    } finally {
      SparkTables.spark().conf().unset(key);
    }

    assertThat(log.snapshot().orElseThrow().rows()).isEqualTo(OptionalLong.empty());
    assertThat(read(table)).hasSize(10);
  }

  /** The other way to read a table is Spark's; a value's text is the same by both. */
  @Test
  void aValueHasTheTextThatSparkGivesIt() {
    String types =
        "SELECT id, CAST(id AS INT) AS n, id %% 2 = 0 AS even, CAST(id AS DOUBLE) / 3 AS third,"
            + " date_add(DATE'0001-01-01', CAST(id AS INT) * 36500) AS day,"
            + " timestamp_micros(id * 61234567890123 - 62135596800000000) AS instant,"
            + " timestamp_seconds(id * 86400) AS whole,"
            + " array(timestamp_micros(id), NULL) AS instants,"
            + " CASE WHEN id > 3 THEN DATE'2024-02-29' END AS seldom FROM range(1, 100)";
    SparkTables.spark()
        .sql(types.replace("%%", "%"))
        .coalesce(1)
        .write()
        .format("delta")
        .save(table.toString());
    List<String> expected =
        SparkTables.spark()
            .read()
            .format("delta")
            .load(table.toString())
            .selectExpr(
                "concat_ws('|', id, n, even, third, day, instant, whole,"
                    + " coalesce(cast(instants[0] AS STRING), '-'),"
                    + " coalesce(cast(instants[1] AS STRING), '-'),"
                    + " coalesce(cast(seldom AS STRING), '-'))")
            .collectAsList()
            .stream()
            .map(row -> row.getString(0))
            .toList();
    TableRows rows = log.rows(0).orElseThrow();
    assertThat(rows.areTexts()).isTrue();

    List<String> texts = new java.util.ArrayList<>();
    rows.<RuntimeException>read(
        values -> {
          List<String> row = new java.util.ArrayList<>();
          for (Object value : values) {
            if (value instanceof List<?> list) {
              list.forEach(item -> row.add(text(item)));
            } else {
              row.add(text(value));
            }
          }
          texts.add(String.join("|", row));
        });

    assertThat(texts).hasSize(99).isEqualTo(expected);
  }

  private static String text(Object value) {
    return value == null
        ? "-"
        : new String((byte[]) value, java.nio.charset.StandardCharsets.UTF_8);
  }
}
