package io.epicfhir.load;

import static io.epicfhir.load.ViewTables.plain;
import static io.epicfhir.load.ViewTables.plainRows;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.load.testing.SharedDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Quality checks as the load job runs them, over a view a of plain rows: id r0, r1, … */
class QualityTest {
  private static final String HEAD =
      """
      -- title: All rows
      -- category: plausibility
      -- tables: a
      -- severity: red
      -- keys: id
      """;

  @TempDir Path folder;
  private LoadRun load;

  @BeforeEach
  void aLakeAndAFolderOfChecks() throws IOException {
    Files.createDirectories(folder.resolve("quality"));
    load =
        new LoadRun(folder)
            .with("quality.enabled", "true")
            .with("quality.folder", "quality")
            .with("quality.statement-timeout", "500 milliseconds")
            .with("quality.keep-rows", "2");
    ViewTables.write(load.lake(), "a", plain(), plainRows(3, "x"));
  }

  private void check(String name, String sql) throws IOException {
    Files.writeString(folder.resolve("quality").resolve(name + ".sql"), HEAD + sql);
  }

  private JsonNode result(String check) {
    return load.report().at("/result/quality/" + check);
  }

  private String why(String check) {
    assertThat(result(check).at("/state").asText()).isEqualTo("could_not_run");
    assertThat(result(check).has("rows")).isFalse();
    return result(check).at("/reason").asText();
  }

  /** A superuser sees all rows, whatever the table's owner made of them. */
  @Test
  void rowsThatAreHiddenAreNotTakenForGoodOnes() throws Exception {
    load.execute("CREATE ROLE {}_loader LOGIN");
    load.execute("GRANT CREATE ON DATABASE postgres TO {}_loader");
    load.with("user", load.schema() + "_loader");
    check("every_row", "SELECT id, text FROM a");
    assertThat(load.run()).isZero();
    load.execute(
        "ALTER TABLE {}.a ENABLE ROW LEVEL SECURITY; ALTER TABLE {}.a FORCE ROW LEVEL SECURITY");

    assertThat(load.run()).isZero();

    assertThat(why("every_row")).contains("would be affected by row-level security policy");
    assertThat(load.report().at("/result/tables/a").has("null_share")).isFalse();
    assertThat(load.report().at("/notes/0").asText())
        .isEqualTo(
            load.schema()
                + ".a: its shares of nulls and its patients could not be checked (SQLSTATE 42501)");
  }

  /** To keep what was found: no run's rows. */
  @Test
  void rowsOfATableThatInheritsFromThemStay() throws Exception {
    check("every_row", "SELECT id, text FROM ONLY a");
    assertThat(load.run()).isZero();
    load.execute("CREATE TABLE {}_quality.archive (seen date) INHERITS ({}_quality.every_row)");
    load.execute("INSERT INTO {}_quality.archive VALUES ('r0', 'x', '2026-01-01')");

    assertThat(load.run()).isZero();

    assertThat(load.query("SELECT id FROM {}_quality.archive")).containsExactly("r0");
    assertThat(load.query("SELECT count(*) FROM ONLY {}_quality.every_row")).containsExactly("2");
  }

  @Test
  void badRowsAreCountedAndSomeAreKeptUntilTheNextRun() throws Exception {
    check("every_row", "SELECT id, text FROM a");
    check("no_row", "SELECT id FROM a WHERE id IS NULL");

    assertThat(load.run()).isZero();

    assertThat(result("every_row").toString())
        .isEqualTo(
            ("{\"title\":\"All rows\",\"category\":\"plausibility\",\"severity\":\"red\","
                    + "\"state\":\"exceeded\",\"rows\":3,\"allowed\":0,"
                    + "\"query\":\"SELECT * FROM {}_quality.every_row\"}")
                .replace("{}", load.schema()));
    assertThat(result("no_row").at("/state").asText()).isEqualTo("passed");
    assertThat(load.query("SELECT id FROM {}_quality.every_row")).hasSize(2);
    assertThat(load.query("SELECT id FROM {}_quality.no_row")).isEmpty();

    load.execute("CREATE VIEW {}_quality.mine AS SELECT id FROM {}_quality.every_row");
    ViewTables.write(load.lake(), "a", plain(), plainRows(1, "y"));
    check("no_row", "SELECT id, 1 AS another_column FROM a");
    assertThat(load.run()).isZero();
    assertThat(load.query("SELECT count(*) FROM {}_quality.mine")).containsExactly("1");
    assertThat(load.query("SELECT another_column FROM {}_quality.no_row")).containsExactly("1");
  }

  @Test
  void aCheckThatCouldNotRunSaysWhyAndStopsNoOther() throws Exception {
    check("broken", "SELECT id FROM a WHERE nonsense = 1");
    check("computes", "SELECT id FROM a WHERE CAST(text AS integer) = 1");
    check("slow", "SELECT id FROM a WHERE pg_sleep(30) IS NOT NULL");
    check("writes", "WITH gone AS (DELETE FROM a RETURNING id) SELECT id FROM gone");
    check("hidden", "SELECT id FROM a WHERE nextval('counter') > 0");
    check("two", "SELECT 1; DROP TABLE a");
    check("other", "SELECT id FROM a");
    Files.writeString(
        folder.resolve("quality/elsewhere.sql"),
        (HEAD + "SELECT id FROM b").replace("tables: a", "tables: a, b"));
    load.with("quality.overrides.strange", "off");
    load.execute("CREATE SCHEMA IF NOT EXISTS {}");
    load.execute("CREATE SEQUENCE {}.counter");

    assertThat(load.run()).isZero();

    assertThat(why("broken")).contains("column \"nonsense\" does not exist");
    assertThat(why("computes")).contains("SQLSTATE 22P02").doesNotContain("\"x\"");
    assertThat(why("slow")).contains("longer than load.quality.statement-timeout");
    assertThat(why("writes")).isNotEmpty();
    assertThat(why("hidden")).contains("read-only");
    assertThat(why("two")).isEqualTo("two.sql: write exactly one SELECT, without a semicolon");
    assertThat(why("elsewhere")).isEqualTo("there is no table b in the schema " + load.schema());
    assertThat(why("strange"))
        .isEqualTo(
            "load.quality.overrides names this check, but load.quality.folder has no file"
                + " strange.sql; correct the name, or remove the override");
    assertThat(result("other").at("/state").asText()).isEqualTo("exceeded");
    assertThat(load.query("SELECT count(*) FROM {}.a")).containsExactly("3");
  }

  @Test
  void settingsChangeThresholdsAndTurnChecksOff() throws Exception {
    check("less", "SELECT id FROM a");
    check("gone", "SELECT nonsense");
    load.with("quality.overrides.less", "max-rows=3").with("quality.overrides.gone", "off");

    assertThat(load.run()).isZero();

    assertThat(result("less").at("/state").asText()).isEqualTo("passed");
    assertThat(result("less").at("/allowed").asInt()).isEqualTo(3);
    assertThat(result("gone").toString()).isEqualTo("{\"state\":\"off\"}");
  }

  @Test
  void theReaderRoleMayReadBadRows() throws Exception {
    check("less", "SELECT id FROM a");
    String role = SharedDatabase.newSchema() + "_reader";
    load.execute("CREATE ROLE " + role);
    assertThat(load.with("reader-role", role).run()).isZero();
    assertThat(
            load.query(
                "SELECT has_table_privilege('%s', '{}_quality.less', 'SELECT'), has_schema_privilege('%1$s', '{}_quality', 'USAGE')"
                    .formatted(role)))
        .containsExactly("t|t");
  }

  @Test
  void whatAnAdministratorTakesFromTheReaderRoleStaysTaken() throws Exception {
    check("less", "SELECT id FROM a");
    load.execute("CREATE ROLE {}_reader; CREATE ROLE {}_clerk");
    load.with("reader-role", load.schema() + "_reader");
    assertThat(load.run()).isZero();
    load.execute("REVOKE SELECT ON {}_quality.less FROM {}_reader");
    load.execute("REVOKE USAGE ON SCHEMA {}_quality FROM {}_reader");
    load.execute("GRANT SELECT ON {}_quality.less TO {}_clerk");
    String rights =
        "SELECT has_table_privilege('{}_reader', '{}_quality.less', 'SELECT'),"
            + " has_schema_privilege('{}_reader', '{}_quality', 'USAGE'),"
            + " has_table_privilege('{}_clerk', '{}_quality.less', 'SELECT')";

    assertThat(load.run()).isZero();
    assertThat(load.query(rights)).containsExactly("f|f|t");

    check("less", "SELECT id, text FROM a");
    assertThat(load.run()).isZero();
    assertThat(load.query("SELECT text FROM {}_quality.less")).containsExactly("x", "x");
    assertThat(load.query(rights)).as("of a table with other columns").containsExactly("f|f|t");
    assertThat(
            load.query("SELECT relreplident FROM pg_class WHERE oid = '{}_quality.less'::regclass"))
        .containsExactly("f");
  }

  @Test
  void rowSecurityOfBadRowsIsNotLostWithTheirColumns() throws Exception {
    check("less", "SELECT id FROM a");
    assertThat(load.run()).isZero();
    load.execute("ALTER TABLE {}_quality.less ENABLE ROW LEVEL SECURITY");
    assertThat(load.run()).isZero();
    assertThat(result("less").at("/state").asText()).isEqualTo("exceeded");
    check("less", "SELECT id, text FROM a");

    assertThat(load.run()).isZero();

    assertThat(why("less")).contains(load.schema() + "_quality.less, which has row security");
    assertThat(load.query("SELECT count(*) FROM {}_quality.less")).containsExactly("2");
  }

  /** The loader owns the tables, and copies rows that a policy hides from all others. */
  @Test
  void rowsThatThePoliciesOfTablesHideAreNotForTheReaderRole() throws Exception {
    load.execute("CREATE ROLE {}_loader LOGIN; CREATE ROLE {}_reader; CREATE ROLE {}_second");
    load.execute("GRANT CREATE ON DATABASE postgres TO {}_loader");
    load.with("user", load.schema() + "_loader").with("reader-role", load.schema() + "_reader");
    ViewTables.write(load.lake(), "b", plain(), plainRows(1, "y"));
    check("direct", "SELECT id, text FROM a");
    check("other", "SELECT id FROM b");
    check("nested", "SELECT id FROM b WHERE id IN (SELECT id FROM seen)");
    check("subquery", "WITH c AS (SELECT id FROM a) SELECT id, (SELECT max(id) FROM c) FROM b");
    assertThat(load.run()).isZero();
    assertThat(readers("reader")).containsExactly("direct", "other", "subquery");
    load.execute("CREATE VIEW {}.seen AS SELECT id FROM {}.a");
    load.execute("GRANT SELECT ON {}.seen TO {}_loader, {}_reader");
    load.execute("ALTER VIEW {}.seen OWNER TO {}_loader");
    assertThat(load.run()).isZero();
    assertThat(readers("reader")).containsExactly("direct", "nested", "other", "subquery");

    load.execute("ALTER TABLE {}.a ENABLE ROW LEVEL SECURITY");
    load.execute("CREATE POLICY mine ON {}.a USING (text = 'nobody')");
    assertThat(load.run()).isZero();

    assertThat(readers("reader")).containsExactly("other");
    assertThat(result("direct").at("/rows").asInt()).isEqualTo(3);
    assertThat(result("direct").at("/query").asText())
        .startsWith("SELECT * FROM " + load.schema() + "_quality.direct -- as load.user");
    assertThat(result("other").at("/query").asText()).endsWith("_quality.other");
    assertThat(load.with("reader-role", load.schema() + "_second").run()).isZero();
    assertThat(readers("second")).doesNotContain("direct", "nested", "subquery");
    check("direct", "SELECT id, text, 1 AS one FROM a");
    check("later", "SELECT id FROM a");
    assertThat(load.run()).isZero();
    assertThat(readers("second")).doesNotContain("direct", "nested", "subquery", "later");
  }

  @Test
  void whoMayReadSomeColumnsOfATableOnlyReadsNoBadRowsOfIt() throws Exception {
    load.execute("CREATE ROLE {}_reader");
    load.with("reader-role", load.schema() + "_reader");
    check("direct", "SELECT id, text FROM a");
    assertThat(load.run()).isZero();
    assertThat(readers("reader")).containsExactly("direct");
    load.execute("REVOKE SELECT ON {}.a FROM {}_reader; GRANT SELECT (id) ON {}.a TO {}_reader");

    assertThat(load.run()).isZero();

    assertThat(readers("reader")).isEmpty();
  }

  private java.util.List<String> readers(String role) throws Exception {
    return load.query(
        "SELECT relname FROM pg_class c WHERE relnamespace = '{}_quality'::regnamespace AND"
            + " relkind = 'r' AND has_table_privilege('{}_"
            + role
            + "', c.oid, 'SELECT') ORDER BY 1");
  }

  @Test
  void anotherReaderRoleMayReadBadRowsOfBefore() throws Exception {
    check("less", "SELECT id FROM a");
    load.execute("CREATE ROLE {}_reader");
    assertThat(load.run()).isZero();

    assertThat(load.with("reader-role", load.schema() + "_reader").run()).isZero();

    assertThat(
            load.query(
                "SELECT has_table_privilege('{}_reader', '{}_quality.less', 'SELECT'),"
                    + " has_schema_privilege('{}_reader', '{}_quality', 'USAGE')"))
        .containsExactly("t|t");
  }

  @Test
  void withoutChecksOrWithoutPostgresNothingCountsAsPassed() throws Exception {
    assertThat(load.run()).isZero();
    assertThat(why("all")).contains("has no .sql file");

    check("less", "SELECT id FROM a");
    load.with("target", "parquet").with("export-folder", folder.resolve("out").toString());
    assertThat(load.run()).isZero();
    assertThat(why("less")).contains("skipped", "load.target is parquet");

    load.with("target", "postgresql").with("quality.folder", "nowhere");
    assertThat(load.run()).isZero();
    assertThat(why("all")).contains("load.quality.folder cannot be read");

    assertThat(load.with("quality.enabled", "false").run()).isZero();
    assertThat(load.report().at("/result").has("quality")).isFalse();
  }
}
