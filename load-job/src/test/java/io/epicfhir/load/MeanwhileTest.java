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
