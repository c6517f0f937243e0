package io.epicfhir.load;

import static io.epicfhir.load.ViewTables.plain;
import static io.epicfhir.load.ViewTables.plainRows;
import static io.epicfhir.load.ViewTables.row;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Somebody's rows that refer to rows of a loaded table: its loads are none of their business. */
class ForeignKeysTest {
  @TempDir Path folder;
  private LoadRun load;

  @BeforeEach
  void aLoadedTable() throws Exception {
    load = new LoadRun(folder);
    ViewTables.write(load.lake(), "a", plain(), plainRows(40, "old"));
    ViewTables.deletionVectors(load.lake(), "a", true);
    assertThat(load.run()).isZero();
  }

  private void notes(String action) throws Exception {
    load.execute("CREATE TABLE {}.notes (note text, a text REFERENCES {}.a " + action + ")");
    load.execute("INSERT INTO {}.notes VALUES ('mine', 'r1'), ('too', 'r2')");
  }

  private String way() {
    return load.report().at("/result/tables/a/loaded").asText();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "ON DELETE CASCADE",
        "ON DELETE SET NULL",
        "ON DELETE RESTRICT",
        "DEFERRABLE INITIALLY DEFERRED"
      })
  void aRowThatStaysIsNeverDeleted(String action) throws Exception {
    notes(action);
    ViewTables.change(load.lake(), "a", plain(), List.of("r1"), List.of(row("r1", "new", "r1")));

    assertThat(load.run()).as(() -> load.error()).isZero();

    assertThat(way()).isEqualTo("changes");
    assertThat(load.query("SELECT text FROM {}.a WHERE id = 'r1'")).containsExactly("new");
    ViewTables.write(load.lake(), "a", plain(), plainRows(41, "newer"));
    assertThat(load.run()).as(() -> load.error()).isZero();
    assertThat(way()).isEqualTo("whole");
    assertThat(load.query("SELECT count(*), min(text), max(text) FROM {}.a"))
        .containsExactly("41|newer|newer");
    assertThat(load.query("SELECT note, a FROM {}.notes ORDER BY 1"))
        .containsExactly("mine|r1", "too|r2");
    assertThat(load.run()).isZero();
    assertThat(way()).isEqualTo("none");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void ofARowThatWentTheForeignKeyDecides(boolean changes) throws Exception {
    notes("ON DELETE CASCADE");
    if (changes) {
      ViewTables.change(load.lake(), "a", plain(), List.of("r1"), List.of());
    } else {
      ViewTables.write(load.lake(), "a", plain(), plainRows(40, "new").subList(2, 40));
    }

    assertThat(load.run()).as(() -> load.error()).isZero();

    assertThat(load.query("SELECT a FROM {}.notes")).containsExactly("r2");
  }

  @Test
  void aRowThatWentAndMustNotIsToldByTheForeignKeysName() throws Exception {
    notes("");
    ViewTables.change(load.lake(), "a", plain(), List.of("r1"), List.of());

    assertThat(load.run()).isEqualTo(5);

    assertThat(load.error())
        .contains(
            "the foreign key notes_a_fkey of table notes does not allow it",
            "ask the owner of the foreign key")
        .doesNotContain("r1");
    assertThat(load.query("SELECT count(*), min(text) FROM {}.a")).containsExactly("40|old");
    load.execute("DELETE FROM {}.notes WHERE a = 'r1'");
    assertThat(load.run()).isZero();
  }

  /** Of two rows without the key none is referred to, and each is a row of its own. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aKeyThatSomeRowsDoNotHaveTellsTheOthersApart(boolean changes) throws Exception {
    List<Row> rows = new ArrayList<>(plainRows(40, null));
    rows.set(1, row("r1", "mrn", "r1"));
    ViewTables.write(load.lake(), "a", plain(), rows);
    assertThat(load.run()).isZero();
    load.execute("ALTER TABLE {}.a ADD UNIQUE (text)");
    load.execute("CREATE TABLE {}.notes (a text REFERENCES {}.a (text) ON DELETE CASCADE)");
    load.execute("INSERT INTO {}.notes VALUES ('mrn')");
    if (changes) {
      ViewTables.deletionVectors(load.lake(), "a", true);
      ViewTables.change(
          load.lake(),
          "a",
          plain(),
          List.of("r1", "r2", "r3"),
          List.of(row("r1", "mrn", "r1"), row("r2", null, "r2"), row("r3", null, "r3")));
    } else {
      rows.set(2, row("r2", "another", "r2"));
      ViewTables.write(load.lake(), "a", plain(), rows);
    }

    assertThat(load.run()).as(() -> load.error()).isZero();

    assertThat(load.query("SELECT count(*), count(text) FROM {}.a"))
        .containsExactly(changes ? "40|1" : "40|2");
    assertThat(load.query("SELECT a FROM {}.notes")).containsExactly("mrn");
    assertThat(load.run()).isZero();
    assertThat(way()).isEqualTo("none");
  }

  @Test
  void idsThatRepeatAreRefusedBeforeAnythingIsDeleted() throws Exception {
    notes("ON DELETE CASCADE");
    ViewTables.write(
        load.lake(), "a", plain(), List.of(row("r9", "new", "r9"), row("r9", "new", "r9")));

    assertThat(load.run()).isEqualTo(3);

    assertThat(load.error())
        .contains(
            "the foreign key notes_a_fkey of table " + load.schema() + ".notes",
            "refers to the column id, in which the view has several rows with the same value");
    assertThat(load.query("SELECT count(*) FROM {}.notes")).containsExactly("2");
    assertThat(load.query("SELECT count(*) FROM {}.a")).containsExactly("40");
  }

  @Test
  void aKeyThatTheViewDoesNotHaveIsRefusedBeforeAnythingIsDeleted() throws Exception {
    load.execute("ALTER TABLE {}.a ADD number int GENERATED ALWAYS AS IDENTITY UNIQUE");
    load.execute("CREATE TABLE {}.notes (a int REFERENCES {}.a (number) ON DELETE CASCADE)");
    load.execute("INSERT INTO {}.notes VALUES (1)");
    ViewTables.write(load.lake(), "a", plain(), plainRows(40, "new"));

    assertThat(load.run()).isEqualTo(3);

    assertThat(load.error()).contains("refers to the column number, which the view does not have");
    assertThat(load.query("SELECT count(*) FROM {}.notes")).containsExactly("1");
  }
}
