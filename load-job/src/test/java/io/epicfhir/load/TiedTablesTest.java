package io.epicfhir.load;

import static io.epicfhir.load.ViewTables.plain;
import static io.epicfhir.load.ViewTables.plainRows;
import static io.epicfhir.load.ViewTables.row;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
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
        .contains("(foreign key of_z)");
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

    assertThat(load.error()).contains("(trigger touching of z)");
  }

  @Test
  void whatIsTiedAndUntouchedIsGreen() throws Exception {
    load.execute("ALTER TABLE {}.a ADD FOREIGN KEY (text) REFERENCES {}.z ON DELETE CASCADE");
    change("z", "r7", "gone");

    assertThat(load.run()).as(() -> load.error()).isZero();

    assertThat(way("a")).isEqualTo("none");
  }
}
