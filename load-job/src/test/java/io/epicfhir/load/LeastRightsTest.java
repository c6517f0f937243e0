package io.epicfhir.load;

import static io.epicfhir.load.ViewTables.plain;
import static io.epicfhir.load.ViewTables.plainRows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.load.testing.SharedDatabase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The roles of conf/postgresql/roles.sql, and nothing else. */
class LeastRightsTest {
  @TempDir Path folder;
  private LoadRun load;

  @BeforeEach
  void roles() throws Exception {
    load = new LoadRun(folder);
    grant();
    load.with("user", load.schema() + "_loader").with("reader-role", load.schema() + "_reader");
    load.execute("CREATE TABLE public.{}_private (id text)");
    load.execute("CREATE ROLE {}_analyst LOGIN");
    load.execute("GRANT {}_reader TO {}_analyst");
    ViewTables.write(load.lake(), "a", plain(), plainRows(3, "old"));
    load.with("quality.enabled", "true").with("quality.folder", "quality");
    load.with("quality.statement-timeout", "9s").with("quality.keep-rows", "9");
    Files.createDirectories(folder.resolve("quality"));
    Files.writeString(
        folder.resolve("quality/old.sql"),
        """
        -- title: Old rows
        -- category: plausibility
        -- tables: a
        -- severity: amber
        -- keys: id
        SELECT id FROM a WHERE text = 'old'""");
  }

  private void grant() throws Exception {
    load.execute(
        Files.readString(Path.of("../conf/postgresql/roles.sql"))
            .replace("'epic_fhir_loader'", "'{}_loader'")
            .replace("'epic_fhir_reader'", "'{}_reader'")
            .replace("'fhir_pipeline'", "'{}_state'")
            .replace("'fhir_quality'", "'{}_quality'")
            .replace("'fhir'", "'{}'"));
  }

  @Test
  void theyAreEnoughForAWholeLoadForOneInThePlaceOfTheTableAndForOneOverAnothersTables()
      throws Exception {
    assertThat(load.run()).as(load.lake().toString()).isZero();
    assertThat(as("analyst", "SELECT count(*) FROM {}_quality.old")).isEqualTo("3");
    ViewTables.write(load.lake(), "a", plain(), plainRows(5, "new"));
    assertThat(load.run()).isZero();
    assertThat(as("analyst", "SELECT count(*) FROM {}.a")).isEqualTo("5");
    assertThat(load.query("SELECT count(*) FROM {}_state.audit")).containsExactly("4");

    load.execute("CREATE VIEW public.{}_seen AS SELECT * FROM {}.a");
    ViewTables.write(load.lake(), "a", plain(), plainRows(4, "newer"));
    assertThat(load.run()).as("in its place: a view stands on it").isZero();
    assertThat(as("analyst", "SELECT count(*) FROM {}.a")).isEqualTo("4");

    load.execute("ALTER TABLE {}.a OWNER TO postgres");
    grant();
    ViewTables.write(load.lake(), "a", plain(), plainRows(6, "newest"));
    assertThat(load.run()).isZero();
    assertThat(as("analyst", "SELECT count(*) FROM {}.a")).isEqualTo("6");
  }

  /** The schemas are the administrator's: PostgreSQL warns where the loader grants their use. */
  @Test
  void aReaderThatTheScriptDoesNotKnowIsToldUntilTheSchemasLetItIn() throws Exception {
    assertThat(load.run()).isZero();
    load.execute("CREATE ROLE {}_second LOGIN");
    load.with("reader-role", load.schema() + "_second");
    for (int i = 0; i < 2; i++) {
      ViewTables.write(load.lake(), "a", plain(), plainRows(4 + i, "new"));
      assertThat(load.run()).isEqualTo(3);
      assertThat(load.error().replace(load.schema(), "s"))
          .contains(
              "Ask the owners of these objects to run: GRANT USAGE ON SCHEMA \"s\" TO \"s_second\"");
      assertThat(load.error()).contains("GRANT USAGE ON SCHEMA \"" + load.schema() + "_quality\"");
      assertThat(load.query("SELECT count(*) FROM {}.a")).containsExactly(4 + i + "");
    }
    load.execute("GRANT USAGE ON SCHEMA {}, {}_quality TO {}_second");

    assertThat(load.run()).as(() -> load.error()).isZero();

    assertThat(as("second", "SELECT count(*) FROM {}.a")).isEqualTo("5");
    assertThat(as("second", "SELECT count(*) FROM {}_quality.old")).isEqualTo("0");
  }

  /** What somebody made of the rights since the first run stays, and so do others' tables. */
  @Test
  void theScriptRunsAgainWithoutOpeningAnything() throws Exception {
    assertThat(load.run()).isZero();
    load.execute("REVOKE SELECT ON {}.a FROM {}_reader");
    load.execute("GRANT SELECT ON {}.a TO PUBLIC");
    load.execute("CREATE TABLE {}.mine (id text)");

    grant();

    assertThat(
            load.query(
                "SELECT relname, relacl::text LIKE '%{}_reader=%', relacl::text LIKE '%,=r/%',"
                    + " relowner::regrole::text FROM pg_class WHERE relkind = 'r'"
                    + " AND relnamespace = '{}'::regnamespace ORDER BY 1"))
        .containsExactly("a|f|t|" + load.schema() + "_loader", "mine|null|null|postgres");
  }

  /** As on a host in FIPS mode, where it fails for everybody. */
  @Test
  void md5IsNotNeeded() throws Exception {
    load.execute(
        "REVOKE EXECUTE ON FUNCTION pg_catalog.md5(text), pg_catalog.md5(bytea) FROM PUBLIC");
    try {
      for (String text : List.of("new", "newer")) {
        ViewTables.write(load.lake(), "a", plain(), plainRows(5, text));
        assertThat(load.run()).as(() -> load.error()).isZero();
      }
      assertThat(load.run("--verify", "all")).as(() -> load.error()).isZero();
    } finally {
      load.execute(
          "GRANT EXECUTE ON FUNCTION pg_catalog.md5(text), pg_catalog.md5(bytea) TO PUBLIC");
    }
  }

  @Test
  void theyAllowNothingElse() throws Exception {
    assertThat(load.run()).isZero();
    Map<String, List<String>> refused =
        Map.of(
            "analyst",
            List.of(
                "INSERT INTO {}.a SELECT * FROM {}.a",
                "DELETE FROM {}.a",
                "CREATE TABLE {}.mine (id text)",
                "SELECT * FROM {}_state.load_state"),
            "loader",
            List.of(
                "SELECT * FROM public.{}_private",
                "CREATE SCHEMA {}_mine",
                "CREATE ROLE {}_more",
                "DELETE FROM {}_state.audit",
                "UPDATE {}_state.audit SET record = ''",
                "ALTER TABLE {}_state.audit DISABLE TRIGGER append_only",
                "DROP SCHEMA {} CASCADE",
                "COPY {}.a TO '/tmp/a'"));
    refused.forEach(
        (role, statements) ->
            statements.forEach(
                statement ->
                    assertThatThrownBy(() -> as(role, statement))
                        .as(statement)
                        .isInstanceOfSatisfying(
                            SQLException.class,
                            e -> assertThat(e.getSQLState()).isEqualTo("42501"))));
  }

  private String as(String role, String sql) throws SQLException {
    try (Connection connection =
            DriverManager.getConnection(
                SharedDatabase.database().jdbcUrl(), load.schema() + "_" + role, "");
        Statement statement = connection.createStatement()) {
      boolean rows = statement.execute(sql.replace("{}", load.schema()));
      if (!rows) {
        return "";
      }
      statement.getResultSet().next();
      return statement.getResultSet().getString(1);
    }
  }
}
