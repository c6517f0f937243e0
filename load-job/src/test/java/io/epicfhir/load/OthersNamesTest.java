package io.epicfhir.load;

import static io.epicfhir.load.ViewTables.column;
import static io.epicfhir.load.ViewTables.plain;
import static io.epicfhir.load.ViewTables.plainRows;
import static io.epicfhir.load.ViewTables.row;
import static io.epicfhir.load.ViewTables.schema;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.types.DataTypes;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Names in the target schema that tables, indexes and others' objects would share. */
class OthersNamesTest {
  @TempDir Path folder;
  private LoadRun load;

  @BeforeEach
  void aLake() {
    load = new LoadRun(folder);
  }

  private void loadedTwice(String... views) throws Exception {
    for (int i = 0; i < 2; i++) {
      assertThat(load.run("--views", String.join(",", views))).as(() -> load.error()).isZero();
    }
  }

  private List<String> indexes() throws Exception {
    return load.query(
        "SELECT indexname FROM pg_indexes WHERE schemaname = '{}' ORDER BY indexname");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4})
  void indexesOfTwoTablesWhoseNamesMeet(int copies) throws Exception {
    load.with("parallel-copies", "" + copies);
    ViewTables.write(
        load.lake(),
        "encounter",
        schema(
            column("id", DataTypes.StringType, "id"),
            column("diagnosis_condition_id", DataTypes.StringType, "string")),
        List.of(row("a", "b", "a")));
    ViewTables.write(
        load.lake(),
        "encounter_diagnosis",
        schema(
            column("id", DataTypes.StringType, "id"),
            column("condition_id", DataTypes.StringType, "string")),
        List.of(row("a", "b", "a")));

    loadedTwice("encounter", "encounter_diagnosis");

    assertThat(indexes())
        .containsExactly(
            "encounter_diagnosis_condition_id_idx",
            "encounter_diagnosis_condition_id_idx1",
            "encounter_diagnosis_pkey",
            "encounter_pkey");
  }

  @Test
  void aTableWhoseNameAnotherTablesIndexHas() throws Exception {
    ViewTables.write(load.lake(), "obs", plain(), plainRows(3, "x"));
    ViewTables.write(load.lake(), "obs_pkey", plain(), plainRows(4, "x"));

    loadedTwice("obs", "obs_pkey");

    assertThat(load.query("SELECT count(*) FROM {}.obs_pkey")).containsExactly("4");
    assertThat(indexes()).containsExactly("obs_pkey1", "obs_pkey_pkey");
  }

  @Test
  void aTableThatSomebodyRenamedKeepsItsIndexes() throws Exception {
    ViewTables.write(load.lake(), "a", plain(), plainRows(3, "x"));
    assertThat(load.run()).isZero();
    load.execute("ALTER TABLE {}.a RENAME TO a_of_yesterday");

    loadedTwice("a");

    assertThat(indexes()).containsExactly("a_pkey", "a_pkey1");
  }

  @Test
  void anIndexOfSomebodyElseThatHasTheKeysName() throws Exception {
    load.execute(
        "CREATE SCHEMA {}; CREATE TABLE {}.own (id text); CREATE INDEX a_pkey ON {}.own (id)");
    ViewTables.write(load.lake(), "a", plain(), plainRows(3, "x"));

    loadedTwice("a");

    assertThat(indexes()).containsExactly("a_pkey", "a_pkey1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      value = {
        "CREATE VIEW {}.a AS SELECT * FROM {}.base ! a view",
        "CREATE MATERIALIZED VIEW {}.a AS SELECT * FROM {}.base ! a materialized view",
        "CREATE SEQUENCE {}.a ! a sequence",
        "CREATE TYPE {}.a AS (id text) ! a composite type",
        "CREATE TYPE {}.a AS ENUM ('x') ! a type",
        "CREATE INDEX a ON {}.base (id) ! an index"
      })
  void whatElseStandsUnderATablesNameIsNamedAndStays(String sql, String what) throws Exception {
    load.execute(
        "CREATE SCHEMA {}; CREATE TABLE {}.base (id text, text text, _resource_id text);"
            + " INSERT INTO {}.base VALUES ('x', 'y', 'x')");
    load.execute(sql);
    ViewTables.write(load.lake(), "a", plain(), plainRows(3, "x"));
    ViewTables.write(load.lake(), "z", plain(), plainRows(3, "x"));

    assertThat(load.run()).isEqualTo(3);

    assertThat(load.error())
        .isEqualTo(
            "Cannot load %s.a: %s already has that name; rename or drop it, then rerun"
                .formatted(load.schema(), what));
    assertThat(load.query("SELECT * FROM {}.base")).containsExactly("x|y|x");
    assertThat(load.query("SELECT count(*) FROM {}.z")).containsExactly("3");
  }

  @Test
  void whatElseStandsInTheStateSchemaIsToldToo() throws Exception {
    load.execute("CREATE SCHEMA {}_state; CREATE VIEW {}_state.a AS SELECT 1");
    ViewTables.write(load.lake(), "a", plain(), plainRows(3, "x"));

    assertThat(load.run()).isEqualTo(3);

    assertThat(load.error())
        .contains(
            "\"a\" is not a table", "another object has the name of a table: rename or drop it");
  }

  @Test
  void anEventTriggerThatForbidsTheSwapIsNamed() throws Exception {
    ViewTables.write(load.lake(), "a", plain(), plainRows(3, "old"));
    assertThat(load.run()).isZero();
    load.execute(
        """
        CREATE FUNCTION {}.no_drop() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
          IF EXISTS (SELECT FROM pg_event_trigger_dropped_objects() WHERE schema_name = '{}')
          THEN RAISE EXCEPTION 'no drops here'; END IF; END $$;
        CREATE EVENT TRIGGER {}_no_drop ON sql_drop EXECUTE FUNCTION {}.no_drop()""");
    try {
      ViewTables.write(load.lake(), "a", plain(), plainRows(3, "new"));

      assertThat(load.run()).isEqualTo(5);

      assertThat(load.error())
          .contains("a trigger or function refused it: %s.no_drop".formatted(load.schema()))
          .doesNotContain("column");
    } finally {
      load.execute("DROP EVENT TRIGGER {}_no_drop");
    }
  }
}
