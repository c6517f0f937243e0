package io.epicfhir.load;

import static io.epicfhir.load.ViewTables.column;
import static io.epicfhir.load.ViewTables.plain;
import static io.epicfhir.load.ViewTables.row;
import static io.epicfhir.load.ViewTables.schema;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An index that somebody made and that cannot hold a value is no reason to have no rows. */
class UnfitIndexesTest {
  private static final StructType LISTS =
      schema(
          column("id", DataTypes.StringType, "id"),
          column("text", DataTypes.StringType, "string"),
          column("codes", DataTypes.createArrayType(DataTypes.StringType), "string"));

  /** Too long for a page of any index, and nothing that could be compressed. */
  private static final String LONG =
      new Random(1)
          .ints(9_000, '!', 'z')
          .mapToObj(Character::toString)
          .collect(Collectors.joining());

  @TempDir Path folder;
  private LoadRun load;

  @BeforeEach
  void aLake() {
    load = new LoadRun(folder);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CREATE INDEX own ON {}.a (text)",
        "CREATE INDEX own ON {}.a USING gin (codes)",
        "CREATE INDEX own ON {}.a USING brin (text)",
        "CREATE INDEX own ON {}.a ((text::numeric))"
      })
  void isLeftOutWhereTheRowsAreWrittenInTheirPlace(String index) throws Exception {
    ViewTables.write(load.lake(), "a", LISTS, List.of(row("r1", "12", List.of("x"), "r1")));
    assertThat(load.run()).isZero();
    load.execute(index);
    load.execute("CREATE INDEX other ON {}.a (length(text))");
    load.execute("CREATE VIEW {}.report AS SELECT id FROM {}.a");
    ViewTables.write(load.lake(), "a", LISTS, List.of(row("r1", LONG, List.of(LONG), "r1")));

    assertThat(load.run()).as(() -> load.error()).isZero();

    assertThat(load.report().at("/notes/0").asText())
        .isEqualTo(
            load.schema() + ".a was loaded without the index own, because the rows violate it");
    assertThat(load.query("SELECT length(text) FROM {}.a")).containsExactly("9000");
    assertThat(load.query("SELECT indexname FROM pg_indexes WHERE schemaname = '{}' ORDER BY 1"))
        .containsExactly("a_pkey", "other");
    assertThat(load.run()).isZero();
    assertThat(load.report().at("/notes/0").asText())
        .startsWith(
            load.schema() + ".a lacks own, because the rows of an earlier load violated it.");

    ViewTables.write(load.lake(), "a", LISTS, List.of(row("r1", "13", List.of("x"), "r1")));
    assertThat(load.run()).as(() -> load.error()).isZero();
    assertThat(load.report().at("/notes").toString()).contains(load.schema() + ".a has own again");
    assertThat(load.query("SELECT indexname FROM pg_indexes WHERE schemaname = '{}' ORDER BY 1"))
        .containsExactly("a_pkey", "other", "own");
    assertThat(load.run()).isZero();
    assertThat(load.report().at("/notes").toString()).doesNotContain("lacks");
  }

  /** Its column came with the rows. Nobody but the pipeline can be asked to correct anything. */
  @Test
  void oneOfOursIsNotTakenForSomebodyElses() throws Exception {
    ViewTables.write(load.lake(), "a", plain(), List.of(row("r1", "x", "r1")));
    assertThat(load.run()).isZero();
    load.execute("CREATE VIEW {}.report AS SELECT id FROM {}.a");
    StructType more =
        schema(
            column("id", DataTypes.StringType, "id"),
            column("text", DataTypes.StringType, "string"),
            column("other_id", DataTypes.StringType, "id"));
    ViewTables.write(load.lake(), "a", more, List.of(row("r1", "x", LONG, "r1")));

    assertThat(load.run()).as(() -> load.error()).isZero();

    assertThat(load.report().at("/notes").toString())
        .contains(load.schema() + ".a was loaded without the index a_other_id_idx");
    assertThat(load.query("SELECT length(other_id) FROM {}.a")).containsExactly("9000");
    assertThat(load.query("SELECT count(*) FROM {}_state.left_out")).containsExactly("0");
    assertThat(load.run()).isZero();
    assertThat(load.report().at("/notes").toString()).doesNotContain("lacks");
  }

  /** A UNIQUE of an analyst: as an index it meets a new table, as a constraint new rows. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "CREATE UNIQUE INDEX own ON {}.a (text)",
        "ALTER TABLE {}.a ADD CONSTRAINT own UNIQUE (text)"
      })
  void comesBackAsSoonAsTheRowsFit(String unique) throws Exception {
    ViewTables.write(load.lake(), "a", plain(), List.of(row("r1", "x", "r1")));
    assertThat(load.run()).isZero();
    load.execute(unique);
    String there = "SELECT indisunique FROM pg_index WHERE indexrelid = to_regclass('{}.own')";
    for (String text : List.of("x", "y", "z")) {
      boolean fits = !text.equals("x");
      ViewTables.write(
          load.lake(), "a", plain(), List.of(row("r1", "x", "r1"), row("r2", text, "r2")));
      assertThat(load.run()).as(() -> load.error()).isZero();
      assertThat(load.query(there)).isEqualTo(fits ? List.of("t") : List.of());
      assertThat(load.query("SELECT count(*) FROM {}_state.left_out"))
          .containsExactly(fits ? "0" : "1");
    }
  }

  /** A view of more than 8 MiB, whose indexes are made side by side. */
  private static List<Row> many(String otherIdOfOne) {
    Random random = new Random(2);
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 1_500; i++) {
      String text =
          random.ints(9_000, '!', 'z').mapToObj(Character::toString).collect(Collectors.joining());
      rows.add(row("r" + i, "p" + i % 7, i == 700 ? otherIdOfOne : null, text, "r" + i));
    }
    return rows;
  }

  @Test
  void ofManyRowsOnlyTheOneThatDoesNotFitIsLeftOut() throws Exception {
    StructType columns =
        schema(
            column("id", DataTypes.StringType, "id"),
            column("patient_id", DataTypes.StringType, "id"),
            column("other_id", DataTypes.StringType, "id"),
            column("text", DataTypes.StringType, "string"));
    String names = "SELECT indexname FROM pg_indexes WHERE schemaname = '{}' ORDER BY 1";
    ViewTables.write(load.lake(), "a", columns, many(LONG));

    assertThat(load.run()).as(() -> load.error()).isZero();

    assertThat(load.report().at("/notes/0").asText())
        .isEqualTo(
            load.schema()
                + ".a was loaded without an index that PostgreSQL cannot build on its rows or"
                + " columns (SQLSTATE 54000): on column other_id");
    assertThat(load.query(names)).containsExactly("a_patient_id_idx", "a_pkey");
    assertThat(load.query("SELECT count(*), count(DISTINCT text), max(length(other_id)) FROM {}.a"))
        .containsExactly("1500|1500|9000");

    load.execute("CREATE INDEX own ON {}.a (length(text))");
    ViewTables.write(load.lake(), "a", columns, many("o"));
    assertThat(load.run()).as(() -> load.error()).isZero();

    assertThat(load.query(names))
        .containsExactly("a_other_id_idx", "a_patient_id_idx", "a_pkey", "own");
    assertThat(load.query("SELECT id, patient_id FROM {}.a WHERE other_id = 'o'"))
        .containsExactly("r700|p0");
  }

  /** Also not one of a column that comes in the same load. */
  @ParameterizedTest
  @ValueSource(ints = {3, 1_500})
  void oneThatDoesNotFitCostsNoOtherItsName(int count) throws Exception {
    List<StructField> fields = new ArrayList<>();
    for (String name : List.of("id", "patient_id", "other_id", "third_id", "text")) {
      fields.add(column(name, DataTypes.StringType, "string"));
    }
    String names = "SELECT indexname FROM pg_indexes WHERE schemaname = '{}' ORDER BY 1";
    ViewTables.write(
        load.lake(), "a", schema(fields.toArray(StructField[]::new)), wide(count, 3, "o"));
    assertThat(load.run()).as(() -> load.error()).isZero();
    load.execute("CREATE INDEX own ON {}.a (length(text))");
    fields.add(column("ward_id", DataTypes.StringType, "string"));
    StructType more = schema(fields.toArray(StructField[]::new));
    ViewTables.write(load.lake(), "a", more, wide(count, 4, LONG));

    assertThat(load.run()).as(() -> load.error()).isZero();

    assertThat(load.query(names))
        .containsExactly("a_patient_id_idx", "a_pkey", "a_third_id_idx", "a_ward_id_idx", "own");
    assertThat(load.report().at("/notes").toString()).contains("54000").doesNotContain("42P07");
    ViewTables.write(load.lake(), "a", more, wide(count, 4, "o"));
    assertThat(load.run()).as(() -> load.error()).isZero();
    assertThat(load.query(names))
        .containsExactly(
            "a_other_id_idx",
            "a_patient_id_idx",
            "a_pkey",
            "a_third_id_idx",
            "a_ward_id_idx",
            "own");
  }

  /** So many keys a row; with 1,500 rows a view of more than 8 MiB. */
  private static List<Row> wide(int count, int keys, String otherIdOfOne) {
    Random random = new Random(3);
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String text =
          random.ints(9_000, '!', 'z').mapToObj(Character::toString).collect(Collectors.joining());
      List<Object> row =
          new ArrayList<>(List.of("r" + i, "p", i == 1 ? otherIdOfOne : "o", "t", text));
      if (keys > 3) {
        row.add("w");
      }
      row.add("r" + i);
      rows.add(row(row.toArray()));
    }
    return rows;
  }

  /** Whoever relied on the UNIQUE must not hear that it is back. */
  @ParameterizedTest
  @CsvSource({
    "'CREATE INDEX own ON {}.a (id)', another table or index has its name",
    "'CREATE TABLE {}.own ()', another table or index has its name",
    "'', its column is gone"
  })
  void oneThatCannotComeBackIsGivenUp(String inTheWay, String why) throws Exception {
    load.with("removed-columns", "drop");
    ViewTables.write(load.lake(), "a", plain(), List.of(row("r1", "x", "r1")));
    assertThat(load.run()).isZero();
    load.execute("CREATE UNIQUE INDEX own ON {}.a (text)");
    ViewTables.write(
        load.lake(), "a", plain(), List.of(row("r1", "x", "r1"), row("r2", "x", "r2")));
    assertThat(load.run()).isZero();
    assertThat(load.query("SELECT name FROM {}_state.left_out")).containsExactly("own");
    load.execute(inTheWay.isEmpty() ? "SELECT 1" : inTheWay);
    if (inTheWay.isEmpty()) {
      ViewTables.write(
          load.lake(),
          "a",
          schema(column("id", DataTypes.StringType, "id")),
          List.of(row("r1", "r1")));
    } else {
      ViewTables.write(load.lake(), "a", plain(), List.of(row("r1", "x", "r1")));
    }

    assertThat(load.run()).as(() -> load.error()).isZero();

    assertThat(load.report().at("/notes").toString())
        .contains("Cannot create the index own of " + load.schema() + ".a again: " + why)
        .doesNotContain("has own again");
    assertThat(load.query("SELECT count(*) FROM {}_state.left_out")).containsExactly("0");
    assertThat(load.run()).isZero();
    assertThat(load.report().at("/notes").toString()).doesNotContain("own");
  }

  /** An index's definition may name a patient. */
  @Test
  void isKnownByItsNameOnly() throws Exception {
    ViewTables.write(load.lake(), "a", plain(), List.of(row("r1", "MRN-1234", "r1")));
    assertThat(load.run()).isZero();
    load.execute("CREATE UNIQUE INDEX one ON {}.a (text) WHERE text = 'MRN-1234'");
    ViewTables.write(
        load.lake(),
        "a",
        plain(),
        List.of(row("r1", "MRN-1234", "r1"), row("r2", "MRN-1234", "r2")));

    assertThat(load.run()).isZero();

    assertThat(load.report().at("/notes/0").asText()).endsWith("(SQLSTATE 23505): one");
    assertThat(load.report().toString()).doesNotContain("MRN-1234");
  }
}
