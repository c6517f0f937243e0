package io.epicfhir.load;

import static io.epicfhir.load.ViewTables.plain;
import static io.epicfhir.load.ViewTables.plainRows;
import static io.epicfhir.load.ViewTables.row;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A table that is replicated keeps its place: a subscriber would lose the rows of a new one. */
class PublicationsTest {
  @TempDir Path folder;
  private LoadRun load;

  @BeforeEach
  void aLake() {
    load = new LoadRun(folder);
  }

  @AfterEach
  void end() throws Exception {
    load.execute("DROP PUBLICATION IF EXISTS {}_all");
  }

  private String oid() throws Exception {
    return load.query("SELECT '{}.a'::regclass::oid").get(0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"FOR TABLE {}.a", "FOR TABLES IN SCHEMA {}", "FOR ALL TABLES"})
  void itsRowsAreReplacedInTheirPlace(String tables) throws Exception {
    ViewTables.write(load.lake(), "a", plain(), plainRows(3, "old"));
    assertThat(load.run()).isZero();
    load.execute("CREATE PUBLICATION {}_all " + tables);
    String before = oid();
    ViewTables.write(load.lake(), "a", plain(), plainRows(3, "new"));

    assertThat(load.run()).as(() -> load.error()).isZero();

    assertThat(oid()).isEqualTo(before);
    assertThat(load.query("SELECT DISTINCT text FROM {}.a")).containsExactly("new");
  }

  @ParameterizedTest
  @ValueSource(strings = {"FOR TABLE {}.a", "FOR ALL TABLES"})
  void oneWhoseIdsRepeatIsTheKeyOfItself(String tables) throws Exception {
    ViewTables.write(load.lake(), "a", plain(), twice("old"));
    assertThat(load.run()).isZero();
    load.execute("CREATE PUBLICATION {}_all " + tables);
    for (String text : List.of("new", "newer")) {
      ViewTables.write(load.lake(), "a", plain(), twice(text));
      assertThat(load.run()).as(() -> load.error()).isZero();
    }

    assertThat(load.query("SELECT relreplident FROM pg_class WHERE oid = '{}.a'::regclass"))
        .containsExactly("f");
    assertThat(load.query("SELECT DISTINCT text FROM {}.a")).containsExactly("newer");
  }

  /** PostgreSQL takes no deletes there (since 15): of a row's old values it knows the key only. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aPublicationThatItsRowsDoNotFitIsToldWithWhatToDo(boolean columns) throws Exception {
    ViewTables.write(load.lake(), "a", plain(), columns ? twice("old") : plainRows(3, "old"));
    assertThat(load.run()).isZero();
    load.execute(
        "CREATE PUBLICATION {}_all FOR TABLE {}.a " + (columns ? "(id)" : "WHERE (text = 'old')"));
    ViewTables.write(load.lake(), "a", plain(), columns ? twice("new") : plainRows(3, "new"));

    assertThat(load.run()).isEqualTo(3);

    assertThat(load.error())
        .contains("pg_publication_tables", "REPLICA IDENTITY")
        .doesNotContain("report this as a bug");
    assertThat(load.query("SELECT DISTINCT text FROM {}.a")).containsExactly("old");
  }

  private static List<Row> twice(String text) {
    return List.of(row("r", text, "r"), row("r", text, "r"));
  }

  @Test
  void thePipelinesOwnTablesAreWrittenAlsoWhereAllArePublished() throws Exception {
    load.execute("CREATE PUBLICATION {}_all FOR ALL TABLES");
    ViewTables.write(load.lake(), "a", plain(), plainRows(3, "x"));
    assertThat(load.run()).as(() -> load.error()).isZero();

    assertThat(
            load.query(
                "SELECT relname FROM pg_class WHERE relnamespace = '{}_state'::regnamespace AND"
                    + " relkind = 'r' AND relreplident = 'd' AND NOT EXISTS (SELECT FROM pg_index"
                    + " WHERE indrelid = pg_class.oid AND indisprimary)"))
        .isEmpty();
  }
}
