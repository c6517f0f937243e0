package io.epicfhir.common.delta;

import static io.epicfhir.common.delta.SparkTables.definition;
import static io.epicfhir.common.delta.SparkTables.file;
import static io.epicfhir.common.delta.SparkTables.log;
import static io.epicfhir.common.delta.SparkTables.read;
import static io.epicfhir.common.delta.SparkTables.rows;
import static io.epicfhir.common.delta.SparkTables.spark;
import static io.epicfhir.common.delta.SparkTables.sql;
import static io.epicfhir.common.delta.SparkTables.write;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The contract with Delta, half two: what is committed here, Spark takes. For each upgrade. */
class WritesForSparkTest {
  private static final Map<String, String> NO_VALUES_IN_THE_LOG =
      Map.of("delta.dataSkippingNumIndexedCols", "0");
  private static final Map<String, String> VECTORS =
      Map.of("delta.dataSkippingNumIndexedCols", "0", "delta.enableDeletionVectors", "true");

  @TempDir Path folder;
  private Path table;
  private TableLog log;

  @BeforeEach
  void name() {
    table = folder.resolve("a table");
    log = log(table);
  }

  private void merge() {
    sql(
        "MERGE INTO {} t USING (SELECT 'r1' AS id, 1L AS n UNION ALL SELECT 'new', 5L) c"
            + " ON t.id = c.id WHEN MATCHED THEN DELETE"
            + " WHEN NOT MATCHED THEN INSERT (id, n) VALUES (c.id, c.n)",
        table);
  }

  private String commit(long version) throws Exception {
    return Files.readString(table.resolve("_delta_log/%020d.json".formatted(version)));
  }

  @Test
  void aCreatedTableIsReadWithItsColumnsOwnMetadata() throws Exception {
    assertThat(
            log.create(definition(NO_VALUES_IN_THE_LOG), List.of(file(table, 1, 3)), "epic-fhir x"))
        .isZero();

    assertThat(read(table)).containsExactly("r1=1", "r2=2", "r3=3");
    assertThat(spark().read().format("delta").load(table.toString()).schema())
        .isEqualTo(SparkTables.SCHEMA);
    Row detail = spark().sql("DESCRIBE DETAIL delta.`" + table + "`").head();
    assertThat(detail.<String>getAs("description")).isEqualTo("A table's own comment");
    assertThat(detail.<Long>getAs("numFiles")).isEqualTo(1);
    assertThat(detail.<Integer>getAs("minReaderVersion")).isEqualTo(1);
    assertThat(detail.<Integer>getAs("minWriterVersion")).isEqualTo(2);
    assertThat(commit(0)).contains("\"stats\":\"{\\\"numRecords\\\":3}\"");
    TableSnapshot snapshot = log.snapshot().orElseThrow();
    assertThat(snapshot.schemaJson()).isEqualTo(SparkTables.SCHEMA.json());
    assertThat(snapshot.description()).isEqualTo("A table's own comment");
    assertThat(snapshot.rows()).hasValue(3);
  }

  @Test
  void itsHistorySaysWhoAskedAndHowMuchCame() throws Exception {
    log.create(definition(NO_VALUES_IN_THE_LOG), List.of(file(table, 1, 3)), "epic-fhir x");

    Row history = spark().sql("DESCRIBE HISTORY delta.`" + table + "`").head();

    assertThat(history.<String>getAs("operation")).isEqualTo("CREATE TABLE");
    assertThat(history.<String>getAs("userMetadata")).isEqualTo("epic-fhir x");
    assertThat(history.<String>getAs("engineInfo")).startsWith("Kernel-").endsWith("/epic-fhir");
    assertThat(history.getJavaMap(history.fieldIndex("operationMetrics")))
        .containsEntry("numOutputRows", "3")
        .containsEntry("numFiles", "1");
    CommitInfo info = log.info(0).orElseThrow();
    assertThat(info.signedBy("epic-fhir ")).isTrue();
    assertThat(info.metric("numOutputRows")).hasValue(3);
    assertThat(commit(0)).contains("\"txnId\":\"" + info.identity() + "\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"at creation", "later", "never"})
  void itTakesMergesAndOptimizes(String vectors) throws Exception {
    log.create(
        definition(vectors.equals("at creation") ? VECTORS : NO_VALUES_IN_THE_LOG),
        List.of(file(table, 1, 100), file(table, 200, 201)),
        "s");
    if (vectors.equals("later")) {
      assertThat(log.setProperties(Map.of("delta.enableDeletionVectors", "true"), "s")).isOne();
      assertThat(log.info(1).orElseThrow().operation()).isEqualTo("SET TBLPROPERTIES");
    }

    merge();

    TableSnapshot merged = log.snapshot().orElseThrow();
    assertThat(merged.rows()).hasValue(102);
    assertThat(merged.files().stream().mapToLong(DataFile::deletedRows).sum())
        .isEqualTo(vectors.equals("never") ? 0 : 1);
    sql("OPTIMIZE {}", table);
    sql("DELETE FROM {} WHERE id = 'r2'", table);
    assertThat(read(table)).hasSize(101).contains("new=5").doesNotContain("r1=1", "r2=2");
    assertThat(log.snapshot().orElseThrow().rows()).hasValue(101);
    assertThat(log.snapshot().orElseThrow().schemaJson()).isEqualTo(SparkTables.SCHEMA.json());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aTableOfSparksIsChangedAndReplaced(boolean vectors) throws Exception {
    write(
        table,
        rows(1, 100),
        "overwrite",
        Map.of("delta.enableDeletionVectors", String.valueOf(vectors)));
    merge();
    TableSnapshot before = log.snapshot().orElseThrow();

    long changed = log.change(1, List.of(file(table, 500, 501)), before.files(), "epic-fhir c");

    assertThat(changed).isEqualTo(2);
    assertThat(read(table)).containsExactly("r500=500", "r501=501");
    TableSnapshot after = log.snapshot().orElseThrow();
    assertThat(after.tableId()).isEqualTo(before.tableId());
    CommitFiles commit = log.changes(1, 2).orElseThrow().get(0);
    assertThat(commit.removed().stream().map(CommitFiles.Change::file))
        .containsExactlyInAnyOrderElementsOf(before.files());
    assertThat(log.info(2).orElseThrow().metric("numRemovedFiles")).hasValue(before.files().size());

    StructType wider =
        SparkTables.SCHEMA.add(DataTypes.createStructField("more", DataTypes.StringType, true));
    long replaced =
        log.replace(
            new TableDefinition(wider.json(), "Another", NO_VALUES_IN_THE_LOG, List.of()),
            List.of(file(table, 7, 7)),
            "epic-fhir r");

    assertThat(replaced).isEqualTo(3);
    assertThat(read(table)).containsExactly("r7=7");
    assertThat(spark().read().format("delta").load(table.toString()).schema()).isEqualTo(wider);
    TableSnapshot another = log.snapshot().orElseThrow();
    assertThat(another.tableId()).isNotEqualTo(before.tableId());
    assertThat(another.configuration()).isEqualTo(NO_VALUES_IN_THE_LOG);
    assertThat(another.description()).isEqualTo("Another");
    assertThat(log.info(3).orElseThrow().operation()).isEqualTo("REPLACE TABLE");
    assertThat(log.snapshot(2).orElseThrow().rows()).hasValue(2);
    merge();
    assertThat(read(table)).containsExactly("new=5", "r1=1", "r7=7");
  }

  @Test
  void anAppendToATableWithDeletionVectorsLeavesThem() throws Exception {
    log.create(definition(VECTORS), List.of(file(table, 1, 100)), "s");
    merge();

    log.change(1, List.of(file(table, 300, 301)), List.of(), "s");

    assertThat(log.snapshot().orElseThrow().rows()).hasValue(102);
    assertThat(read(table)).hasSize(102).doesNotContain("r1=1");
  }

  @Test
  void afterTenCommitsThereIsACheckpointThatSparkReads() throws Exception {
    log.create(definition(VECTORS), List.of(file(table, 1, 100)), "s");
    merge();
    for (int i = 2; i <= 11; i++) {
      log.change(i - 1, List.of(file(table, 1000 + i, 1000 + i)), List.of(), "s");
    }
    Path of = table.resolve("_delta_log");
    assertThat(of.resolve("00000000000000000010.checkpoint.parquet")).exists();
    assertThat(of.resolve("_last_checkpoint")).exists();
    assertThat(of.resolve("00000000000000000011.crc")).exists();
    for (int version = 0; version <= 9; version++) {
      Files.delete(of.resolve("%020d.json".formatted(version)));
      Files.deleteIfExists(of.resolve("%020d.crc".formatted(version)));
    }

    assertThat(read(table)).hasSize(110).doesNotContain("r1=1");
    assertThat(log.snapshot().orElseThrow().rows()).hasValue(110);
    merge();
    assertThat(log.snapshot().orElseThrow().description()).isEqualTo("A table's own comment");
    Files.delete(of.resolve("_last_checkpoint"));
    assertThat(log.snapshot().orElseThrow().rows()).hasValue(110);
  }

  @Test
  void partitionsAreReadByTheirValues() throws Exception {
    TableDefinition byId =
        new TableDefinition(SparkTables.SCHEMA.json(), "", NO_VALUES_IN_THE_LOG, List.of("id"));
    String value = "a b/é%";
    log.create(
        byId,
        List.of(
            file(table, "id=a b", Map.of("id", value), rows(1, 2).drop("id"), 2),
            file(
                table,
                "id=none",
                java.util.Collections.singletonMap("id", null),
                rows(3, 3).drop("id"),
                1)),
        "s");

    assertThat(read(table)).containsExactly("a b/é%=1", "a b/é%=2", "null=3");
    assertThat(log.snapshot().orElseThrow().files()).hasSize(2);
    write(table, rows(9, 9), "append", Map.of());
    assertThat(read(table)).contains("r9=9").hasSize(4);
  }

  @Test
  void onlyNamedRangesStandInTheLogAndSkipFiles() throws Exception {
    NewFile plain = file(table, 1, 3);
    log.create(
        definition(Map.of("delta.dataSkippingStatsColumns", "n")),
        List.of(
            new NewFile(
                plain.path(),
                plain.partitionValues(),
                plain.bytes(),
                plain.rows(),
                plain.modifiedMillis(),
                Map.of("n", new NewFile.Range(1, 3)))),
        "s");

    assertThat(commit(0))
        .contains("\\\"minValues\\\":{\\\"n\\\":1},\\\"maxValues\\\":{\\\"n\\\":3}")
        .doesNotContain("r1");
    assertThat(spark().read().format("delta").load(table.toString()).where("n > 5").inputFiles())
        .isEmpty();
  }

  @Test
  void anApplicationFindsItsNumberAgain() throws Exception {
    log.create(definition(Map.of()), List.of(), "s");
    assertThat(log.transaction("app")).isEmpty();

    log.change(
        0,
        List.of(file(table, 1, 1)),
        CopiedRows.NONE,
        List.of(),
        List.of(),
        "s",
        Optional.of(new AppTransaction("app", 7)));
    log.change(1, List.of(file(table, 2, 2)), List.of(), "s");

    assertThat(log.transaction("app")).hasValue(7);
    assertThat(log.transaction("other")).isEmpty();
    assertThat(read(table)).hasSize(2);
  }
}
