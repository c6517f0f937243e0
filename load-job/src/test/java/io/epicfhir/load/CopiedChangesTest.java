package io.epicfhir.load;

import static io.epicfhir.load.ViewTables.plain;
import static io.epicfhir.load.ViewTables.plainRows;
import static io.epicfhir.load.ViewTables.row;
import static org.apache.spark.sql.functions.col;
import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.delta.CopiedRows;
import io.epicfhir.common.delta.TableLog;
import io.epicfhir.common.delta.TableSnapshot;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.LakePaths;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.roaringbitmap.RoaringBitmap;

/** Tables without deletion vectors, whose files are copied where some of their rows go. */
class CopiedChangesTest {
  @TempDir Path folder;

  private LoadRun start(List<Row> rows) throws Exception {
    LoadRun load = new LoadRun(folder);
    ViewTables.write(load.lake(), "a", plain(), plainRows(4, "view"));
    ViewTables.writeTable(load.lake().resolve("joined/j"), plain(), rows);
    assertThat(load.run()).isZero();
    return load;
  }

  /** As JoinedBuild does without deletion vectors: the rows of some ids go, others come. */
  private static void copying(LoadRun load, List<String> ids, List<Row> come) throws Exception {
    Path table = load.lake().resolve("joined/j");
    Lake files = new Lake(new LakePaths(table.getParent().toUri().toString()), new Configuration());
    TableLog log = TableLog.of(files, new org.apache.hadoop.fs.Path(table.toUri()));
    TableSnapshot now = log.snapshot().orElseThrow();
    String[] paths =
        now.files().stream().map(f -> table.resolve(f.path()).toString()).toArray(String[]::new);
    Dataset<Row> all =
        ViewTables.spark()
            .read()
            .schema(plain())
            .parquet(paths)
            .select(
                col("id"),
                col("text"),
                col("_resource_id"),
                col("_metadata.file_name"),
                col("_metadata.row_index"));
    Map<String, RoaringBitmap> leftOut = new HashMap<>();
    now.files().forEach(f -> leftOut.put(f.path(), new RoaringBitmap()));
    List<Row> stay = new ArrayList<>();
    for (Row each : all.collectAsList()) {
      if (ids.contains(each.getString(0))) {
        leftOut.get(each.getString(3)).add((int) each.getLong(4));
      } else {
        stay.add(row(each.get(0), each.get(1), each.get(2)));
      }
    }
    log.change(
        now.version(),
        List.of(ViewChange.write(table, plain(), come)),
        new CopiedRows(List.of(ViewChange.write(table, plain(), stay)), leftOut),
        now.files(),
        List.of(),
        "test");
  }

  private static void same(LoadRun load) throws Exception {
    List<String> expected =
        ViewTables.spark()
            .read()
            .format("delta")
            .load(load.lake().resolve("joined/j").toString())
            .collectAsList()
            .stream()
            .map(r -> r.mkString("|"))
            .sorted()
            .toList();
    assertThat(load.query("SELECT id, text, _resource_id FROM {}.j").stream().sorted().toList())
        .isEqualTo(expected);
  }

  @Test
  void aRowWithoutAResourceIsReplaced() throws Exception {
    List<Row> rows = new ArrayList<>(plainRows(40, "old"));
    rows.add(row("n1", "old", null));
    LoadRun load = start(rows);
    copying(load, List.of("n1", "r3"), List.of(row("n1", "new", null), row("r3", "new", "r3")));
    assertThat(load.run()).isZero();
    same(load);
  }

  @Test
  void onlyTheRowsThatChangedAreTaken() throws Exception {
    LoadRun load = start(plainRows(40, "old"));
    copying(load, List.of("r3"), List.of(row("r3", "new", "r3")));
    assertThat(load.run()).isZero();
    assertThat(load.report().at("/result/joined/j/loaded").asText()).isEqualTo("changes");
    same(load);
  }

  @Test
  void aRowWhoseIdIsNotItsResourceIsReplaced() throws Exception {
    List<Row> rows = new ArrayList<>(plainRows(40, "old"));
    rows.add(row("r5", "two", "r5"));
    LoadRun load = start(rows);
    copying(load, List.of("r1"), List.of(row("r1", "new", "r1"), row("r1b", "new", "r1")));
    assertThat(load.run()).isZero();
    same(load);
    copying(load, List.of("r1b"), List.of(row("r1b", "newer", "r1")));
    assertThat(load.run()).isZero();
    same(load);
  }

  @Test
  void rowsThatMovedBetweenTwoLoadsAreAsInTheLake() throws Exception {
    LoadRun load = start(new ArrayList<>(plainRows(60, "old")));
    copying(load, List.of("r1"), List.of(row("r1", "1", "r1"), row("r61", "1", "r61")));
    copying(load, List.of("r2"), List.of(row("r2", "2", "r2")));
    copying(load, List.of("r61"), List.of(row("r62", "3", "r62")));
    copying(load, List.of("r2"), List.of(row("r2", "4", "r2"), row("r2", "5", "r2")));
    assertThat(load.run()).isZero();
    same(load);
    copying(load, List.of("r2"), List.of(row("r1", "6", "r1x")));
    ViewTables.spark().sql("OPTIMIZE delta.`" + load.lake().resolve("joined/j") + "`");
    copying(load, List.of("r1"), List.of(row("r1", "7", "r1")));
    assertThat(load.run()).isZero();
    same(load);
  }
}
