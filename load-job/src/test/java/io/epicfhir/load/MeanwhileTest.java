package io.epicfhir.load;

import static io.epicfhir.load.ViewTables.plain;
import static io.epicfhir.load.ViewTables.plainRows;
import static io.epicfhir.load.ViewTables.row;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What others give a table while its new rows are copied counts as if it had been there before. */
class MeanwhileTest {
  private static final String MASK =
      """
      CREATE FUNCTION {}.mask() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN NEW.text := 'masked'; RETURN NEW; END $$;
      CREATE TRIGGER masking BEFORE INSERT ON {}.a FOR EACH ROW EXECUTE FUNCTION {}.mask()""";

  @TempDir Path folder;
  private final ExecutorService other = Executors.newSingleThreadExecutor();
  private LoadRun load;

  @BeforeEach
  void aLoadedTable() throws Exception {
    load = new LoadRun(folder).with("swap-timeout", "20 seconds");
    ViewTables.write(load.lake(), "a", plain(), plainRows(40, "old"));
    ViewTables.deletionVectors(load.lake(), "a", true);
    assertThat(load.run()).isZero();
  }

  @AfterEach
  void end() {
    other.shutdownNow();
  }

  /** Loads, and holds the copy at its begin until the statement has run. */
  private int loadAndMeanwhile(String sql) throws Exception {
    try (Connection second = LoadRun.connect();
        Statement statement = second.createStatement()) {
      second.setAutoCommit(false);
      String parts = load.schema() + "_state.load_part";
      statement.execute("LOCK TABLE " + parts + " IN EXCLUSIVE MODE");
      Future<Integer> status = other.submit((Callable<Integer>) load::run);
      // The table was looked at; the first statement of its copy waits.
      Eventually.isTrue(
          () ->
              load.query(
                      "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = '%s'::regclass"
                          .formatted(parts))
                  .equals(List.of("1")));
      load.execute(sql);
      second.commit();
      return status.get();
    }
  }

  /** None of them changes the number of rows. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "UPDATE {}.a SET text = 'wrong' WHERE id = 'r7'",
        "DELETE FROM {}.a WHERE id = 'r7'; INSERT INTO {}.a VALUES ('r7', 'wrong', 'r7')",
        "DELETE FROM {}.a WHERE id = 'r8'; INSERT INTO {}.a VALUES ('r7', 'wrong', 'r7')",
        "ALTER TABLE {}.a RENAME text TO t; ALTER TABLE {}.a RENAME _resource_id TO text;"
            + " ALTER TABLE {}.a RENAME t TO _resource_id"
      })
  void rowsThatSomebodyChangesMeanwhileAreNotTakenForTheLoads(String sql) throws Exception {
    load.execute("ALTER TABLE {}.a DROP CONSTRAINT a_pkey");
    ViewTables.change(load.lake(), "a", plain(), List.of("r1"), List.of(row("r1", "old", "r1")));

    assertThat(loadAndMeanwhile(sql)).as(() -> load.error()).isZero();

    assertThat(way()).isEqualTo("whole");
    assertThat(load.query("SELECT count(DISTINCT id), min(text), max(text) FROM {}.a"))
        .containsExactly("40|old|old");
    assertThat(load.report().at("/result/warnings/0").asText())
        .startsWith("Someone else changed " + load.schema() + ".a between ");
    assertThat(load.run()).isZero();
    assertThat(way()).isEqualTo("none");
  }

  /** As after a failover to a server that had not received the last load. */
  @Test
  void changesDoNotFollowOnAnotherLoadThanTheOneThatWasLookedAt() throws Exception {
    ViewTables.change(load.lake(), "a", plain(), List.of("r1"), List.of(row("r1", "new", "r1")));

    assertThat(
            loadAndMeanwhile(
                "UPDATE {}_state.load_state SET delta_version = 0, commit_id = 'another'"))
        .isZero();

    assertThat(way()).isEqualTo("whole");
    assertThat(load.query("SELECT count(*), count(*) FILTER (WHERE text = 'new') FROM {}.a"))
        .containsExactly("40|1");
  }

  @Test
  void aTableThatIsDroppedMeanwhileIsTriedAgain() throws Exception {
    load.execute("CREATE STATISTICS {}.s ON id, text FROM {}.a");
    ViewTables.write(load.lake(), "a", plain(), plainRows(41, "new"));

    assertThat(loadAndMeanwhile("DROP TABLE {}.a")).as(() -> load.error()).isZero();

    assertThat(load.query("SELECT count(*), min(text) FROM {}.a")).containsExactly("41|new");
  }

  /** The load's own record is copied there at its end. */
  @Test
  void aLockOnTheAuditTableDoesNotKeepTheJobForEver() throws Exception {
    load.with("lock-patience", "2 seconds");
    ViewTables.write(load.lake(), "a", plain(), plainRows(41, "new"));
    try (Connection holder = LoadRun.connect();
        Statement lock = holder.createStatement();
        Connection second = LoadRun.connect();
        Statement statement = second.createStatement()) {
      holder.setAutoCommit(false);
      second.setAutoCommit(false);
      statement.execute("LOCK TABLE " + load.schema() + "_state.load_part IN EXCLUSIVE MODE");
      Future<Integer> status = other.submit((Callable<Integer>) load::run);
      Eventually.isTrue(
          () -> load.query("SELECT count(*) FROM pg_locks WHERE NOT granted").equals(List.of("1")));
      lock.execute("LOCK TABLE " + load.schema() + "_state.audit IN ACCESS EXCLUSIVE MODE");
      second.commit();

      assertThat(status.get(1, TimeUnit.MINUTES)).isEqualTo(6);
    }
    assertThat(load.query("SELECT count(*), min(text) FROM {}.a")).containsExactly("41|new");
    assertThat(load.error()).contains("Cannot copy the audit log", "another session holds a lock");
  }

  /** The trigger comes while the load waits for its lock: what it looked at before is of before. */
  @Test
  void theIsolationLevelOfARoleHidesNoTrigger() throws Exception {
    load.execute("CREATE ROLE {}_loader LOGIN SUPERUSER");
    load.execute("ALTER ROLE {}_loader SET default_transaction_isolation = 'repeatable read'");
    load.with("user", load.schema() + "_loader");
    ViewTables.change(load.lake(), "a", plain(), List.of("r1"), List.of(row("r1", "new", "r1")));
    try (Connection second = LoadRun.connect();
        Statement statement = second.createStatement()) {
      second.setAutoCommit(false);
      statement.execute(MASK.replace("{}", load.schema()));
      Future<Integer> status = other.submit((Callable<Integer>) load::run);
      Eventually.isTrue(
          () ->
              load.query(
                      "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = '{}.a'::regclass")
                  .equals(List.of("1")));
      second.commit();

      assertThat(status.get()).isEqualTo(5);
    }

    assertThat(load.error()).contains("because a trigger or rule changes them: trigger masking");
    assertThat(load.query("SELECT DISTINCT text FROM {}.a")).containsExactly("old");
    load.execute("DROP TRIGGER masking ON {}.a");
  }

  private String way() {
    return load.report().at("/result/tables/a/loaded").asText();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      value = {
        "ALTER TABLE {}.a ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON {}.a USING (text = 'x')"
            + " ! SELECT relrowsecurity, (SELECT count(*) FROM pg_policy) > 0 FROM pg_class WHERE"
            + " oid = '{}.a'::regclass ! t|t",
        "ALTER TABLE {}.a ADD CONSTRAINT own CHECK (text <> 'none')"
            + " ! SELECT conname FROM pg_constraint WHERE contype = 'c' AND conrelid ="
            + " '{}.a'::regclass ! own",
        "CREATE VIEW {}.report AS SELECT id FROM {}.a ! SELECT count(*) FROM {}.report ! 41",
        "CREATE INDEX by_text ON {}.a (lower(text))"
            + " ! SELECT count(*) FROM pg_indexes WHERE schemaname = '{}' AND indexname = 'by_text'"
            + " ! 1",
        "COMMENT ON COLUMN {}.a.text IS 'see the wiki'"
            + " ! SELECT col_description('{}.a'::regclass, 2) ! see the wiki",
        "ALTER TABLE {}.a ADD note text ! SELECT count(note) FROM {}.a ! 0"
      })
  void isKeptThroughASwap(String sql, String question, String answer) throws Exception {
    ViewTables.write(load.lake(), "a", plain(), plainRows(41, "new"));

    assertThat(loadAndMeanwhile(sql)).as(() -> load.error()).isZero();

    assertThat(way()).isEqualTo("whole");
    assertThat(load.query(question)).containsExactly(answer);
    assertThat(load.query("SELECT count(*), min(text) FROM {}.a")).containsExactly("41|new");
    assertThat(load.run()).isZero();
    assertThat(way()).isEqualTo("none");
  }

  @Test
  void aTriggerThatRewritesTheRowsOfASwapIsNamed() throws Exception {
    ViewTables.write(load.lake(), "a", plain(), plainRows(40, "new"));

    assertThat(loadAndMeanwhile(MASK)).isEqualTo(5);

    assertThat(load.error()).contains("a trigger or rule changes them: trigger masking");
    assertThat(load.query("SELECT DISTINCT text FROM {}.a")).containsExactly("old");
    assertThat(load.query("SELECT count(*) FROM pg_trigger WHERE tgname = 'masking'"))
        .containsExactly("1");
    load.execute("DROP TRIGGER masking ON {}.a");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aTriggerThatRewritesRowsWrittenInTheirPlaceIsNamed(boolean changes) throws Exception {
    load.execute("CREATE VIEW {}.report AS SELECT id FROM {}.a");
    if (changes) {
      ViewTables.change(load.lake(), "a", plain(), List.of("r1"), List.of(row("r1", "new", "r1")));
    } else {
      ViewTables.write(load.lake(), "a", plain(), plainRows(40, "new"));
    }

    assertThat(loadAndMeanwhile(MASK)).isEqualTo(5);

    assertThat(load.error()).contains("a trigger or rule changes them: trigger masking");
    assertThat(load.query("SELECT DISTINCT text FROM {}.a")).containsExactly("old");
    load.execute("DROP TRIGGER masking ON {}.a");
  }
}
