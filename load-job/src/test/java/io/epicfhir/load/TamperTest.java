package io.epicfhir.load;

import static io.epicfhir.load.ViewTables.plain;
import static io.epicfhir.load.ViewTables.plainRows;
import static io.epicfhir.load.ViewTables.row;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tables that somebody else changed: noticed at the next run, loaded anew, and told. */
class TamperTest {
  /** Too long for a row's page, and nothing that could be compressed. */
  private static final String LONG =
      new Random(1)
          .ints(9_000, '!', 'z')
          .mapToObj(Character::toString)
          .collect(Collectors.joining());

  @TempDir Path folder;
  private LoadRun load;

  @BeforeEach
  void aLoadedTable() throws Exception {
    load = new LoadRun(folder);
    ViewTables.write(load.lake(), "a", plain(), plainRows(20, "right"));
    assertThat(load.run()).isZero();
  }

  private void assertRight() throws Exception {
    assertThat(load.query("SELECT count(*), min(text), max(text) FROM {}.a"))
        .containsExactly("20|right|right");
  }

  /** None of them changes the number of rows. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "UPDATE {}.a SET text = 'wrong' WHERE id = 'r7'",
        "UPDATE {}.a SET text = 'wrong'; SELECT pg_stat_reset()",
        "CREATE TABLE {}.d AS TABLE {}.a; TRUNCATE {}.a; INSERT INTO {}.a SELECT id, 'wrong', _resource_id"
            + " FROM {}.d; DROP TABLE {}.d",
        "DELETE FROM {}.a WHERE id = 'r1'; INSERT INTO {}.a VALUES ('r1', 'wrong', 'r1')",
        "CREATE TABLE {}.d (LIKE {}.a INCLUDING ALL); INSERT INTO {}.d SELECT id, 'wrong', _resource_id"
            + " FROM {}.a; DROP TABLE {}.a; ALTER TABLE {}.d RENAME TO a",
        "ALTER TABLE {}.a ALTER text TYPE text USING 'wrong'",
        "ALTER TABLE {}.a DROP text; ALTER TABLE {}.a ADD text text DEFAULT 'wrong'",
        "ALTER TABLE {}.a RENAME text TO t; ALTER TABLE {}.a RENAME _resource_id TO text;"
            + " ALTER TABLE {}.a RENAME t TO _resource_id"
      })
  void isNoticedAndLoadedAnewAndTold(String sql) throws Exception {
    load.execute(sql);

    assertThat(load.run()).isZero();

    assertThat(load.report().at("/result/warnings"))
        .singleElement()
        .satisfies(
            w ->
                assertThat(w.asText())
                    .startsWith("Someone else changed " + load.schema() + ".a between ")
                    .endsWith(
                        "20 rows, but 20 were loaded. It was reloaded in full. Find out who else writes to it."));
    assertRight();
    assertThat(load.run()).as("told by each try of the run").isZero();
    assertThat(load.report().at("/result/tables/a/loaded").asText()).isEqualTo("none");
    assertThat(load.report().at("/result/warnings")).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "VACUUM FULL {}.a",
        "CLUSTER {}.a USING a_pkey",
        "VACUUM (FREEZE) {}.a",
        "ALTER TABLE {}.a ADD note text DEFAULT 'mine'",
        "SELECT * FROM {}.a FOR UPDATE",
        "CREATE INDEX ON {}.a (text)"
      })
  void whatChangesNoRowIsNoAlarm(String sql) throws Exception {
    load.execute(sql);

    assertThat(load.run()).isZero();

    assertThat(load.report().at("/result/tables/a/loaded").asText()).isEqualTo("none");
    assertThat(load.report().at("/result").has("warnings")).isFalse();
  }

  @Test
  void anUpdateIsNoticedAlsoWhereTheViewHasNews() throws Exception {
    load.execute("UPDATE {}.a SET text = 'wrong' WHERE id = 'r7'");
    ViewTables.change(load.lake(), "a", plain(), List.of("r1"), List.of(row("r1", "right", "r1")));

    assertThat(load.run()).isZero();

    assertThat(load.report().at("/result/tables/a/loaded").asText()).isEqualTo("whole");
    assertThat(load.report().at("/result/warnings")).hasSize(1);
    assertRight();
  }

  @Test
  void aTriggerThatRewritesRowsIsRedAndNamedAndTheOldRowsStay() throws Exception {
    load.execute(
        """
        CREATE FUNCTION {}.mask() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN NEW.text := 'masked'; RETURN NEW; END $$;
        CREATE TRIGGER masking BEFORE INSERT ON {}.a FOR EACH ROW EXECUTE FUNCTION {}.mask()""");
    assertThat(load.run()).as("it has changed nothing yet").isZero();
    ViewTables.change(load.lake(), "a", plain(), List.of("r1"), List.of(row("r1", "right", "r1")));

    assertThat(load.run()).isEqualTo(5);

    assertThat(load.error()).contains("a trigger or rule changes them: trigger masking");
    assertRight();
    load.execute("DROP TRIGGER masking ON {}.a");
    assertThat(load.run()).isZero();
    assertRight();
  }

  /** It runs at the end of the transaction, after all that the load itself looks at. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aDeferredTriggerThatRewritesRowsIsRedAndNamedToo(boolean changes) throws Exception {
    ViewTables.deletionVectors(load.lake(), "a", true);
    load.execute(
        """
        CREATE FUNCTION {}.mask() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          UPDATE {}.a SET text = 'masked' WHERE id = NEW.id AND text <> 'masked'; RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER late AFTER INSERT OR UPDATE ON {}.a DEFERRABLE INITIALLY DEFERRED
          FOR EACH ROW EXECUTE FUNCTION {}.mask()""");
    if (changes) {
      ViewTables.change(
          load.lake(), "a", plain(), List.of("r1"), List.of(row("r1", "right", "r1")));
    } else {
      ViewTables.write(load.lake(), "a", plain(), plainRows(20, "right"));
    }

    assertThat(load.run()).isEqualTo(5);

    assertThat(load.error()).contains("because a trigger or rule changes them: trigger late");
    assertRight();
  }

  /** Its function found the table in public as long as the session looked there. */
  @Test
  void aTriggerThatNamesATableWithoutItsSchemaIsItsAuthorsToMend() throws Exception {
    ViewTables.deletionVectors(load.lake(), "a", true);
    load.execute(
        """
        CREATE FUNCTION {}.log() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN INSERT INTO change_log VALUES (now()); RETURN NULL; END $$;
        CREATE TRIGGER logging AFTER INSERT ON {}.a EXECUTE FUNCTION {}.log()""");
    ViewTables.change(load.lake(), "a", plain(), List.of("r1"), List.of(row("r1", "right", "r1")));

    assertThat(load.run()).isEqualTo(5);

    assertThat(load.error())
        .contains("a trigger or function refused it: " + load.schema() + ".log", "ALTER FUNCTION")
        .doesNotContain("bug");
    assertRight();
  }

  /** As a disk or a restore leaves it; a new table needs none of its pages. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aTableThatCannotBeReadIsLoadedAnewAndTold(boolean news) throws Exception {
    ViewTables.deletionVectors(load.lake(), "a", true);
    assertThat(load.run()).isZero();
    damage();
    if (news) {
      ViewTables.change(
          load.lake(), "a", plain(), List.of("r1"), List.of(row("r1", "right", "r1")));
    }

    assertThat(load.run()).as(() -> load.error()).isZero();

    assertThat(load.report().at("/result/tables/a/loaded").asText()).isEqualTo("whole");
    assertThat(load.report().at("/result/warnings"))
        .singleElement()
        .satisfies(w -> assertThat(w.asText()).contains("could not be read (SQLSTATE XX001)"));
    assertRight();
  }

  /** Long values lie beside their rows, where only the comparison with the view reads them. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aValueThatCannotBeReadIsLoadedAnewAndTold(boolean news) throws Exception {
    ViewTables.write(load.lake(), "a", plain(), plainRows(40, LONG));
    ViewTables.deletionVectors(load.lake(), "a", true);
    assertThat(load.run()).isZero();
    damageValues();
    if (news) {
      ViewTables.change(load.lake(), "a", plain(), List.of("r1"), List.of(row("r1", LONG, "r1")));
    }

    assertThat(load.run("--verify", "all")).as(() -> load.error()).isZero();

    assertThat(load.report().at("/result/tables/a/loaded").asText()).isEqualTo("whole");
    assertThat(load.report().at("/result/warnings"))
        .singleElement()
        .satisfies(w -> assertThat(w.asText()).contains("could not be read (SQLSTATE XX001)"));
    assertThat(load.query("SELECT count(*), min(length(text)), max(length(text)) FROM {}.a"))
        .containsExactly("40|9000|9000");
    assertThat(load.run("--verify", "all")).isZero();
    assertThat(load.report().at("/result/tables/a/loaded").asText()).isEqualTo("none");
  }

  @Test
  void aValueOfATableThatStaysIsToldWithWhatToDo() throws Exception {
    load.execute("CREATE VIEW {}.report AS SELECT text FROM {}.a");
    ViewTables.write(load.lake(), "a", plain(), plainRows(40, LONG));
    assertThat(load.run()).isZero();
    damageValues();

    assertThat(load.run("--verify", "all")).isEqualTo(6);

    assertThat(load.error()).contains("SQLSTATE XX001", "TRUNCATE").doesNotContain("bug");
  }

  /** A table that goes to another tablespace leaves no page in a buffer. */
  private void damageValues() throws Exception {
    LoadRun.createTablespace(load.schema() + "_values");
    load.execute("ALTER TABLE {}.a SET TABLESPACE {}_values");
    damage("(SELECT reltoastrelid FROM pg_class WHERE oid = '{}.a'::regclass)");
  }

  @Test
  void oneThatOthersDependOnIsToldWithWhatToDo() throws Exception {
    load.execute("CREATE VIEW {}.report AS SELECT text FROM {}.a");
    damage();

    assertThat(load.run()).isEqualTo(6);

    assertThat(load.error()).contains("SQLSTATE XX001", "TRUNCATE").doesNotContain("bug");
    load.execute("TRUNCATE {}.a");
    assertThat(load.run()).isZero();
    assertRight();
  }

  /** Without an index VACUUM FULL writes pages that no buffer holds. */
  private void damage() throws Exception {
    load.execute(
        "ALTER TABLE {}.a DROP CONSTRAINT a_pkey; ALTER TABLE {}.a ALTER id DROP NOT NULL");
    load.execute("VACUUM FULL {}.a");
    damage("'{}.a'");
  }

  private void damage(String relation) throws Exception {
    load.execute("CHECKPOINT");
    Path file =
        Path.of(
            load.query("SHOW data_directory").get(0),
            load.query("SELECT pg_relation_filepath(%s)".formatted(relation)).get(0));
    byte[] page = Files.readAllBytes(file);
    Arrays.fill(page, 0, 64, (byte) 0xff);
    Files.write(file, page);
  }

  @Test
  void aTriggerThatOnlyLooksOnDoesNoHarm() throws Exception {
    load.execute(
        """
        CREATE TABLE {}.audit (id text);
        CREATE FUNCTION {}.note() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN INSERT INTO {}.audit VALUES (NEW.id); RETURN NEW; END $$;
        CREATE TRIGGER noting AFTER INSERT ON {}.a FOR EACH ROW EXECUTE FUNCTION {}.note()"""
            .replace("{}", load.schema()));
    ViewTables.deletionVectors(load.lake(), "a", true);
    ViewTables.change(load.lake(), "a", plain(), List.of("r1"), List.of(row("r1", "right", "r1")));

    assertThat(load.run()).isZero();

    assertThat(load.report().at("/result/tables/a/loaded").asText()).isEqualTo("changes");
    assertThat(load.query("SELECT * FROM {}.audit")).containsExactly("r1");
    assertRight();
  }

  /** A page that was restored from elsewhere has rows of the same transactions. */
  @Test
  void aTableIsComparedWithItsViewOnASchedule() throws Exception {
    load.execute("UPDATE {}.a SET text = 'wrong' WHERE id = 'r3'");
    load.execute(
        """
        UPDATE {}_state.load_state SET verified_at = now() - interval '2 days', row_writers = (
          SELECT string_agg(w, ' ' ORDER BY w) FROM
            (SELECT xmin::text || ':' || count(*) FROM {}.a GROUP BY xmin) x(w))""");
    load.with("verify-every", "3 days");
    assertThat(load.run()).isZero();
    assertThat(load.report().at("/result/tables/a/loaded").asText()).isEqualTo("none");

    load.with("verify-every", "1 days");
    assertThat(load.run()).isZero();

    assertThat(load.report().at("/result/tables/a/loaded").asText()).isEqualTo("whole");
    assertThat(load.report().at("/result/warnings/0").asText())
        .startsWith("Values in " + load.schema() + ".a differed from its view");
    assertRight();
  }

  @Test
  void aTableIsComparedWithItsViewWhereSomebodyAsksForIt() throws Exception {
    load.execute(
        """
        UPDATE {}.a SET text = 'wrong' WHERE id = 'r3';
        UPDATE {}_state.load_state SET row_writers = (
          SELECT string_agg(w, ' ' ORDER BY w) FROM
            (SELECT xmin::text || ':' || count(*) FROM {}.a GROUP BY xmin) x(w))""");
    assertThat(load.run("--verify", "b")).isZero();
    assertThat(load.report().at("/result/tables/a/loaded").asText()).isEqualTo("none");

    assertThat(load.run("--verify", "all")).isZero();

    assertThat(load.report().at("/result/tables/a/loaded").asText()).isEqualTo("whole");
    assertRight();
  }

  /** A view with news at every load must not put its comparison off for ever. */
  @ParameterizedTest
  @CsvSource({"1 days, b, whole", "3 days, all, whole", "3 days, a, whole", "3 days, b, changes"})
  void soIsOneWhoseViewHasNews(String every, String asked, String way) throws Exception {
    ViewTables.deletionVectors(load.lake(), "a", true);
    assertThat(load.run()).isZero();
    load.execute(
        """
        UPDATE {}.a SET text = 'wrong' WHERE id = 'r3';
        UPDATE {}_state.load_state SET verified_at = now() - interval '2 days', row_writers = (
          SELECT string_agg(w, ' ' ORDER BY w) FROM
            (SELECT xmin::text || ':' || count(*) FROM {}.a GROUP BY xmin) x(w))""");
    ViewTables.change(load.lake(), "a", plain(), List.of("r1"), List.of(row("r1", "right", "r1")));

    assertThat(load.with("verify-every", every).run("--verify", asked)).isZero();

    assertThat(load.report().at("/result/tables/a/loaded").asText()).isEqualTo(way);
    boolean found = way.equals("whole");
    assertThat(load.report().at("/result/warnings/0").asText())
        .startsWith(found ? "Values in " + load.schema() + ".a differed from its view" : "");
    assertThat(load.report().at("/result").has("warnings")).isEqualTo(found);
    assertThat(
            load.query(
                "SELECT now() - verified_at < interval '1 hour', (SELECT text FROM {}.a"
                    + " WHERE id = 'r3') FROM {}_state.load_state"))
        .containsExactly(found ? "t|right" : "f|wrong");
  }

  @Test
  void aTableThatIsAsItsViewIsNotWrittenAgain() throws Exception {
    load.execute("UPDATE {}_state.load_state SET verified_at = now() - interval '2 days'");
    load.with("verify-every", "1 days");

    assertThat(load.run()).isZero();

    assertThat(load.report().at("/result/tables/a/loaded").asText()).isEqualTo("none");
    assertThat(
            load.query("SELECT now() - verified_at < interval '1 hour' FROM {}_state.load_state"))
        .containsExactly("t");
    assertThat(load.query("SELECT to_regclass('{}_state.a')")).containsExactly("null");
  }
}
