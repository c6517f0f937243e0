package io.epicfhir.load;

import static io.epicfhir.load.ViewTables.plain;
import static io.epicfhir.load.ViewTables.plainRows;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an administrator made of a table is the same after every way of loading. */
class RightsTest {
  /** All that PostgreSQL's catalog says of the table but its size, its oid and its files. */
  private static final String CATALOG =
      """
      SELECT 'table', r.rolname, c.relacl::text, s.spcname, c.reloptions::text, c.relrowsecurity,
        c.relforcerowsecurity, c.relreplident, c.relpersistence
      FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
      LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace WHERE c.oid = '{}.a'::regclass
      UNION ALL SELECT 'column', a.attname, a.attacl::text, format_type(a.atttypid, a.atttypmod),
        a.attoptions::text, a.attnotnull, a.atthasdef, a.attstorage, a.attstattarget::text
      FROM pg_attribute a WHERE a.attrelid = '{}.a'::regclass AND a.attnum > 0
      UNION ALL SELECT 'comment', d.objsubid::text, d.description, '', '', true, true, '', ''
      FROM pg_description d WHERE d.objoid = '{}.a'::regclass
      UNION ALL SELECT 'label', l.objsubid::text, l.provider, l.label, '', true, true, '', ''
      FROM pg_seclabel l WHERE l.objoid = '{}.a'::regclass
      UNION ALL SELECT 'policy', p.polname, p.polroles::text, p.polqual::text, '', true, true, '', ''
      FROM pg_policy p WHERE p.polrelid = '{}.a'::regclass
      UNION ALL SELECT 'index', i.indexname, i.indexdef, i.tablespace,
        obj_description(('{}.' || i.indexname)::regclass, 'pg_class'), true, true, '', ''
      FROM pg_indexes i WHERE i.schemaname = '{}' AND i.tablename = 'a'
      UNION ALL SELECT 'constraint', k.conname, pg_get_constraintdef(k.oid), '', '', true, true, '', ''
      FROM pg_constraint k WHERE k.conrelid = '{}.a'::regclass
      UNION ALL SELECT 'statistics', x.stxname, x.stxkeys::text, '', '', true, true, '', ''
      FROM pg_statistic_ext x WHERE x.stxrelid = '{}.a'::regclass ORDER BY 1, 2, 3""";

  @TempDir Path folder;
  private LoadRun load;

  @BeforeEach
  void aLoadedTable() throws Exception {
    load = new LoadRun(folder);
    ViewTables.write(load.lake(), "a", plain(), plainRows(40, "old"));
    ViewTables.deletionVectors(load.lake(), "a", true);
    assertThat(load.run()).isZero();
    load.execute("CREATE ROLE {}_clerk; CREATE ROLE {}_chief");
  }

  /** By changes, whole, and whole by hand: what the catalog says stays. */
  private void assertStays() throws Exception {
    List<String> before = load.query(CATALOG);
    ViewTables.change(load.lake(), "a", plain(), List.of("r1"), List.of());
    assertThat(load.run()).isZero();
    assertThat(load.query(CATALOG)).as("by changes").isEqualTo(before);
    ViewTables.write(load.lake(), "a", plain(), plainRows(40, "new"));
    assertThat(load.run()).isZero();
    assertThat(load.report().at("/result/tables/a/loaded").asText()).isEqualTo("whole");
    assertThat(load.query(CATALOG)).as("whole").isEqualTo(before);
    assertThat(load.run("--views", "a")).isZero();
    assertThat(load.query(CATALOG)).as("by hand").isEqualTo(before);
    assertThat(load.query("SELECT count(*), min(text) FROM {}.a")).containsExactly("40|new");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ALTER TABLE {}.a ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE {}.a ENABLE ROW LEVEL SECURITY; ALTER TABLE {}.a FORCE ROW LEVEL SECURITY",
        "CREATE POLICY own ON {}.a USING (text = current_user)",
        "GRANT SELECT ON {}.a TO {}_clerk, PUBLIC; REVOKE SELECT ON {}.a FROM PUBLIC",
        "GRANT SELECT (id), UPDATE (text) ON {}.a TO {}_clerk",
        "GRANT ALL ON {}.a TO {}_chief WITH GRANT OPTION; SET ROLE {}_chief;"
            + " GRANT SELECT ON {}.a TO {}_clerk; RESET ROLE",
        "REVOKE TRUNCATE, UPDATE ON {}.a FROM postgres",
        "GRANT CREATE, USAGE ON SCHEMA {}, {}_state TO {}_chief; ALTER TABLE {}.a OWNER TO {}_chief;"
            + " GRANT SELECT ON {}.a TO {}_clerk",
        "SET allow_system_table_mods = on; INSERT INTO pg_seclabel VALUES"
            + " ('{}.a'::regclass, 'pg_class'::regclass, 0, 'site', 'secret'),"
            + " ('{}.a'::regclass, 'pg_class'::regclass, 2, 'site', 'masked')",
        "COMMENT ON TABLE {}.a IS 'ours'; COMMENT ON COLUMN {}.a.text IS 'see the wiki';"
            + " COMMENT ON COLUMN {}.a.id IS NULL",
        "COMMENT ON INDEX {}.a_pkey IS 'do not drop'",
        "CREATE INDEX by_text ON {}.a (lower(text)) WHERE text <> ''",
        "ALTER INDEX {}.a_pkey RENAME TO a_key",
        "ALTER TABLE {}.a SET (fillfactor = 70, autovacuum_enabled = false)",
        "ALTER TABLE {}.a ALTER text SET STATISTICS 500",
        "ALTER TABLE {}.a ALTER text SET STORAGE EXTERNAL",
        "ALTER TABLE {}.a ALTER text SET NOT NULL",
        "ALTER TABLE {}.a ALTER text SET DEFAULT ''",
        "ALTER TABLE {}.a ADD CONSTRAINT some CHECK (text <> 'none')",
        "ALTER TABLE {}.a ADD CONSTRAINT one UNIQUE (id, text)",
        "ALTER TABLE {}.a REPLICA IDENTITY FULL",
        "CREATE STATISTICS {}.together ON id, text FROM {}.a",
        "CREATE FUNCTION {}.first() RETURNS {}.a LANGUAGE sql AS 'SELECT * FROM {}.a LIMIT 1'",
        "CREATE FUNCTION {}.every() RETURNS {}.a[] LANGUAGE sql AS 'SELECT array_agg(a) FROM {}.a'"
      })
  void staysBy(String sql) throws Exception {
    load.execute(sql);

    assertStays();
  }

  @Test
  void aTablespaceStays() throws Exception {
    Path space = Files.createDirectory(folder.resolve("space"));
    load.execute("SELECT 1");
    own(space);
    load.execute("CREATE TABLESPACE {}_space LOCATION '" + space + "'");
    load.execute("ALTER TABLE {}.a SET TABLESPACE {}_space");
    assertStays();
    load.execute("DROP TABLE {}.a; DROP TABLESPACE {}_space");
  }

  private void own(Path space) throws Exception {
    String data = load.query("SHOW data_directory").get(0);
    new ProcessBuilder("chmod", "755", folder.toString()).start().waitFor();
    new ProcessBuilder("chown", "--reference=" + data, space.toString()).start().waitFor();
  }

  @Test
  void whatTheSchemasDefaultsGiveIsNotGivenAgain() throws Exception {
    load.execute(
        """
        ALTER DEFAULT PRIVILEGES IN SCHEMA {}_state GRANT SELECT ON TABLES TO {}_clerk;
        GRANT SELECT ON {}.a TO {}_chief""");
    assertStays();
    assertThat(load.query("SELECT has_table_privilege('{}_clerk', '{}.a', 'SELECT')"))
        .containsExactly("f");
  }

  @Test
  void theReaderRoleDoesNotGetBackWhatWasTakenFromIt() throws Exception {
    load.with("reader-role", load.schema() + "_clerk");
    assertThat(load.run()).isZero();
    assertThat(load.query("SELECT has_table_privilege('{}_clerk', '{}.a', 'SELECT')"))
        .as("the settings name it now")
        .containsExactly("t");
    load.execute("REVOKE SELECT ON {}.a FROM {}_clerk");
    assertStays();
  }

  /** Not a superuser: row security binds the owner, too, once it is forced. */
  @Test
  void aTableOnDefaultDenyStaysSoAlsoForALoaderThatItBinds() throws Exception {
    LoadRun own = new LoadRun(folder.resolve("own"));
    String loader = own.schema() + "_loader";
    own.execute("CREATE ROLE " + loader + " LOGIN");
    own.execute("GRANT CREATE ON DATABASE postgres TO " + loader);
    own.with("user", loader);
    load = own;
    ViewTables.write(own.lake(), "a", plain(), plainRows(40, "old"));
    ViewTables.deletionVectors(own.lake(), "a", true);
    assertThat(own.run()).isZero();
    own.execute(
        "ALTER TABLE {}.a ENABLE ROW LEVEL SECURITY; ALTER TABLE {}.a FORCE ROW LEVEL SECURITY");

    assertThat(own.run()).isZero();
    assertThat(own.report().at("/result/tables/a/loaded").asText()).isEqualTo("none");
    assertStays();
  }

  @Test
  void aCommentOfOursThatChangedIsWritten() throws Exception {
    ViewTables.write(
        load.lake(),
        "a",
        ViewTables.schema(
            ViewTables.column("id", org.apache.spark.sql.types.DataTypes.StringType, "uri"),
            ViewTables.column("text", org.apache.spark.sql.types.DataTypes.StringType, "string")),
        plainRows(3, "x"));
    assertThat(load.run()).isZero();
    assertThat(load.query("SELECT col_description('{}.a'::regclass, 1)"))
        .singleElement()
        .satisfies(comment -> assertThat(comment).endsWith("FHIR id: uri"));
  }
}
