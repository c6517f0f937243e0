package io.epicfhir.load;

import static io.epicfhir.load.ViewTables.column;
import static io.epicfhir.load.ViewTables.plain;
import static io.epicfhir.load.ViewTables.plainRows;
import static io.epicfhir.load.ViewTables.row;
import static io.epicfhir.load.ViewTables.schema;
import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.SmallDisk;
import io.epicfhir.load.postgres.session.PostgresAccess;
import io.epicfhir.load.postgres.session.PostgresSession;
import io.epicfhir.load.testing.SharedDatabase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.apache.spark.sql.types.DataTypes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the job says, and what stays, where it cannot load. */
class LoadFailuresTest {
  @TempDir Path folder;

  @Test
  void aValueThatPostgresRefusesLeavesTheOldTableAndStaysUnsaid() throws Exception {
    LoadRun load = new LoadRun(folder);
    var numbers = schema(column("amount", DataTypes.StringType, "decimal"));
    ViewTables.write(load.lake(), "a", numbers, List.of(row("1.50", "r")));
    assertThat(load.run()).isZero();
    ViewTables.write(
        load.lake(), "a", numbers, List.of(row("2", "r"), row("lots of secret", "r2")));

    assertThat(load.run()).isEqualTo(5);

    assertThat(load.error())
        .contains(load.schema() + ".a: PostgreSQL refuses 1 value(s) of column amount (numeric)")
        .doesNotContain("secret");
    assertThat(load.query("SELECT amount FROM {}.a")).containsExactly("1.50");
    assertThat(load.query("SELECT delta_version FROM {}_state.load_state")).containsExactly("0");
  }

  /** It has no letter for Dvořák; or it takes all bytes, and knows no letters. */
  @ParameterizedTest
  @ValueSource(strings = {"LATIN1", "SQL_ASCII"})
  void aDatabaseThatCannotHoldEveryCharacterIsRefused(String encoding) throws Exception {
    LoadRun load = new LoadRun(folder);
    ViewTables.write(load.lake(), "a", plain(), plainRows(2, "x"));
    String database = load.schema() + "_other";
    load.execute(
        "CREATE DATABASE %s TEMPLATE template0 ENCODING '%s' LOCALE 'C'"
            .formatted(database, encoding));
    load.with("jdbc-url", load.setting("jdbc-url").replaceFirst("/postgres$", "/" + database));
    try {
      assertThat(load.run()).isEqualTo(2);
    } finally {
      load.execute("DROP DATABASE " + database);
    }
    assertThat(load.error()).contains("encoding " + encoding, "ENCODING 'UTF8'");
  }

  @Test
  void aFolderWithoutAFirstCommitIsNoTableAndStopsNobody() throws Exception {
    LoadRun load = new LoadRun(folder);
    ViewTables.write(load.lake(), "a", plain(), plainRows(2, "old"));
    Path killed = Files.createDirectories(load.lake().resolve("views/killed/_delta_log"));
    Files.createDirectories(load.lake().resolve("views/Not a table"));

    for (String left : List.of("", ".00000000000000000000.json.tmp", "00000000000000000000.crc")) {
      if (!left.isEmpty()) {
        Files.writeString(killed.resolve(left), "{");
      }
      assertThat(load.run()).isZero();
    }

    assertThat(load.report().at("/result/tables").properties()).hasSize(1);
    assertThat(load.report().at("/notes"))
        .singleElement()
        .satisfies(
            note ->
                assertThat(note.asText())
                    .isEqualTo(
                        "views/killed has no commit yet and was not loaded: rerun transform, or"
                            + " delete the folder"));
  }

  @Test
  void aLakeOfLeftoversOnlyHasNothingToLoad() throws Exception {
    LoadRun load = new LoadRun(folder);
    Files.createDirectories(load.lake().resolve("views/killed/_delta_log"));

    assertThat(load.run()).isEqualTo(2);

    assertThat(load.error()).startsWith("Cannot load views: no Delta table under ");
  }

  @Test
  void aDataFileThatIsGoneIsAStorageErrorThatNamesIt() throws Exception {
    LoadRun load = new LoadRun(folder);
    ViewTables.write(load.lake(), "a", plain(), plainRows(2, "old"));
    assertThat(load.run()).isZero();
    ViewTables.write(load.lake(), "a", plain(), plainRows(3, "new"));
    try (var files = Files.list(load.lake().resolve("views/a"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".parquet")).toList()) {
        Files.delete(file);
      }
    }

    assertThat(load.run()).isEqualTo(6);

    assertThat(load.error())
        .startsWith("Cannot load view a: its table lacks the file ")
        .endsWith("restore it, or delete the table and rerun from transform");
    assertThat(load.query("SELECT DISTINCT text FROM {}.a")).containsExactly("old");
  }

  @Test
  void aLogThatIsBrokenIsRefusedAndNothingOfItIsTold() throws Exception {
    LoadRun load = new LoadRun(folder);
    ViewTables.write(load.lake(), "a", plain(), plainRows(2, "old"));
    Path log = load.lake().resolve("views/a/_delta_log");
    Files.delete(log.resolve("00000000000000000000.crc"));
    Files.writeString(log.resolve("00000000000000000000.json"), "{\"add\": secret\n");

    assertThat(load.run()).isEqualTo(5);

    assertThat(load.error())
        .startsWith("Cannot read the log of the Delta table ")
        .doesNotContain("secret");
  }

  @Test
  void aDatabaseThatIsAwayIsNamedWithoutThePassword() throws Exception {
    LoadRun load = new LoadRun(folder);
    ViewTables.write(load.lake(), "a", plain(), List.of());
    Path password = Files.writeString(folder.resolve("password"), "open sesame");
    Files.setPosixFilePermissions(password, PosixFilePermissions.fromString("rw-------"));
    load.with("jdbc-url", "jdbc:postgresql://127.0.0.1:1/warehouse?connectTimeout=2")
        .with("password-file", password.toString());

    assertThat(load.run()).isEqualTo(6);

    assertThat(load.error())
        .startsWith("Cannot reach PostgreSQL at 127.0.0.1:1/warehouse as postgres: ")
        .endsWith("check that the server is up and has free disk space and connections, then rerun")
        .doesNotContain("sesame");
  }

  @Test
  void aMissingDatabaseAndAMissingRightAreRefusals() throws Exception {
    LoadRun load = new LoadRun(folder);
    ViewTables.write(load.lake(), "a", plain(), List.of());
    String server = SharedDatabase.database().jdbcUrl();
    load.with("jdbc-url", server.replace("/postgres", "/nowhere"));

    assertThat(load.run()).isEqualTo(3);
    assertThat(load.error()).contains("database \"nowhere\" does not exist");

    load.execute("CREATE ROLE {}_weak LOGIN");
    load.with("jdbc-url", server).with("user", load.schema() + "_weak");
    assertThat(load.run()).isEqualTo(3);
    assertThat(load.error()).contains("Cannot prepare the schemas: ", "permission denied");
  }

  @Test
  void aSecondLoaderWaitsForTheFirstAndGivesUpInTime() throws Exception {
    LoadRun load = new LoadRun(folder).with("lock-patience", "300 milliseconds");
    ViewTables.write(load.lake(), "a", plain(), List.of());
    PostgresAccess access = new PostgresAccess(SharedDatabase.database().jdbcUrl(), "postgres", "");
    try (PostgresSession first =
        new PostgresSession(
            access, load.schema() + "_state", Duration.ofSeconds(1), Duration.ofSeconds(1))) {
      assertThat(first.connection().isValid(60)).isTrue();

      assertThat(load.run()).isEqualTo(6);

      assertThat(load.error())
          .contains("another load held the lock for 0 s; wait until it ends, then rerun");
    }
    assertThat(load.run()).isZero();
  }

  @Test
  void aQueryThatHoldsTheOldTableForTooLongLeavesItThere() throws Exception {
    LoadRun load = new LoadRun(folder).with("lock-patience", "500 milliseconds");
    ViewTables.write(load.lake(), "a", plain(), plainRows(1, "old"));
    assertThat(load.run()).isZero();
    ViewTables.write(load.lake(), "a", plain(), plainRows(1, "new"));
    try (Connection reader = LoadRun.connect();
        Statement statement = reader.createStatement()) {
      reader.setAutoCommit(false);
      statement.executeQuery("SELECT * FROM " + load.schema() + ".a").close();

      assertThat(load.run()).isEqualTo(6);

      assertThat(load.error()).contains("another session holds a lock");
    }
    assertThat(load.query("SELECT text FROM {}.a")).containsExactly("old");
    assertThat(load.run()).isZero();
    assertThat(load.query("SELECT text FROM {}.a")).containsExactly("new");
  }

  @Test
  void aColumnOfAnotherTypeUnderASqlViewIsRefusedByName() throws Exception {
    LoadRun load = new LoadRun(folder);
    var numbers = schema(column("amount", DataTypes.StringType, "decimal"));
    ViewTables.write(load.lake(), "a", numbers, List.of(row("1.50", "r")));
    assertThat(load.run()).isZero();
    load.execute("CREATE VIEW {}.report AS SELECT * FROM {}.a");
    var words = schema(column("amount", DataTypes.StringType, "string"));
    ViewTables.write(load.lake(), "a", words, List.of(row("two", "r")));

    assertThat(load.run()).isEqualTo(3);

    assertThat(load.error())
        .contains(
            "column amount is now text",
            "Drop the objects or undo the change, rerun, then restore them");
    assertThat(load.query("SELECT amount FROM {}.report")).containsExactly("1.50");
    load.execute("DROP VIEW {}.report");
    assertThat(load.run()).isZero();
    assertThat(load.query("SELECT amount FROM {}.a")).containsExactly("two");
  }

  @Test
  void namesThatNoTableCanHaveAreRefusedAllAtOnce() throws Exception {
    LoadRun load = new LoadRun(folder);
    ViewTables.write(
        load.lake(),
        "a",
        schema(
            column("x".repeat(64), DataTypes.StringType, "string"),
            column("_gone", DataTypes.StringType, "string"),
            column("when", DataTypes.StringType, "date", "FORTNIGHT")),
        List.of());

    assertThat(load.run()).isEqualTo(2);

    assertThat(load.error())
        .contains("column _gone has a name that load itself needs; rename the column")
        .contains(
            "x".repeat(64) + " must have at most 63 letters",
            "when has the unknown ansi/type FORTNIGHT");
  }

  @Test
  void aLakeWithoutViewsIsNotGreen() throws Exception {
    LoadRun load = new LoadRun(folder);

    assertThat(load.run()).isEqualTo(2);

    assertThat(load.error()).contains("Cannot load views: no Delta table under");
  }

  @Test
  void aReadOnlyLakeIsNeverGreenAndItsTableIsWholeAndNotLoadedTwice() throws Exception {
    LoadRun load = new LoadRun(folder);
    try (SmallDisk lake = SmallDisk.mount(load.lake(), "4m")) {
      ViewTables.write(load.lake(), "a", plain(), plainRows(3, "x"));
      lake.remount("ro");
      // No work without its audit record.
      assertThat(load.run()).isEqualTo(6);
      assertThat(load.query("SELECT to_regclass('{}.a') IS NULL")).containsExactly("t");
      lake.remount("rw");
      assertThat(load.run()).isZero();
      lake.remount("ro");
      assertThat(load.run()).isEqualTo(6);
      assertThat(load.query("SELECT count(*), min(text) FROM {}.a")).containsExactly("3|x");
      lake.remount("rw");
      assertThat(load.run()).isZero();
      assertThat(load.report().at("/result/tables/a/loaded").asText()).isEqualTo("none");
    }
  }
}
