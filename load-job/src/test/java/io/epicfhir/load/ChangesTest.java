package io.epicfhir.load;

import static io.epicfhir.load.ViewTables.column;
import static io.epicfhir.load.ViewTables.plain;
import static io.epicfhir.load.ViewTables.plainRows;
import static io.epicfhir.load.ViewTables.row;
import static io.epicfhir.load.ViewTables.schema;
import static org.assertj.core.api.Assertions.assertThat;

import io.delta.tables.DeltaTable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.delta.DeltaLog;
import org.apache.spark.sql.types.DataTypes;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A table that follows its view by what changed, and is loaded whole where that is not known. */
class ChangesTest {
  private static final String RELATION = "SELECT '{}.a'::regclass::oid";

  @TempDir Path folder;

  private LoadRun loaded(int rows) throws Exception {
    LoadRun load = new LoadRun(folder);
    ViewTables.write(load.lake(), "a", plain(), plainRows(rows, "old"));
    ViewTables.deletionVectors(load.lake(), "a", true);
    assertThat(load.run()).isZero();
    return load;
  }

  private static String way(LoadRun load) throws Exception {
    return load.report().at("/result/tables/a/loaded").asText();
  }

  private static void assertSame(LoadRun load) throws Exception {
    List<String> rows =
        load.query("SELECT id, text, _resource_id FROM {}.a").stream().sorted().toList();
    assertThat(rows).isEqualTo(ViewTables.rows(load.lake(), "a"));
  }

  @Test
  void onlyChangedResourcesMoveAndTheTableStays() throws Exception {
    LoadRun load = loaded(100);
    List<String> relation = load.query(RELATION);
    List<Row> rows = List.of(row("r1", "new", "r1"), row("r200", "new", "r200"));
    ViewTables.merge(load.lake(), "a", plain(), List.of("r1", "r2", "r200"), rows);

    assertThat(load.run()).isZero();

    assertThat(way(load)).isEqualTo("changes");
    assertThat(load.query(RELATION)).isEqualTo(relation);
    assertSame(load);
    assertThat(load.query("SELECT count(*), count(*) FILTER (WHERE text = 'new') FROM {}.a"))
        .containsExactly("100|2");
    assertThat(load.report().at("/outputs/0/rows").asLong()).isEqualTo(4);
    assertThat(load.query("SELECT delta_version, rows FROM {}_state.load_state"))
        .containsExactly("2|100");
    assertThat(load.query("SELECT to_regclass('{}_state.a')")).containsExactly("null");
    assertThat(load.report().at("/run/host_class").asText())
        .as("few changes are copied without Spark")
        .doesNotContain("local[");
  }

  @Test
  void rowsThatAreFoundByIdAreAllFoundOrTheTableIsMadeAnew() throws Exception {
    LoadRun load = loaded(100);
    assertThat(load.query("SELECT indexdef FROM pg_indexes WHERE schemaname = '{}'"))
        .singleElement(InstanceOfAssertFactories.STRING)
        .endsWith("(id)");
    List<Row> another = List.of(row("r1", "new", "r1"), row("r1b", "new", "r1"));
    ViewTables.change(load.lake(), "a", plain(), List.of("r1"), another);
    assertThat(load.run()).isZero();
    assertThat(way(load)).as("r1b would not be found by id").isEqualTo("whole");
    assertSame(load);

    ViewTables.change(load.lake(), "a", plain(), List.of("r1"), List.of(row("r1c", "newer", "r1")));
    assertThat(load.run()).isZero();

    assertThat(way(load)).isEqualTo("changes");
    assertSame(load);
    assertThat(load.query("SELECT indexdef FROM pg_indexes WHERE schemaname = '{}'"))
        .hasSize(2)
        .anyMatch(index -> index.endsWith("(_resource_id)"));
  }

  @Test
  void severalCommitsAndAnOptimizeBetweenTwoLoads() throws Exception {
    LoadRun load = loaded(100);
    for (String text : List.of("first", "second")) {
      List<Row> rows = List.of(row("r1", text, "r1"), row("r101", text, "r101"));
      ViewTables.change(load.lake(), "a", plain(), List.of("r1", "r101"), rows);
      DeltaTable.forPath(ViewTables.spark(), load.lake().resolve("views/a").toString())
          .optimize()
          .executeCompaction();
    }

    assertThat(load.run()).isZero();

    assertThat(way(load)).isEqualTo("changes");
    assertSame(load);
  }

  @Test
  void onlyAnOptimizeMovesNothing() throws Exception {
    LoadRun load = loaded(100);
    ViewTables.change(load.lake(), "a", plain(), List.of("r1"), List.of());
    assertThat(load.run()).isZero();
    DeltaTable.forPath(ViewTables.spark(), load.lake().resolve("views/a").toString())
        .optimize()
        .executeCompaction();

    assertThat(load.run()).isZero();

    assertThat(way(load)).isEqualTo("changes");
    assertThat(load.report().at("/outputs/0/rows").asLong()).isZero();
    assertSame(load);
  }

  @Test
  void manyChangesMakeTheTableAnew() throws Exception {
    LoadRun load = loaded(100);
    List<String> ids = IntStream.range(0, 40).mapToObj(i -> "r" + i).toList();
    ViewTables.change(load.lake(), "a", plain(), ids, plainRows(40, "new"));

    assertThat(load.run()).isZero();

    assertThat(way(load)).isEqualTo("whole");
    assertSame(load);
  }

  @Test
  void aResourceOfWhichOnlySomeRowsWereRewrittenIsNotLost() throws Exception {
    LoadRun load = new LoadRun(folder);
    // Two files without deletion vectors; r3's rows lie in both, and one file is rewritten.
    ViewTables.write(load.lake(), "a", plain(), plainRows(200, "old"));
    List<Row> more = List.of(row("extra", "old", "r300"), row("more", "old", "r3"));
    ViewTables.spark()
        .createDataFrame(more, plain())
        .coalesce(1)
        .write()
        .format("delta")
        .mode("append")
        .save(load.lake().resolve("views/a").toString());
    assertThat(load.run()).isZero();
    ViewTables.deletionVectors(load.lake(), "a", false);
    ViewTables.change(load.lake(), "a", plain(), List.of("r300"), List.of());

    assertThat(load.run()).isZero();

    assertThat(way(load)).isEqualTo("whole");
    assertSame(load);
  }

  @Test
  void filesThatVacuumTookMakeTheTableAnew() throws Exception {
    LoadRun load = loaded(100);
    for (String text : List.of("x", "y")) {
      ViewTables.change(load.lake(), "a", plain(), List.of("r1"), List.of(row("r1", text, "r1")));
    }
    vacuum(load.lake().resolve("views/a"));

    assertThat(load.run()).isZero();

    assertThat(way(load)).isEqualTo("whole");
    assertSame(load);
  }

  /** What VACUUM does once the retention is over, without its many Spark tasks. */
  private static void vacuum(Path table) throws Exception {
    List<String> live =
        Arrays.stream(ViewTables.spark().read().format("delta").load(table.toString()).inputFiles())
            .map(file -> file.substring(file.lastIndexOf('/') + 1))
            .toList();
    try (var files = Files.list(table)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".parquet")).toList()) {
        if (!live.contains(file.getFileName().toString())) {
          Files.delete(file);
        }
      }
    }
  }

  @Test
  void aLogThatNoLongerReachesBackMakesTheTableAnew() throws Exception {
    LoadRun load = loaded(100);
    ViewTables.property(load.lake(), "a", "delta.checkpointInterval", "1");
    for (String text : List.of("x", "y")) {
      ViewTables.change(load.lake(), "a", plain(), List.of("r1"), List.of(row("r1", text, "r1")));
    }
    try (var commits = Files.list(load.lake().resolve("views/a/_delta_log"))) {
      for (Path commit : commits.filter(f -> f.toString().matches(".*0[0-3]\\.json")).toList()) {
        Files.delete(commit);
      }
    }
    DeltaLog.clearCache();

    assertThat(load.run()).isZero();

    assertThat(way(load)).isEqualTo("whole");
    assertSame(load);
  }

  @Test
  void aColumnThatSomebodyDroppedBringsTheTableBack() throws Exception {
    LoadRun load = loaded(100);
    load.execute("ALTER TABLE {}.a DROP COLUMN text");

    assertThat(load.run()).isZero();

    assertThat(way(load)).isEqualTo("whole");
    assertSame(load);
  }

  @Test
  void aTableOfAnOldDumpIsLoadedAnewAndTold() throws Exception {
    LoadRun load = loaded(100);
    load.execute("CREATE TABLE {}_state.copy AS SELECT * FROM {}.a");
    load.execute("CREATE TABLE {}_state.copy_state AS SELECT * FROM {}_state.load_state");
    ViewTables.change(load.lake(), "a", plain(), List.of("r1"), List.of(row("r1", "1", "r1")));
    assertThat(load.run()).isZero();
    ViewTables.change(load.lake(), "a", plain(), List.of("r2"), List.of(row("r2", "2", "r2")));
    load.execute(
        "TRUNCATE {}.a, {}_state.load_state; INSERT INTO {}.a SELECT * FROM {}_state.copy;"
            + " INSERT INTO {}_state.load_state SELECT * FROM {}_state.copy_state;"
            + " DROP TABLE {}_state.copy, {}_state.copy_state");

    assertThat(load.run()).isZero();

    assertThat(way(load)).isEqualTo("whole");
    assertThat(load.report().at("/result/warnings")).hasSize(1);
    assertSame(load);
  }

  @Test
  void whatWasRestoredComesBackRowByRow() throws Exception {
    LoadRun load = loaded(100);
    ViewTables.change(
        load.lake(), "a", plain(), List.of("r1", "r2"), List.of(row("r1", "x", "r1")));
    ViewTables.change(load.lake(), "a", plain(), List.of("r3"), List.of());
    assertThat(load.run()).isZero();
    DeltaTable.forPath(ViewTables.spark(), load.lake().resolve("views/a").toString())
        .restoreToVersion(1);

    assertThat(load.run()).isZero();

    assertThat(way(load)).isEqualTo("changes");
    assertSame(load);
    assertThat(load.query("SELECT count(*) FROM {}.a")).containsExactly("100");
  }

  @Test
  void filesWithDeletionVectorsThatWereRewrittenAreReadWithThem() throws Exception {
    LoadRun load = new LoadRun(folder);
    ViewTables.write(load.lake(), "a", plain(), plainRows(200, "old"));
    ViewTables.deletionVectors(load.lake(), "a", true);
    ViewTables.change(load.lake(), "a", plain(), List.of("r1"), List.of(row("r900", "1", "r900")));
    ViewTables.change(load.lake(), "a", plain(), List.of("r900"), List.of(row("y", "2", "r901")));
    assertThat(load.run()).isZero();
    ViewTables.change(load.lake(), "a", plain(), List.of("r901"), List.of(row("z", "3", "r902")));
    ViewTables.change(load.lake(), "a", plain(), List.of("r902"), List.of(row("r1", "4", "r1")));

    assertThat(load.run()).isZero();

    assertThat(way(load)).isEqualTo("changes");
    assertSame(load);
  }

  @Test
  void aPartitionedTableIsLoadedAsAWhole() throws Exception {
    LoadRun load = new LoadRun(folder);
    String path = load.lake().resolve("views/a").toString();
    var rows = ViewTables.spark().createDataFrame(plainRows(20, "old"), plain());
    rows.write().format("delta").partitionBy("text").save(path);
    assertThat(load.run()).isZero();
    rows.limit(1).write().format("delta").mode("append").save(path);

    assertThat(load.run()).isZero();

    assertThat(way(load)).isEqualTo("whole");
    assertSame(load);
  }

  @ParameterizedTest
  @ValueSource(longs = 1)
  void anyHistoryInAnyBatchesEndsInTheViewsRows(long seed) throws Exception {
    Random random = new Random(seed);
    LoadRun load = new LoadRun(folder);
    var schema =
        schema(
            column("id", DataTypes.StringType, "id"), column("text", DataTypes.StringType, "code"));
    ViewTables.write(load.lake(), "a", schema, plainRows(60, "old"));
    ViewTables.deletionVectors(load.lake(), "a", seed % 2 == 1);
    for (int commit = 0; commit < 4; commit++) {
      List<String> ids = new ArrayList<>();
      List<Row> rows = new ArrayList<>();
      for (int i = random.nextInt(6); i >= 0; i--) {
        String id = "r" + random.nextInt(70);
        if (!ids.contains(id)) {
          ids.add(id);
          for (int j = random.nextInt(3); j > 0; j--) {
            rows.add(row(id + "/" + j, "commit " + commit, id));
          }
        }
      }
      ViewTables.change(load.lake(), "a", schema, ids, rows);
      if (random.nextBoolean()) {
        assertThat(load.run()).isZero();
        assertSame(load);
      }
    }
    assertThat(load.run()).isZero();
    assertSame(load);
  }

  @Tag("long")
  @ParameterizedTest
  @ValueSource(longs = {2, 3, 4})
  void soDoOtherHistories(long seed) throws Exception {
    anyHistoryInAnyBatchesEndsInTheViewsRows(seed);
  }
}
