package io.epicfhir.load;

import static io.epicfhir.load.ViewTables.column;
import static io.epicfhir.load.ViewTables.plain;
import static io.epicfhir.load.ViewTables.plainRows;
import static io.epicfhir.load.ViewTables.row;
import static io.epicfhir.load.ViewTables.schema;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.sql.types.DataTypes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tables of few rows are loaded several at a time, and nothing tells but the clock. */
class SideBySideTest {
  private static final int TABLES = 6;

  @TempDir Path folder;

  private static List<String> names() {
    return IntStream.range(0, TABLES).mapToObj("t%02d"::formatted).toList();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4})
  void eachHasItsRowsAndTheReportNamesThemInOrder(int copies) throws Exception {
    LoadRun load = new LoadRun(folder).with("parallel-copies", "" + copies);
    for (int i = 0; i < TABLES; i++) {
      ViewTables.write(load.lake(), names().get(i), plain(), plainRows(i * i, "v" + i));
    }

    assertThat(load.run()).isZero();

    JsonNode report = load.report();
    List<String> told = new ArrayList<>();
    report.at("/result/tables").fieldNames().forEachRemaining(told::add);
    assertThat(told).isEqualTo(names());
    assertThat(report.at("/outputs").findValuesAsText("name"))
        .isEqualTo(names().stream().map(name -> load.schema() + "." + name).toList());
    for (int i = 0; i < TABLES; i++) {
      String table = names().get(i);
      assertThat(load.query("SELECT count(*), count(DISTINCT id) FROM {}." + table))
          .containsExactly(i * i + "|" + i * i);
      assertThat(
              load.query("SELECT DISTINCT text FROM {}." + table + " WHERE text !~ '^v" + i + "'"))
          .isEmpty();
    }
    assertThat(load.query("SELECT sum(rows), count(*) FROM {}_state.load_state"))
        .containsExactly("55|6");
  }

  /** Of several that PostgreSQL refuses, the values of each are judged by themselves. */
  @Test
  void thoseThatFailStopNoOther() throws Exception {
    LoadRun load = new LoadRun(folder).with("parallel-copies", "4");
    var dates =
        schema(
            column("id", DataTypes.StringType, "id"),
            column("born", DataTypes.StringType, "date", "DATE"));
    for (int i = 0; i < TABLES; i++) {
      String born = i % 3 == 0 ? "2024-02-3" + (i % 2) : "2024-02-28";
      ViewTables.write(
          load.lake(),
          names().get(i),
          dates,
          List.of(row("r" + i, born, "r" + i), row("s", "2024-01-01", "s")));
    }

    assertThat(load.run()).isEqualTo(5);

    assertThat(load.report().at("/result/refused_views").properties().stream().map(e -> e.getKey()))
        .containsExactly("t00", "t03");
    assertThat(load.query("SELECT view, resource_id, value FROM {}_state.refused_value ORDER BY 1"))
        .containsExactly("t00|r0|2024-02-30", "t03|r3|2024-02-31");
    assertThat(load.query("SELECT view, rows FROM {}_state.load_state ORDER BY view"))
        .containsExactly("t01|2", "t02|2", "t04|2", "t05|2");
  }
}
