package io.epicfhir.load;

import static io.epicfhir.load.ViewTables.column;
import static io.epicfhir.load.ViewTables.plain;
import static io.epicfhir.load.ViewTables.plainRows;
import static io.epicfhir.load.ViewTables.row;
import static io.epicfhir.load.ViewTables.schema;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Loaded tables that somebody tied to one another: a is loaded first, z last. */
class TiedTablesTest {
  @TempDir Path folder;
  private LoadRun load;

  @BeforeEach
  void twoTables() throws Exception {
    load = new LoadRun(folder).with("parallel-copies", "1");
    for (String view : List.of("a", "z")) {
      ViewTables.write(load.lake(), view, plain(), plainRows(40, null));
      ViewTables.deletionVectors(load.lake(), view, true);
    }
    assertThat(load.run()).isZero();
  }

  private String way(String view) {
    return load.report().at("/result/tables/" + view + "/loaded").asText("");
  }

  private void change(String view, String id, String text) {
    ViewTables.change(
        load.lake(),
        view,
        plain(),
        List.of(id),
        text.equals("gone") ? List.of() : List.of(row(id, text.isEmpty() ? null : text, id)));
  }

  /** A new patient and her first observation, whichever table comes first. */
  @ParameterizedTest
  @CsvSource({"a, z", "z, a"})
  void aRowAndTheOneThatItRefersToComeInOneNight(String from, String to) throws Exception {
    load.execute("ALTER TABLE {}.%s ADD FOREIGN KEY (text) REFERENCES {}.%s".formatted(from, to));
    change(from, "new1", "new2");
    change(to, "new2", "");

    assertThat(load.run()).as(() -> load.error()).isZero();

    assertThat(way(from)).isEqualTo("changes");
    assertThat(way(to)).isEqualTo("changes");
    assertThat(load.query("SELECT id FROM {}.%s WHERE text = 'new2'".formatted(from)))
        .containsExactly("new1");
  }

  @ParameterizedTest
  @CsvSource({"a, z", "z, a"})
  void aRowAndTheOneThatItRefersToGoInOneNight(String from, String to) throws Exception {
    change(from, "new1", "new2");
    change(to, "new2", "");
    assertThat(load.run()).isZero();
    load.execute("ALTER TABLE {}.%s ADD FOREIGN KEY (text) REFERENCES {}.%s".formatted(from, to));
    change(from, "new1", "gone");
    change(to, "new2", "gone");

    assertThat(load.run()).as(() -> load.error()).isZero();

    assertThat(load.query("SELECT (SELECT count(*) FROM {}.a), (SELECT count(*) FROM {}.z)"))
        .containsExactly("40|40");
  }

  /** All of it in one night: rows by view as id, text; what is not named goes. */
  private void night(String view, boolean changes, List<String> going, Row... coming) {
    if (changes) {
      List<String> resources = new ArrayList<>(going);
      Stream.of(coming).forEach(row -> resources.add(row.getString(0)));
      ViewTables.change(load.lake(), view, plain(), resources, List.of(coming));
    } else {
      List<Row> rows = new ArrayList<>(plainRows(40, null));
      rows.addAll(List.of(coming));
      ViewTables.write(load.lake(), view, plain(), rows);
    }
  }

  private static Row of(String id, String text) {
    return row(id, text, id);
  }

  /**
   * A patient goes with her visit, and another one comes with his; or a visit moves between them.
   */
  @ParameterizedTest
  @CsvSource({
    "a, z, changes, goes, ''",
    "z, a, changes, moves, ''",
    "a, z, whole, moves, ''",
    "z, a, whole, goes, ''",
    "z, a, changes, goes, DEFERRABLE INITIALLY DEFERRED"
  })
  void someComeAndOthersGoInOneNight(
      String from, String to, String way, String old, String deferrable) throws Exception {
    night(from, true, List.of(), of("old1", "old2"));
    night(to, true, List.of(), of("old2", null));
    assertThat(load.run()).isZero();
    load.execute(
        "ALTER TABLE {}.%s ADD FOREIGN KEY (text) REFERENCES {}.%s %s"
            .formatted(from, to, deferrable));
    boolean moves = old.equals("moves");
    List<String> gone = moves ? List.of() : List.of("old1");
    night(from, way.equals("changes"), gone, of(moves ? "old1" : "new1", "new2"));
    night(to, way.equals("changes"), List.of("old2"), of("new2", null));

    assertThat(load.run()).as(() -> load.error()).isZero();

    assertThat(way(from) + " " + way(to)).isEqualTo(way + " " + way);
    assertThat(load.query("SELECT id FROM {}.%s WHERE text = 'new2'".formatted(from)))
        .containsExactly(moves ? "old1" : "new1");
    assertThat(load.query("SELECT count(*), max(id) FROM {}.%s".formatted(to)))
        .containsExactly("41|r9");
    assertThat(load.query("SELECT to_regclass('{}_state.a'), to_regclass('{}_state.z')"))
        .containsExactly("null|null");
    assertThat(load.run()).isZero();
    assertThat(way(from) + " " + way(to)).isEqualTo("none none");
  }

  /** A load of its own would warn; so must the one together with others. */
  @ParameterizedTest
  @CsvSource({
    "a, z, changes, a",
    "a, z, changes, z",
    "z, a, changes, z",
    "a, z, whole, a",
    "z, a, whole, a"
  })
  void aTableThatSomebodyElseChangedIsNamedAlsoWhereItIsTied(
      String from, String to, String way, String changed) throws Exception {
    night(from, true, List.of(), of("old1", "old2"));
    night(to, true, List.of(), of("old2", null));
    assertThat(load.run()).isZero();
    load.execute("ALTER TABLE {}.%s ADD FOREIGN KEY (text) REFERENCES {}.%s".formatted(from, to));
    load.execute("UPDATE {}.%s SET text = text WHERE id = 'r5'".formatted(changed));
    night(from, way.equals("changes"), List.of("old1"), of("new1", "new2"));
    night(to, way.equals("changes"), List.of("old2"), of("new2", null));

    assertThat(load.run()).as(() -> load.error()).isZero();

    assertThat(way(changed)).isEqualTo("whole");
    assertThat(way(changed.equals(from) ? to : from)).isEqualTo(way);
    assertThat(load.report().at("/result/warnings"))
        .singleElement()
        .satisfies(w -> assertThat(w.asText()).startsWith(someoneChanged(changed)));
    assertThat(load.query("SELECT id FROM {}.%s WHERE text = 'new2'".formatted(from)))
        .containsExactly("new1");
  }

  /** A person asked for the whole table: it may be too damaged for a look at it. */
  @Test
  void oneThatIsReplacedByHandIsNotLookedAt() throws Exception {
    night("a", true, List.of(), of("old1", "old2"));
    night("z", true, List.of(), of("old2", null));
    assertThat(load.run()).isZero();
    load.execute("ALTER TABLE {}.a ADD FOREIGN KEY (text) REFERENCES {}.z");
    load.execute("UPDATE {}.a SET text = text WHERE id = 'r5'");
    night("a", true, List.of("old1"), of("new1", "new2"));
    night("z", true, List.of("old2"), of("new2", null));

    assertThat(load.run("--views", "a,z")).as(() -> load.error()).isZero();

    assertThat(way("a") + " " + way("z")).isEqualTo("whole whole");
    assertThat(load.report().at("/result").has("warnings")).isFalse();
  }

  private String someoneChanged(String view) {
    return "Someone else changed %s.%s between ".formatted(load.schema(), view);
  }

  @Test
  void soDoRowsOfThreeTablesThatReferToEachOtherInAChain() throws Exception {
    ViewTables.write(load.lake(), "m", plain(), plainRows(40, null));
    night("a", true, List.of(), of("old1", "old2"));
    night("z", true, List.of(), of("old2", "old3"));
    assertThat(load.run()).isZero();
    load.execute("INSERT INTO {}.m VALUES ('old3', NULL, 'old3')");
    load.execute("ALTER TABLE {}.a ADD FOREIGN KEY (text) REFERENCES {}.z");
    load.execute("ALTER TABLE {}.z ADD FOREIGN KEY (text) REFERENCES {}.m");
    night("a", true, List.of("old1"), of("new1", "new2"));
    night("z", true, List.of("old2"), of("new2", "new3"));
    night("m", false, List.of(), of("new3", null));

    assertThat(load.run()).as(() -> load.error()).isZero();

    assertThat(way("a") + " " + way("z") + " " + way("m")).isEqualTo("changes changes whole");
    assertThat(load.report().at("/result/warnings"))
        .as("of the row that came by hand")
        .singleElement()
        .satisfies(w -> assertThat(w.asText()).startsWith(someoneChanged("m")));
    assertThat(
            load.query(
                "SELECT a.id, z.id, m.id FROM {}.a a JOIN {}.z z ON z.id = a.text"
                    + " JOIN {}.m m ON m.id = z.text"))
        .containsExactly("new1|new2|new3");
    assertThat(load.query("SELECT count(*) FROM {}.m")).containsExactly("41");
  }

  /** One of them has a row that refers to none: the other two do not wait for it. */
  @Test
  void oneThatDoesNotFitIsLeftOutOfThree() throws Exception {
    ViewTables.write(load.lake(), "m", plain(), plainRows(40, null));
    night("z", true, List.of(), of("old2", "r1"));
    assertThat(load.run()).isZero();
    load.execute("ALTER TABLE {}.a ADD CONSTRAINT of_z FOREIGN KEY (text) REFERENCES {}.z");
    load.execute("ALTER TABLE {}.z ADD FOREIGN KEY (text) REFERENCES {}.m");
    night("a", true, List.of(), of("new1", "nobody"));
    night("z", true, List.of("old2"), of("new2", "new3"));
    List<Row> rows = new ArrayList<>(plainRows(40, null));
    rows.set(1, of("new3", null));
    ViewTables.write(load.lake(), "m", plain(), rows);

    assertThat(load.run()).isEqualTo(5);

    assertThat(load.report().at("/result/refused_views").properties()).hasSize(1);
    assertThat(load.error()).contains("the foreign key of_z of table a does not allow it");
    assertThat(way("z") + " " + way("m")).isEqualTo("changes whole");
    assertThat(load.query("SELECT m.id FROM {}.z z JOIN {}.m m ON m.id = z.text"))
        .containsExactly("new3");
  }

  /** The new row of a refers to none, so z cannot follow either; nothing is half done. */
  @Test
  void tablesThatDoNotFitTogetherEitherKeepTheirLastRows() throws Exception {
    night("a", true, List.of(), of("old1", "old2"));
    night("z", true, List.of(), of("old2", null));
    assertThat(load.run()).isZero();
    load.execute("ALTER TABLE {}.a ADD CONSTRAINT of_z FOREIGN KEY (text) REFERENCES {}.z");
    night("a", true, List.of("old1"), of("new1", "nobody"));
    night("z", true, List.of("old2"), of("new2", null));

    assertThat(load.run()).isEqualTo(5);

    assertThat(load.report().at("/result/refused_views").properties()).hasSize(2);
    assertThat(load.error()).contains("the foreign key of_z of table a does not allow it");
    assertThat(load.query("SELECT id FROM {}.a WHERE text IS NOT NULL")).containsExactly("old1");
    assertThat(load.query("SELECT count(*) FROM {}.z WHERE id = 'new2'")).containsExactly("0");
  }

  /** A place is part of another one. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aTableThatRefersToItselfTakesAnyChangeThatEndsWell(boolean changes) throws Exception {
    Row[] more = IntStream.range(0, 30).mapToObj(i -> of("x" + i, null)).toArray(Row[]::new);
    night("a", true, List.of(), more);
    night(
        "a",
        true,
        List.of(),
        of("wing", null),
        of("ward", "wing"),
        of("tower", null),
        of("room", "tower"),
        of("tent", null),
        of("bed", "tent"),
        of("left", "r1"),
        of("right", "r2"));
    assertThat(load.run()).isZero();
    load.execute("ALTER TABLE {}.a ADD CONSTRAINT part FOREIGN KEY (text) REFERENCES {}.a");
    night(
        "a",
        changes,
        List.of("wing", "tower", "tent", "bed"),
        of("ward", null),
        of("hall", null),
        of("room", "hall"),
        of("left", "r2"),
        of("right", "r1"));

    assertThat(load.run()).as(() -> load.error()).isZero();

    assertThat(way("a")).isEqualTo(changes ? "changes" : "whole");
    assertThat(load.query("SELECT id, text FROM {}.a WHERE id !~ '^[rx][0-9]' ORDER BY id"))
        .containsExactly("hall|null", "left|r2", "right|r1", "room|hall", "ward|null");
    night("a", true, List.of(), of("bed", "nowhere"));
    assertThat(load.run()).isEqualTo(5);
    assertThat(load.error()).contains("the foreign key part of table a does not allow it");
  }

  /** The first try adds the column, and its rows wait for those of z. */
  @Test
  void aNewColumnOfATableThatWaitsHasIndexAndCommentToo() throws Exception {
    load.execute("ALTER TABLE {}.a ADD FOREIGN KEY (text) REFERENCES {}.z");
    StructType more =
        schema(
            column("id", DataTypes.StringType, "id"),
            column("text", DataTypes.StringType, "string"),
            column("ward_id", DataTypes.StringType, "id"));
    ViewTables.write(load.lake(), "a", more, List.of(row("new1", "new2", "w", "new1")));
    change("z", "new2", "");

    assertThat(load.run()).as(() -> load.error()).isZero();

    assertThat(way("a") + " " + way("z")).isEqualTo("whole changes");
    assertThat(load.query("SELECT ward_id FROM {}.a")).containsExactly("w");
    assertThat(load.query("SELECT to_regclass('{}.a_ward_id_idx') IS NOT NULL"))
        .containsExactly("t");
    assertThat(
            load.query(
                "SELECT jsonb_exists(comments::jsonb, 'ward_id') FROM {}_state.load_state"
                    + " WHERE view = 'a'"))
        .containsExactly("t");
  }

  @Test
  void aRowThatRefersToNoneIsRedAndTheOtherTableIsLoaded() throws Exception {
    load.execute("ALTER TABLE {}.a ADD CONSTRAINT of_z FOREIGN KEY (text) REFERENCES {}.z");
    change("a", "new1", "nobody");
    change("z", "new2", "");

    assertThat(load.run()).isEqualTo(5);

    assertThat(load.error()).contains("the foreign key of_z of table a does not allow it");
    assertThat(load.report().at("/result/refused_views").properties()).hasSize(1);
    assertThat(way("z")).isEqualTo("changes");
  }

  /** Table a was found right, or was loaded, before z's load took or changed its rows. */
  @ParameterizedTest
  @ValueSource(strings = {"ON DELETE CASCADE", "ON DELETE SET NULL"})
  void aTableThatAnotherOnesLoadChangesIsRed(String action) throws Exception {
    change("a", "r1", "r7");
    assertThat(load.run()).isZero();
    load.execute(
        "ALTER TABLE {}.a ADD CONSTRAINT of_z FOREIGN KEY (text) REFERENCES {}.z " + action);
    change("z", "r7", "gone");

    assertThat(load.run()).isEqualTo(5);

    assertThat(load.report().at("/result/refused_views/a").asText())
        .isEqualTo(load.error())
        .startsWith("Cannot keep " + load.schema() + ".a as it was loaded")
        .contains("(through foreign key of_z)");
    assertThat(load.report().at("/result/tables").has("a")).isFalse();
    assertThat(way("z")).isEqualTo("changes");
  }

  @Test
  void soIsOneThatATriggerOfAnotherOneWrites() throws Exception {
    load.execute(
        """
        CREATE FUNCTION {}.touch() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN UPDATE {}.a SET text = 'seen' WHERE id = NEW.id; RETURN NEW; END $$;
        CREATE TRIGGER touching AFTER INSERT ON {}.z FOR EACH ROW EXECUTE FUNCTION {}.touch()""");
    change("z", "r7", "news");

    assertThat(load.run()).isEqualTo(5);

    assertThat(load.error()).contains("(through trigger touching of z)");
  }

  @Test
  void whatIsTiedAndUntouchedIsGreen() throws Exception {
    load.execute("ALTER TABLE {}.a ADD FOREIGN KEY (text) REFERENCES {}.z ON DELETE CASCADE");
    change("z", "r7", "gone");

    assertThat(load.run()).as(() -> load.error()).isZero();

    assertThat(way("a")).isEqualTo("none");
  }
}
