package io.epicfhir.load;

import static io.epicfhir.load.ViewTables.column;
import static io.epicfhir.load.ViewTables.plain;
import static io.epicfhir.load.ViewTables.plainRows;
import static io.epicfhir.load.ViewTables.row;
import static io.epicfhir.load.ViewTables.schema;
import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.ChildJvm;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What others put on a table, and what becomes of it when the table is loaded whole. */
class StandingTest {
  private static final StructType WITH_MORE =
      schema(
          column("id", DataTypes.StringType, "id"),
          column("text", DataTypes.StringType, "string"),
          column("amount", DataTypes.StringType, "decimal"));

  private static final StructType TEXT_AS_DECIMAL =
      schema(
          column("id", DataTypes.StringType, "id"),
          column("text", DataTypes.StringType, "decimal"));

  @TempDir Path folder;
  private LoadRun load;

  @BeforeEach
  void aLoadedTable() throws Exception {
    load = new LoadRun(folder);
    ViewTables.write(load.lake(), "a", plain(), plainRows(3, "old"));
    assertThat(load.run()).isZero();
  }

  @Test
  void sqlViewsOnItSurviveAndSeeTheNewRows() throws Exception {
    load.execute("CREATE VIEW {}.report AS SELECT text FROM {}.a");
    load.execute("CREATE VIEW {}.report_of_it AS SELECT count(*) AS n FROM {}.report");
    ViewTables.write(load.lake(), "a", plain(), plainRows(5, "new"));

    assertThat(load.run()).isZero();

    assertThat(load.query("SELECT DISTINCT text FROM {}.report")).containsExactly("new");
    assertThat(load.query("SELECT n FROM {}.report_of_it")).containsExactly("5");
    assertThat(load.report().at("/result/tables/a/rows").asLong()).isEqualTo(5);
  }

  @Test
  void aTableThatIsAskedForIsLoadedAnewWhateverItHolds() throws Exception {
    List<String> relation = load.query("SELECT '{}.a'::regclass::oid");
    assertThat(load.run()).isZero();
    assertThat(load.query("SELECT '{}.a'::regclass::oid")).isEqualTo(relation);

    assertThat(load.run("--views", "a")).isZero();

    assertThat(load.query("SELECT '{}.a'::regclass::oid")).isNotEqualTo(relation);
    assertThat(load.report().at("/result/tables/a/loaded").asText()).isEqualTo("whole");
    assertThat(load.report().at("/run/host_class").asText())
        .as("three rows are copied without Spark")
        .doesNotContain("local[");
  }

  @Test
  void aTableThatIsNotThereCannotBeAskedFor() throws Exception {
    assertThat(load.run("--views", "a,b")).isEqualTo(2);
    assertThat(load.error())
        .isEqualTo("Cannot reload the table b: the lake has no such table; use one of a");
  }

  /** They are somebody's archive; the table's are only the view's. */
  @Test
  void rowsOfATableThatInheritsFromItAreNotTouched() throws Exception {
    load.execute(
        "CREATE TABLE {}.archive (note text) INHERITS ({}.a);"
            + " INSERT INTO {}.archive VALUES ('r1', 'mine', 'r1', 'precious')");
    assertThat(load.run()).isZero();
    assertThat(load.report().at("/result/tables/a/loaded").asText()).isEqualTo("none");
    ViewTables.write(load.lake(), "a", plain(), plainRows(40, "new"));
    ViewTables.deletionVectors(load.lake(), "a", true);
    assertThat(load.run()).as(() -> load.error()).isZero();
    assertThat(load.report().at("/result/tables/a/loaded").asText()).isEqualTo("whole");
    ViewTables.change(load.lake(), "a", plain(), List.of("r1"), List.of(row("r1", null, "r1")));

    assertThat(load.run()).as(() -> load.error()).isZero();

    assertThat(load.report().at("/result/tables/a/loaded").asText()).isEqualTo("changes");
    assertThat(load.report().at("/result/tables/a/null_share/text").asDouble())
        .as("of 40 rows")
        .isEqualTo(0.025);
    assertThat(load.query("SELECT * FROM {}.archive")).containsExactly("r1|mine|r1|precious");
    assertThat(load.query("SELECT count(*), count(text) FROM ONLY {}.a")).containsExactly("40|39");
  }

  @Test
  void aColumnThatIsAddedAppearsUnderASqlView() throws Exception {
    load.execute("CREATE VIEW {}.report AS SELECT * FROM {}.a");
    ViewTables.write(load.lake(), "a", WITH_MORE, List.of(row("r", "t", "1.50", "r")));

    assertThat(load.run()).isZero();

    assertThat(load.query("SELECT id, text, amount FROM {}.a")).containsExactly("r|t|1.50");
    assertThat(load.query("SELECT * FROM {}.report")).containsExactly("r|t|r");
  }

  @Test
  void aColumnThatAPartitionCannotGetIsToldWithWhatToDo() throws Exception {
    load.execute(
        "CREATE TABLE {}.parent (id text, text text, _resource_id text) PARTITION BY LIST (text);"
            + " ALTER TABLE {}.parent ATTACH PARTITION {}.a DEFAULT");
    ViewTables.write(load.lake(), "a", WITH_MORE, List.of(row("r", "t", "1.50", "r")));

    assertThat(load.run()).isEqualTo(3);

    assertThat(load.error())
        .contains("its view has new columns (amount)", "detach the table")
        .doesNotContain("rename or drop");
  }

  /** As in a new table; and the next load knows the comment for its own. */
  @Test
  void aColumnThatIsAddedToATableThatStaysHasCommentAndIndex() throws Exception {
    load.execute("CREATE VIEW {}.report AS SELECT id FROM {}.a");
    load.execute("COMMENT ON COLUMN {}.a.text IS 'mine'");
    for (String type : List.of("string", "uri")) {
      StructType more =
          schema(
              column("id", DataTypes.StringType, "id"),
              column("text", DataTypes.StringType, "string"),
              column("ward_id", DataTypes.StringType, type));
      ViewTables.write(load.lake(), "a", more, List.of(row("r", "t", "w" + type, "r")));

      assertThat(load.run()).as(() -> load.error()).isZero();

      assertThat(
              load.query(
                  "SELECT col_description(attrelid, attnum) LIKE '%The ward_id of it%' FROM"
                      + " pg_attribute WHERE attrelid = '{}.a'::regclass AND attname = 'ward_id'"))
          .containsExactly("t");
      assertThat(load.query("SELECT indexname FROM pg_indexes WHERE schemaname = '{}' ORDER BY 1"))
          .containsExactly("a_pkey", "a_ward_id_idx");
    }
    assertThat(
            load.query("SELECT jsonb_exists(comments::jsonb, 'ward_id') FROM {}_state.load_state"))
        .containsExactly("t");
    assertThat(load.query("SELECT col_description('{}.a'::regclass, 2)")).containsExactly("mine");
  }

  /** A column, its index and the rows each come in a transaction of their own. */
  @ParameterizedTest
  @ValueSource(strings = {"load.committed:1", "load.committed:2"})
  void soHasOneWhoseLoadWasKilledOnItsWay(String point) throws Exception {
    load.execute("CREATE VIEW {}.report AS SELECT id FROM {}.a");
    StructType more =
        schema(
            column("id", DataTypes.StringType, "id"),
            column("text", DataTypes.StringType, "string"),
            column("ward_id", DataTypes.StringType, "id"));
    ViewTables.write(load.lake(), "a", more, List.of(row("r", "t", "w", "r")));
    Process killed = load.start(List.of("-Xmx768m"), List.of("-Depicfhir.failpoint=" + point));
    assertThat(killed.waitFor()).isEqualTo(ChildJvm.KILLED);

    assertThat(load.run()).as(() -> load.error()).isZero();

    assertThat(load.query("SELECT ward_id FROM {}.a")).containsExactly("w");
    assertThat(
            load.query(
                "SELECT indexname, indisvalid FROM pg_indexes JOIN pg_index"
                    + " ON indexrelid = to_regclass(format('%I.%I', schemaname, indexname))"
                    + " WHERE schemaname = '{}' ORDER BY 1"))
        .containsExactly("a_pkey|t", "a_ward_id_idx|t");
    assertThat(
            load.query("SELECT jsonb_exists(comments::jsonb, 'ward_id') FROM {}_state.load_state"))
        .containsExactly("t");
  }

  /** An analyst's own index on it is enough, and her comment stays hers. */
  @Test
  void aColumnThatSomebodyAddedBeforeItsViewGetsAnIndexIfItHasNone() throws Exception {
    load.execute("CREATE VIEW {}.report AS SELECT id FROM {}.a");
    load.execute("ALTER TABLE {}.a ADD ward_id text, ADD bed_id text");
    load.execute("CREATE INDEX mine ON {}.a (ward_id)");
    load.execute("COMMENT ON COLUMN {}.a.ward_id IS 'mine'");
    StructType more =
        schema(
            column("id", DataTypes.StringType, "id"),
            column("text", DataTypes.StringType, "string"),
            column("ward_id", DataTypes.StringType, "id"),
            column("bed_id", DataTypes.StringType, "id"));
    ViewTables.write(load.lake(), "a", more, List.of(row("r", "t", "w", "b", "r")));

    assertThat(load.run()).as(() -> load.error()).isZero();

    assertThat(load.query("SELECT indexname FROM pg_indexes WHERE schemaname = '{}' ORDER BY 1"))
        .containsExactly("a_bed_id_idx", "a_pkey", "mine");
    assertThat(
            load.query("SELECT jsonb_exists(comments::jsonb, 'ward_id') FROM {}_state.load_state"))
        .containsExactly("f");
  }

  @Test
  void aRemovedColumnStaysEmptyUntilTold() throws Exception {
    ViewTables.write(load.lake(), "a", WITH_MORE, List.of(row("r", "t", "1.50", "r")));
    assertThat(load.run()).isZero();
    ViewTables.write(load.lake(), "a", plain(), List.of(row("r", "new", "r")));

    assertThat(load.run()).isZero();
    assertThat(load.query("SELECT id, text, _resource_id, amount FROM {}.a"))
        .containsExactly("r|new|r|null");
    assertThat(load.report().at("/notes/0").asText())
        .contains("keeps the column amount", "load.removed-columns = drop");
    assertThat(load.query("SELECT col_description('{}.a'::regclass, 4)"))
        .containsExactly("No longer in the view; always empty");

    load.with("removed-columns", "drop");
    ViewTables.write(load.lake(), "a", plain(), List.of(row("r", "newest", "r")));
    assertThat(load.run()).isZero();
    assertThat(load.query("SELECT * FROM {}.a")).containsExactly("r|newest|r");
  }

  /** A column may be called anything, and its comment is its author's. */
  @ParameterizedTest
  @ValueSource(strings = {"Reviewed by", "größe", "a-b", "say \"hi\""})
  void aColumnOfSomebodysStaysWithItsCommentWhateverItsName(String name) throws Exception {
    String quoted = '"' + name.replace("\"", "\"\"") + '"';
    load.execute("ALTER TABLE {}.a ADD " + quoted + " text");
    load.execute("COMMENT ON COLUMN {}.a." + quoted + " IS 'see the wiki'");
    for (String text : List.of("new", "newer")) {
      ViewTables.write(load.lake(), "a", plain(), List.of(row("r", text, "r")));
      assertThat(load.run()).as(() -> load.error()).isZero();
    }

    assertThat(load.query("SELECT text, " + quoted + " FROM {}.a")).containsExactly("newer|null");
    assertThat(load.query("SELECT col_description('{}.a'::regclass, 4)"))
        .containsExactly("see the wiki");
  }

  /** It has no default that uses it, and would go with the table. */
  @Test
  void aSequenceThatBelongsToAColumnStays() throws Exception {
    load.execute("CREATE SEQUENCE {}.numbers OWNED BY {}.a.id");
    ViewTables.write(load.lake(), "a", plain(), plainRows(4, "new"));

    assertThat(load.run()).isZero();

    assertThat(load.query("SELECT nextval('{}.numbers'), (SELECT count(*) FROM {}.a)"))
        .containsExactly("1|4");
  }

  @Test
  void aRetypedColumnIsMadeAnew() throws Exception {
    ViewTables.write(load.lake(), "a", TEXT_AS_DECIMAL, List.of(row("r", "1.50", "r")));

    assertThat(load.run()).isZero();

    assertThat(load.query("SELECT text, pg_typeof(text) FROM {}.a"))
        .containsExactly("1.50|numeric");
  }

  @Test
  void anIndexThatTheNewColumnsDoNotTakeIsToldOf() throws Exception {
    load.execute("CREATE INDEX by_text ON {}.a (lower(text))");
    ViewTables.write(load.lake(), "a", TEXT_AS_DECIMAL, List.of(row("r", "1.50", "r")));

    assertThat(load.run()).isZero();

    assertThat(load.report().at("/notes/0").asText())
        .contains(
            ".a was loaded without an index that PostgreSQL cannot build on its rows or columns",
            "by_text")
        .doesNotContain("lower");
    assertThat(load.query("SELECT text FROM {}.a")).containsExactly("1.50");
  }

  @Test
  void othersIndexesAndRightsToColumnsComeAlong() throws Exception {
    String clerk = load.schema() + "_clerk";
    load.execute("CREATE ROLE " + clerk);
    load.execute("GRANT SELECT (id) ON {}.a TO " + clerk);
    load.execute("GRANT UPDATE ON {}.a TO " + clerk + " WITH GRANT OPTION");
    load.execute("CREATE INDEX by_text ON {}.a (lower(text)) WHERE text IS NOT NULL");
    ViewTables.write(load.lake(), "a", plain(), plainRows(4, "new"));

    assertThat(load.run()).isZero();
    ViewTables.write(load.lake(), "a", plain(), plainRows(5, "newer"));
    assertThat(load.run()).isZero();

    assertThat(
            load.query(
                "SELECT count(*) FROM pg_indexes WHERE schemaname = '{}'"
                    + " AND indexdef LIKE '%lower(text)%WHERE%'"))
        .containsExactly("1");
    assertThat(
            load.query(
                "SELECT has_column_privilege('%s', '{}.a', 'id', 'SELECT'),".formatted(clerk)
                    + " has_column_privilege('%s', '{}.a', 'text', 'SELECT'),".formatted(clerk)
                    + " has_table_privilege('%s', '{}.a', 'UPDATE WITH GRANT OPTION')"
                        .formatted(clerk)))
        .containsExactly("t|f|t");
  }

  @Test
  void aLoaderWithoutSuperuserLoadsAndTheReaderRoleReads() throws Exception {
    LoadRun plain = new LoadRun(folder);
    String loader = plain.schema() + "_loader";
    String reader = plain.schema() + "_reader";
    plain.execute("CREATE ROLE " + loader + " LOGIN; CREATE ROLE " + reader);
    plain.execute("GRANT CREATE ON DATABASE postgres TO " + loader);
    plain.with("user", loader).with("reader-role", reader);

    for (String text : List.of("first", "second")) {
      ViewTables.write(plain.lake(), "a", plain(), plainRows(3, text));
      assertThat(plain.run()).isZero();
    }

    assertThat(
            plain.query(
                "SELECT has_table_privilege('%s', '{}.a', 'SELECT'),".formatted(reader)
                    + " has_schema_privilege('%s', '{}', 'USAGE'), rolsuper".formatted(reader)
                    + " FROM pg_roles WHERE rolname = '%s'".formatted(loader)))
        .containsExactly("t|t|f");
  }
}
