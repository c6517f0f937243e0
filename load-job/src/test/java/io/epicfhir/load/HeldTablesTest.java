package io.epicfhir.load;

import static io.epicfhir.load.ViewTables.column;
import static io.epicfhir.load.ViewTables.plain;
import static io.epicfhir.load.ViewTables.plainRows;
import static io.epicfhir.load.ViewTables.row;
import static io.epicfhir.load.ViewTables.schema;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables whose rows are replaced in their place, while somebody holds them. */
class HeldTablesTest {
  private static final StructType DATES =
      schema(
          column("id", DataTypes.StringType, "id"),
          column("born", DataTypes.StringType, "date", "DATE"));

  @TempDir Path folder;
  private LoadRun load;

  @BeforeEach
  void aLake() {
    load = new LoadRun(folder).with("lock-patience", "1 second");
  }

  private int loadWhileHeld(String tables) throws Exception {
    try (Connection second = LoadRun.connect();
        Statement statement = second.createStatement()) {
      second.setAutoCommit(false);
      statement.execute("LOCK TABLE " + tables.replace("{}", load.schema()) + " IN SHARE MODE");
      return load.run();
    }
  }

  @Test
  void theirRowsAreNotCopiedInVain() throws Exception {
    for (String table : List.of("a", "b")) {
      ViewTables.write(load.lake(), table, plain(), plainRows(3, "old"));
    }
    assertThat(load.run()).isZero();
    List<String> attempts = attempts();
    for (String table : List.of("a", "b")) {
      load.execute("CREATE VIEW {}.of_%1$s AS SELECT * FROM {}.%1$s".formatted(table));
      ViewTables.write(load.lake(), table, plain(), plainRows(3, "new"));
    }

    assertThat(loadWhileHeld("{}.a, {}.b")).isEqualTo(6);

    assertThat(load.error()).contains("another session holds a lock");
    // The last one that is held is waited for, with its rows.
    assertThat(attempts()).as("one at most was copied").containsAnyElementsOf(attempts);
    assertThat(load.run()).isZero();
  }

  private List<String> attempts() throws Exception {
    return load.query("SELECT view, attempt FROM {}_state.load_attempt ORDER BY view");
  }

  /** The list says what the table lacks, and the table still has its old rows. */
  @Test
  void theValuesThatTheirOldRowsLackStayOnTheList() throws Exception {
    load.with("refused-values", "null");
    ViewTables.write(
        load.lake(),
        "a",
        DATES,
        List.of(row("r1", "2024-02-30", "r1"), row("r2", "2024-02-28", "r2")));
    assertThat(load.run()).isZero();
    load.execute("CREATE VIEW {}.report AS SELECT * FROM {}.a; CREATE TABLE {}.lock (a int)");
    load.execute(
        """
        CREATE FUNCTION {}.wait() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN LOCK TABLE {}.lock IN ROW EXCLUSIVE MODE; RETURN NULL; END $$;
        CREATE TRIGGER waiting BEFORE DELETE ON {}.a EXECUTE FUNCTION {}.wait()""");
    ViewTables.write(
        load.lake(),
        "a",
        DATES,
        List.of(row("r1", "2024-02-28", "r1"), row("r2", "2024-02-30", "r2")));

    assertThat(loadWhileHeld("{}.lock")).isEqualTo(6);

    assertThat(load.query("SELECT id FROM {}.a WHERE born IS NULL")).containsExactly("r1");
    assertThat(load.query("SELECT resource_id FROM {}_state.refused_value")).containsExactly("r1");
    assertThat(load.run()).isZero();
    assertThat(load.query("SELECT resource_id FROM {}_state.refused_value")).containsExactly("r2");
  }
}
