package io.epicfhir.load;

import static io.epicfhir.load.ViewTables.column;
import static io.epicfhir.load.ViewTables.plain;
import static io.epicfhir.load.ViewTables.plainRows;
import static io.epicfhir.load.ViewTables.row;
import static io.epicfhir.load.ViewTables.schema;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.common.ColumnMetadata;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.MetadataBuilder;
import org.apache.spark.sql.types.StructField;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoadTest {
  @TempDir Path folder;

  @Nested
  class OnceLoaded {
    @Test
    void aTableHasTheRowsTheKeysTheCommentsAndTheStatistics() throws Exception {
      LoadRun load = new LoadRun(folder);
      var schema =
          schema(
              column("id", DataTypes.StringType, "id"),
              column("patient_id", DataTypes.StringType, "string"));
      ViewTables.create(load.lake(), "condition", schema, "Problems, one a row: 'all' of them");
      ViewTables.write(
          load.lake(), "condition", schema, List.of(row("c1", "p1", "c1"), row("c2", "p1", "c2")));

      assertThat(load.run()).isZero();

      assertThat(load.query("SELECT * FROM {}.condition ORDER BY id"))
          .containsExactly("c1|p1|c1", "c2|p1|c2");
      assertThat(
              load.query(
                  "SELECT indexdef FROM pg_indexes WHERE schemaname = '{}' ORDER BY indexname"))
          .as("the resource is the id, and needs no index of its own")
          .hasSize(2)
          .anyMatch(i -> i.matches("CREATE UNIQUE INDEX condition_pkey .*\\(id\\)"))
          .anyMatch(i -> i.endsWith("(patient_id)"));
      assertThat(
              load.query(
                  "SELECT obj_description('{}.condition'::regclass),"
                      + " col_description('{}.condition'::regclass, 2)"))
          .containsExactly(
              "Problems, one a row: 'all' of them|The patient_id of it, as it's sent\nFHIR patient_id: string");
      assertThat(
              load.query(
                  "SELECT reltuples, relpersistence FROM pg_class"
                      + " WHERE oid = '{}.condition'::regclass"))
          .containsExactly("2|p");
    }

    @Test
    void theReportSaysWhatStandsWhere() throws Exception {
      LoadRun load = new LoadRun(folder);
      ViewTables.write(load.lake(), "a", plain(), plainRows(3, "x"));
      ViewTables.write(load.lake(), "b", plain(), List.of());

      assertThat(load.run()).isZero();

      JsonNode report = load.report();
      assertThat(report.at("/result/tables/a").toString())
          .isEqualTo(
              "{\"rows\":3,\"view_rows\":3,\"delta_version\":0,\"changed\":true,"
                  + "\"loaded\":\"whole\","
                  + "\"null_share\":{\"id\":0.0,\"text\":0.0,\"_resource_id\":0.0}}");
      assertThat(report.at("/result/tables/b/rows").asLong(-1)).isZero();
      assertThat(report.at("/outputs/0/name").asText()).isEqualTo(load.schema() + ".a");
      assertThat(report.at("/outputs/0/rows").asLong()).isEqualTo(3);
      // A head of 19 bytes, three rows of a count and three values with their lengths, an end of 2.
      assertThat(report.at("/outputs/0/bytes").asLong())
          .isEqualTo(19 + 3L * (2 + 3 * 4 + "r0xr0".length()) + 2);
      assertThat(report.at("/timers/load.a/count").asLong()).isEqualTo(1);
      assertThat(report.at("/counters/load.rows").asLong()).isEqualTo(3);
      assertThat(
              load.query(
                  "SELECT target_schema, view, delta_version, rows, run_key"
                      + " FROM {}_state.load_state ORDER BY view"))
          .containsExactly(load.schema() + "|a|0|3|d/r", load.schema() + "|b|0|0|d/r");
    }

    @Test
    void aSecondRunWithNothingNewWritesNothing() throws Exception {
      LoadRun load = new LoadRun(folder);
      ViewTables.write(load.lake(), "a", plain(), plainRows(3, "x"));
      assertThat(load.run()).isZero();
      String state =
          "SELECT '{}.a'::regclass::oid, (SELECT max(xmin::text) FROM {}.a),"
              + " (SELECT string_agg(xmin::text || loaded_at, ',') FROM {}_state.load_state)";
      List<String> before = load.query(state);

      assertThat(load.run()).isZero();

      assertThat(load.query(state)).isEqualTo(before);
      assertThat(load.report().at("/result/tables/a/changed").asBoolean(true)).isFalse();
      assertThat(load.report().at("/result/tables/a/rows").asLong()).isEqualTo(3);
      assertThat(load.report().at("/outputs")).isEmpty();
    }

    @Test
    void changedRowsTakeTheirPlaceAndRightsStay() throws Exception {
      LoadRun load = new LoadRun(folder);
      ViewTables.write(load.lake(), "a", plain(), plainRows(3, "old"));
      assertThat(load.run()).isZero();
      load.execute("GRANT SELECT ON {}.a TO PUBLIC");
      ViewTables.write(load.lake(), "a", plain(), plainRows(4, "new"));

      assertThat(load.run()).isZero();

      assertThat(load.query("SELECT count(*), min(text) FROM {}.a")).containsExactly("4|new");
      assertThat(load.report().at("/result/tables/a/delta_version").asLong()).isEqualTo(1);
      assertThat(
              load.query(
                  "SELECT grantee, privilege_type FROM information_schema.table_privileges"
                      + " WHERE table_schema = '{}' AND grantee = 'PUBLIC'"))
          .containsExactly("PUBLIC|SELECT");
      assertThat(load.query("SELECT to_regclass('{}_state.a')")).containsExactly("null");
    }

    @Test
    void aTableThatSomebodyEmptiedIsLoadedAnewAndSaidSo() throws Exception {
      LoadRun load = new LoadRun(folder);
      ViewTables.write(load.lake(), "a", plain(), plainRows(3, "x"));
      assertThat(load.run()).isZero();
      load.execute("TRUNCATE {}.a");

      assertThat(load.run()).isZero();

      assertThat(load.query("SELECT count(*) FROM {}.a")).containsExactly("3");
      assertThat(load.report().at("/notes/0").asText())
          .startsWith("Someone else changed " + load.schema() + ".a between ")
          .endsWith(
              "the table has 0 rows, but 3 were loaded. It was reloaded in full. Find out who else writes to it.");
    }

    @Test
    void columnsThatTheViewAsksForGetAnIndex() throws Exception {
      LoadRun load = new LoadRun(folder);
      Metadata index = new MetadataBuilder().putBoolean(ColumnMetadata.INDEX, true).build();
      var texts = DataTypes.createArrayType(DataTypes.StringType);
      ViewTables.write(
          load.lake(),
          "a",
          schema(
              new StructField("at", DataTypes.StringType, true, index),
              new StructField("codes", texts, true, index),
              column("text", DataTypes.StringType, "string")),
          List.of(row("2024", List.of("a", "b"), "x", "r")));

      assertThat(load.run()).isZero();

      assertThat(load.query("SELECT indexdef FROM pg_indexes WHERE schemaname = '{}'"))
          .hasSize(3)
          .anyMatch(i -> i.endsWith("USING btree (at)"))
          .anyMatch(i -> i.endsWith("USING gin (codes)"));
    }

    @Test
    void anIndexOfAColumnWithoutAnyValueHasNoEntryForEachRow() throws Exception {
      LoadRun load = new LoadRun(folder);
      var columns =
          schema(
              column("id", DataTypes.StringType, "id"),
              column("patient_id", DataTypes.StringType, "id"),
              column("device_id", DataTypes.StringType, "id"));
      ViewTables.write(
          load.lake(), "a", columns, List.of(row("a", "p", null, "a"), row("b", null, null, "b")));
      assertThat(load.run()).isZero();
      String device = "SELECT indexdef FROM pg_indexes WHERE indexname = 'a_device_id_idx'";
      String own = device + " AND schemaname = '{}'";
      assertThat(load.query(own))
          .singleElement(InstanceOfAssertFactories.STRING)
          .endsWith("(device_id) WHERE (device_id IS NOT NULL)");
      assertThat(load.query(own.replace("device", "patient")))
          .singleElement(InstanceOfAssertFactories.STRING)
          .endsWith("(patient_id)");

      ViewTables.write(load.lake(), "a", columns, List.of(row("a", "p", "d", "a")));
      assertThat(load.run("--views", "a")).isZero();

      assertThat(load.query("SELECT indexname FROM pg_indexes WHERE schemaname = '{}' ORDER BY 1"))
          .as("one is enough")
          .containsExactly("a_device_id_idx", "a_patient_id_idx", "a_pkey");
    }

    @Test
    void idsThatRepeatGetAPlainIndex() throws Exception {
      LoadRun load = new LoadRun(folder);
      ViewTables.write(load.lake(), "a", plain(), List.of(row("r", "1", "r"), row("r", "2", "r")));

      assertThat(load.run()).isZero();

      assertThat(load.query("SELECT indexdef FROM pg_indexes WHERE schemaname = '{}'"))
          .hasSize(1)
          .noneMatch(i -> i.contains("UNIQUE"));
    }
  }

  @Test
  void readersSeeOneTableOrTheOtherAndNoError() throws Exception {
    LoadRun load = new LoadRun(folder);
    ViewTables.write(load.lake(), "a", plain(), plainRows(500, "v0"));
    assertThat(load.run()).isZero();
    try (Reader reader = new Reader(load.schema())) {
      for (int version = 1; version <= 4; version++) {
        ViewTables.write(load.lake(), "a", plain(), plainRows(500 + version, "v" + version));
        assertThat(load.run()).isZero();
      }
      assertThat(reader.seen()).contains("500 v0 v0").isSubsetOf(expected());
      assertThat(reader.failures()).isEmpty();
    }
  }

  private static List<String> expected() {
    return List.of("500 v0 v0", "501 v1 v1", "502 v2 v2", "503 v3 v3", "504 v4 v4");
  }

  @Test
  void namesThatAreWordsOfSqlAreQuoted() throws IOException, SQLException {
    LoadRun load = new LoadRun(folder);
    ViewTables.write(
        load.lake(),
        "Order",
        schema(column("select", DataTypes.StringType, "string")),
        List.of(row("x", "r")));

    assertThat(load.run()).isZero();

    assertThat(load.query("SELECT \"select\" FROM {}.\"Order\"")).containsExactly("x");
  }
}
