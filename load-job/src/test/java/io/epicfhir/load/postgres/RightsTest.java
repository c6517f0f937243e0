package io.epicfhir.load.postgres;

import static io.epicfhir.load.ViewTables.column;
import static io.epicfhir.load.ViewTables.plain;
import static io.epicfhir.load.ViewTables.plainRows;
import static io.epicfhir.load.ViewTables.row;
import static io.epicfhir.load.ViewTables.schema;
import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.load.LoadRun;
import io.epicfhir.load.ViewTables;
import io.epicfhir.load.sql.Identifiers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.List;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
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
      SELECT 'table', ROW(r.rolname, c.relacl, s.spcname, c.reloptions, c.relrowsecurity,
        c.relforcerowsecurity, c.relreplident, c.relpersistence)::text
      FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
      LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace WHERE c.oid = '{}.a'::regclass
      UNION ALL SELECT 'column', ROW(a.attname, a.attacl, format_type(a.atttypid, a.atttypmod),
        a.attoptions, a.attnotnull, a.atthasdef, a.attstorage, a.attstattarget)::text
      FROM pg_attribute a WHERE a.attrelid = '{}.a'::regclass AND a.attnum > 0
      UNION ALL SELECT 'comment', ROW(d.objsubid, d.description)::text
      FROM pg_description d WHERE d.objoid = '{}.a'::regclass
      UNION ALL SELECT 'label', ROW(l.objsubid, l.provider, l.label)::text
      FROM pg_seclabel l WHERE l.objoid = '{}.a'::regclass
      UNION ALL SELECT 'policy', ROW(p.polname, p.polroles, p.polqual)::text
      FROM pg_policy p WHERE p.polrelid = '{}.a'::regclass
      UNION ALL SELECT 'index', ROW(i.indexname, i.indexdef, i.tablespace)::text
      FROM pg_indexes i WHERE i.schemaname = '{}' AND i.tablename = 'a'
      UNION ALL SELECT 'constraint', ROW(k.conname, pg_get_constraintdef(k.oid))::text
      FROM pg_constraint k WHERE k.conrelid = '{}.a'::regclass ORDER BY 1, 2""";

  @TempDir Path folder;
  private LoadRun load;

  @BeforeEach
  void aLoadedTable() throws Exception {
    load = new LoadRun(folder);
    ViewTables.write(load.lake(), "a", plain(), plainRows(40, "old"));
    assertThat(load.run()).isZero();
    load.execute("CREATE ROLE {}_clerk; CREATE ROLE {}_chief");
    load.execute("GRANT USAGE ON SCHEMA {} TO {}_chief");
  }

  /** Whole, twice: what the first load takes for its own, the second one sees as others'. */
  private void assertStays() throws Exception {
    List<String> before = load.query(CATALOG);
    for (int i = 0; i < 2; i++) {
      assertThat(load.run("--views", "a")).isZero();
      assertThat(load.report().at("/result/tables/a/loaded").asText()).isEqualTo("whole");
      assertThat(load.query(CATALOG)).isEqualTo(before);
    }
    assertThat(load.query("SELECT count(*) FROM {}.a")).containsExactly("40");
    assertThat(load.run()).isZero();
    assertThat(load.report().at("/result/tables/a/loaded").asText()).isEqualTo("none");
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
        "GRANT CREATE ON SCHEMA {}, {}_state TO {}_chief; ALTER TABLE {}.a OWNER TO {}_chief;"
            + " GRANT SELECT ON {}.a TO {}_clerk",
        "SET allow_system_table_mods = on; INSERT INTO pg_seclabel VALUES"
            + " ('{}.a'::regclass, 'pg_class'::regclass, 0, 'site', 'secret'),"
            + " ('{}.a'::regclass, 'pg_class'::regclass, 2, 'site', 'masked')",
        "COMMENT ON TABLE {}.a IS 'ours'; COMMENT ON COLUMN {}.a.text IS 'see the wiki';"
            + " COMMENT ON COLUMN {}.a.id IS NULL",
        "CREATE INDEX by_text ON {}.a (lower(text)) WHERE text <> ''",
        "ALTER INDEX {}.a_pkey RENAME TO a_key"
      })
  void staysBy(String sql) throws Exception {
    load.execute(sql);

    assertStays();
  }

  /** Its own new indexes are there, too. */
  @Test
  void aTablespaceThatTheLoaderIsSetToKeepsNoTableFromBeingReplaced() throws Exception {
    String space = load.schema() + "_space";
    loaderOf(space);
    load.execute(
        "ALTER TABLE {}.a DROP CONSTRAINT a_pkey; ALTER TABLE {}.a ALTER id DROP NOT NULL");
    assertThat(load.run("--views", "a")).isZero();
    assertThat(load.query(SPACES)).containsExactly("a_pkey|" + space);
    assertThat(load.query("SELECT reltablespace FROM pg_class WHERE oid = '{}.a'::regclass"))
        .as("the table lies in the database's own, as before")
        .containsExactly("0");
    List<String> before = load.query("SELECT '{}.a'::regclass::oid");

    assertThat(load.run("--views", "a")).isZero();

    assertThat(load.query("SELECT '{}.a'::regclass::oid")).isNotEqualTo(before);
  }

  private static final String SPACES =
      "SELECT indexname, tablespace FROM pg_indexes WHERE schemaname = '{}' ORDER BY 1";

  private static final StructType MORE =
      schema(
          column("id", DataTypes.StringType, "id"),
          column("text", DataTypes.StringType, "string"),
          column("ward_id", DataTypes.StringType, "id"),
          column("bed_id", DataTypes.StringType, "id"));

  /** A loader whose new tables and indexes go to a tablespace of its own. */
  private void loaderOf(String space) throws Exception {
    LoadRun.createTablespace(space);
    load.execute("CREATE ROLE {}_loader LOGIN SUPERUSER");
    load.execute("ALTER ROLE {}_loader SET default_tablespace = " + space);
    load.with("user", load.schema() + "_loader");
  }

  /** An administrator has one for indexes; what stands on the table keeps it in its place. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aNewIndexGoesWhereTheTablesIndexesAre(boolean together) throws Exception {
    String space = load.schema() + "_indexes";
    LoadRun.createTablespace(space);
    loaderOf(load.schema() + "_others");
    load.execute("ALTER INDEX {}.a_pkey SET TABLESPACE " + space);
    load.execute("ALTER TABLE {}.a ADD ward_id text");
    load.execute("CREATE INDEX mine ON {}.a (text, id)" + (together ? " TABLESPACE " + space : ""));
    load.execute("CREATE INDEX wards ON {}.a (ward_id, id) TABLESPACE " + space);
    ViewTables.write(load.lake(), "a", MORE, List.of(row("r", "t", "w", "b", "r")));

    assertThat(load.run()).as(() -> load.error()).isZero();

    assertThat(load.query(SPACES))
        .containsExactly(
            "a_bed_id_idx|" + (together ? space : load.schema() + "_others"),
            "a_pkey|" + space,
            "a_ward_id_idx|" + space,
            "mine|" + (together ? space : "null"),
            "wards|" + space);
  }

  /** The loader's own tablespace came later, and a new table takes the old one's place. */
  @Test
  void soItDoesInATableThatIsReplaced() throws Exception {
    load.execute("CREATE INDEX mine ON {}.a (text)");
    loaderOf(load.schema() + "_others");
    List<String> before = load.query("SELECT '{}.a'::regclass::oid");
    ViewTables.write(load.lake(), "a", MORE, List.of(row("r", "t", "w", "b", "r")));

    assertThat(load.run()).as(() -> load.error()).isZero();

    assertThat(load.query("SELECT '{}.a'::regclass::oid")).isNotEqualTo(before);
    assertThat(load.query(SPACES))
        .containsExactly("a_bed_id_idx|null", "a_pkey|null", "a_ward_id_idx|null", "mine|null");
  }

  /** It may hold more than the loader's indexes. */
  @Test
  void aTablespaceThatIsClosedToTheLoaderGetsNoneOfItsIndexes() throws Exception {
    LoadRun.createTablespace(load.schema() + "_closed");
    load.execute("CREATE ROLE {}_loader LOGIN; GRANT ALL ON SCHEMA {}, {}_state TO {}_loader");
    load.execute(
        "DO $$ DECLARE t regclass; BEGIN FOR t IN SELECT oid FROM pg_class WHERE relkind = 'r'"
            + " AND relnamespace IN ('{}'::regnamespace, '{}_state'::regnamespace) LOOP"
            + " EXECUTE format('ALTER TABLE %s OWNER TO {}_loader', t); END LOOP; END $$");
    load.execute("GRANT CREATE ON DATABASE postgres TO {}_loader");
    load.with("user", load.schema() + "_loader");
    load.execute("ALTER INDEX {}.a_pkey SET TABLESPACE {}_closed");
    ViewTables.write(load.lake(), "a", MORE, List.of(row("r", "t", "w", "b", "r")));

    assertThat(load.run()).as(() -> load.error()).isZero();

    assertThat(load.query(SPACES))
        .containsExactly(
            "a_bed_id_idx|null", "a_pkey|" + load.schema() + "_closed", "a_ward_id_idx|null");
  }

  /** Its rows did not fit it for a while. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "CREATE UNIQUE INDEX own ON {}.a (text) TABLESPACE {}_indexes WHERE id <> ''",
        "ALTER TABLE {}.a ADD CONSTRAINT own UNIQUE (text) USING INDEX TABLESPACE {}_indexes"
      })
  void anIndexComesBackToItsTablespace(String own) throws Exception {
    LoadRun.createTablespace(load.schema() + "_indexes");
    ViewTables.write(load.lake(), "a", plain(), List.of(row("r1", "x", "r1")));
    assertThat(load.run()).isZero();
    load.execute(own);
    ViewTables.write(
        load.lake(), "a", plain(), List.of(row("r1", "x", "r1"), row("r2", "x", "r2")));
    assertThat(load.run()).as(() -> load.error()).isZero();
    assertThat(load.query(SPACES)).containsExactly("a_pkey|null");
    ViewTables.write(load.lake(), "a", plain(), List.of(row("r1", "x", "r1")));

    assertThat(load.run()).as(() -> load.error()).isZero();

    assertThat(load.query(SPACES))
        .containsExactly("a_pkey|null", "own|" + load.schema() + "_indexes");
    assertThat(load.query("SELECT count(*) FROM {}_state.left_out")).containsExactly("0");
  }

  private static final String TO_A_LOADER =
      "CREATE ROLE {}_loader LOGIN; GRANT ALL ON SCHEMA {}, {}_state TO {}_loader;"
          + " GRANT CREATE ON DATABASE postgres TO {}_loader;"
          + " DO $$ DECLARE t regclass; BEGIN FOR t IN SELECT oid FROM pg_class WHERE relkind = 'r'"
          + " AND relnamespace IN ('{}'::regnamespace, '{}_state'::regnamespace) LOOP"
          + " EXECUTE format('ALTER TABLE %s OWNER TO {}_loader', t); END LOOP; END $$";

  /** Else it would be tried by every load, in vain. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "DROP TABLESPACE {}_indexes",
        "ALTER TABLESPACE {}_indexes RENAME TO {}_elsewhere",
        TO_A_LOADER
      })
  void anIndexWhoseTablespaceIsGoneOrClosedComesBackWhereOthersGo(String since) throws Exception {
    LoadRun.createTablespace(load.schema() + "_indexes");
    ViewTables.write(load.lake(), "a", plain(), List.of(row("r1", "x", "r1")));
    assertThat(load.run()).isZero();
    load.execute("CREATE UNIQUE INDEX own ON {}.a (text) TABLESPACE {}_indexes");
    ViewTables.write(
        load.lake(), "a", plain(), List.of(row("r1", "x", "r1"), row("r2", "x", "r2")));
    assertThat(load.run()).as(() -> load.error()).isZero();
    assertThat(load.query("SELECT definition FROM {}_state.left_out").get(0)).contains("_indexes");
    load.execute(since);
    load.with("user", since.equals(TO_A_LOADER) ? load.schema() + "_loader" : "postgres");
    ViewTables.write(load.lake(), "a", plain(), List.of(row("r1", "x", "r1")));

    assertThat(load.run()).as(() -> load.error()).isZero();

    assertThat(load.query(SPACES)).containsExactly("a_pkey|null", "own|null");
    assertThat(load.query("SELECT count(*) FROM {}_state.left_out")).containsExactly("0");
  }

  /** All of them are lost with a table that a new one replaces, so their rows are replaced. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "COMMENT ON INDEX {}.a_pkey IS 'do not drop'",
        "COMMENT ON CONSTRAINT a_pkey ON {}.a IS 'do not drop'",
        "ALTER INDEX {}.a_pkey SET (fillfactor = 50)",
        "ALTER TABLE {}.a DROP CONSTRAINT a_pkey; ALTER TABLE {}.a ADD PRIMARY KEY (id) DEFERRABLE",
        "ALTER TABLE {}.a DROP CONSTRAINT a_pkey;"
            + " ALTER TABLE {}.a ADD PRIMARY KEY (id) INCLUDE (text)",
        "ALTER TABLE {}.a DROP CONSTRAINT a_pkey; ALTER TABLE {}.a ALTER id SET NOT NULL",
        "CREATE INDEX low ON {}.a (lower(text));"
            + " ALTER INDEX {}.low ALTER COLUMN 1 SET STATISTICS 1000",
        "ALTER TABLE {}.a SET (toast.autovacuum_enabled = false)",
        "ALTER TABLE {}.a ALTER text TYPE text COLLATE \"C\"",
        "ALTER TABLE {}.a ADD own text COLLATE \"C\"",
        "CREATE ACCESS METHOD {}_heap TYPE TABLE HANDLER heap_tableam_handler;"
            + " ALTER TABLE {}.a SET ACCESS METHOD {}_heap",
        "ALTER TABLE {}.a SET (fillfactor = 70, autovacuum_enabled = false)",
        "ALTER TABLE {}.a ALTER text SET STATISTICS 500",
        "ALTER TABLE {}.a ALTER text SET STORAGE EXTERNAL",
        "ALTER TABLE {}.a ALTER text SET COMPRESSION pglz",
        "ALTER TABLE {}.a ALTER text SET (n_distinct = 5)",
        "ALTER TABLE {}.a ALTER text SET NOT NULL",
        "ALTER TABLE {}.a ALTER text SET DEFAULT ''",
        "ALTER TABLE {}.a ADD number int GENERATED ALWAYS AS IDENTITY",
        "ALTER TABLE {}.a ADD CONSTRAINT own CHECK (text <> 'none')",
        "ALTER TABLE {}.a ADD CONSTRAINT one UNIQUE (id, text)",
        "ALTER TABLE {}.a REPLICA IDENTITY FULL",
        "ALTER TABLE {}.a SET UNLOGGED",
        "ALTER TABLE {}.a CLUSTER ON a_pkey",
        "CREATE STATISTICS {}.together ON id, text FROM {}.a",
        "CREATE RULE quiet AS ON DELETE TO {}.a DO ALSO NOTHING",
        "CREATE VIEW {}.report AS SELECT id FROM {}.a",
        "CREATE TABLE {}.child () INHERITS ({}.a)",
        "CREATE TABLE {}.other (a text REFERENCES {}.a)",
        "CREATE FUNCTION {}.first() RETURNS {}.a LANGUAGE sql AS 'SELECT * FROM {}.a LIMIT 1'",
        "CREATE FUNCTION {}.every() RETURNS {}.a[] LANGUAGE sql AS 'SELECT array_agg(a) FROM {}.a'"
      })
  void keepsTheTable(String sql) throws Exception {
    try (Connection connection = LoadRun.connect()) {
      String table = Identifiers.quoted(load.schema(), "a");
      assertThat(StandingTable.of(connection, table).dependedOn()).isFalse();
      load.execute(sql);
      assertThat(StandingTable.of(connection, table).dependedOn()).isTrue();
    }
  }

  @Test
  void changesLeaveTheCatalogAsItIs() throws Exception {
    ViewTables.deletionVectors(load.lake(), "a", true);
    load.execute(
        "GRANT SELECT (id) ON {}.a TO {}_clerk; COMMENT ON TABLE {}.a IS 'ours';"
            + " ALTER TABLE {}.a ENABLE ROW LEVEL SECURITY");
    List<String> before = load.query(CATALOG);
    ViewTables.change(load.lake(), "a", plain(), List.of("r1"), List.of());

    assertThat(load.run()).isZero();

    assertThat(load.report().at("/result/tables/a/loaded").asText()).isEqualTo("changes");
    assertThat(load.query(CATALOG)).isEqualTo(before);
  }

  @Test
  void aTablespaceStays() throws Exception {
    Path space = Files.createDirectory(folder.resolve("space"));
    own(space);
    load.execute("CREATE TABLESPACE {}_space LOCATION '" + space + "'");
    load.execute("ALTER TABLE {}.a SET TABLESPACE {}_space");
    assertStays();
    load.execute("DROP TABLE {}.a");
    load.execute("DROP TABLESPACE {}_space");
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
    List<String> before = load.query(CATALOG);
    ViewTables.change(own.lake(), "a", plain(), List.of("r1"), List.of());
    assertThat(own.run()).isZero();
    assertThat(own.report().at("/result/tables/a/loaded").asText()).isEqualTo("changes");
    assertThat(load.query(CATALOG)).isEqualTo(before);
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
