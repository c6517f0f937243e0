package io.epicfhir.load.postgres;

import static io.epicfhir.load.ViewTables.plain;
import static io.epicfhir.load.ViewTables.plainRows;
import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.load.LoadRun;
import io.epicfhir.load.ViewTables;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who owns a table, and who may read a new one, where the loader is no superuser. */
class OwnersTest {
  @TempDir Path folder;
  private LoadRun load;

  @BeforeEach
  void aLoaderWithoutSuperuser() throws Exception {
    load = new LoadRun(folder);
    load.execute("CREATE ROLE {}_chief; CREATE ROLE {}_clerk");
    load.execute("CREATE ROLE {}_loader LOGIN IN ROLE {}_chief");
    load.execute("GRANT CREATE ON DATABASE postgres TO {}_loader");
    load.with("user", load.schema() + "_loader");
    ViewTables.write(load.lake(), "a", plain(), plainRows(3, "old"));
  }

  /** The group may make no tables in either schema, so no new table can be its own. */
  @Test
  void aTableOfAGroupStaysTheGroups() throws Exception {
    assertThat(load.run()).isZero();
    load.execute("ALTER TABLE {}.a OWNER TO {}_chief");
    ViewTables.write(load.lake(), "a", plain(), plainRows(3, "new"));

    assertThat(load.run()).as(() -> load.error()).isZero();

    assertThat(load.query("SELECT relowner::regrole FROM pg_class WHERE oid = '{}.a'::regclass"))
        .containsExactly(load.schema() + "_chief");
    assertThat(load.query("SELECT DISTINCT text FROM {}.a")).containsExactly("new");
  }

  private void vipsAreHidden(String policies) throws Exception {
    load.execute("ALTER TABLE {}.a OWNER TO postgres; GRANT ALL ON {}.a TO {}_loader");
    load.execute("ALTER TABLE {}.a ENABLE ROW LEVEL SECURITY");
    load.execute(policies);
    ViewTables.write(load.lake(), "a", plain(), plainRows(1, "new"));
  }

  /** The row of r2 would stay for all who may see it. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "CREATE POLICY p ON {}.a USING (id <> 'r2')",
        "CREATE POLICY p ON {}.a USING (true);"
            + " CREATE POLICY q ON {}.a AS RESTRICTIVE USING (id <> 'r2')",
        "CREATE POLICY p ON {}.a TO {}_clerk USING (true)",
        "CREATE POLICY p ON {}.a FOR SELECT USING (true)",
        ""
      })
  void rowsThatAreHiddenFromALoaderThatDoesNotOwnTheTableAreNotTakenForNone(String policies)
      throws Exception {
    assertThat(load.run()).isZero();
    vipsAreHidden(policies);

    assertThat(load.run()).isEqualTo(3);

    assertThat(load.error())
        .contains("row security may hide some of its rows from load.user", "BYPASSRLS");
    assertThat(load.query("SELECT count(*), min(text) FROM {}.a")).containsExactly("3|old");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CREATE POLICY p ON {}.a TO {}_loader USING (true);"
            + " CREATE POLICY q ON {}.a TO {}_clerk USING (id <> 'r2')",
        "CREATE POLICY p ON {}.a TO {}_loader USING (true);"
            + " CREATE POLICY q ON {}.a AS RESTRICTIVE TO {}_clerk USING (id <> 'r2')",
        "ALTER ROLE {}_loader BYPASSRLS"
      })
  void aLoaderFromWhomNoRowIsHiddenGoesOn(String policies) throws Exception {
    assertThat(load.run()).isZero();
    vipsAreHidden(policies);

    assertThat(load.run()).as(() -> load.error()).isZero();

    assertThat(load.query("SELECT count(*), min(text) FROM {}.a")).containsExactly("1|new");
  }

  private void schemas() throws Exception {
    load.execute("CREATE SCHEMA {} AUTHORIZATION {}_loader");
    load.execute("CREATE SCHEMA {}_state AUTHORIZATION {}_loader");
  }

  @Test
  void aNewTableHasTheRightsThatItsSchemaGives() throws Exception {
    schemas();
    load.execute(
        "ALTER DEFAULT PRIVILEGES FOR ROLE {}_loader IN SCHEMA {} GRANT SELECT ON TABLES TO {}_clerk");

    assertThat(load.run()).isZero();

    assertThat(load.query("SELECT has_table_privilege('{}_clerk', '{}.a', 'SELECT')"))
        .containsExactly("t");
  }

  @Test
  void aNewTableHasNoRightsThatTheStateSchemaGives() throws Exception {
    schemas();
    load.execute(
        "ALTER DEFAULT PRIVILEGES FOR ROLE {}_loader IN SCHEMA {}_state GRANT ALL ON TABLES TO {}_clerk");

    assertThat(load.run()).isZero();

    assertThat(load.query("SELECT has_table_privilege('{}_clerk', '{}.a', 'SELECT')"))
        .containsExactly("f");
  }

  private String readable() throws Exception {
    return String.join(
        " ",
        load.query(
            "SELECT relname || ' ' || has_table_privilege('{}_clerk', oid, 'SELECT') FROM pg_class"
                + " WHERE relnamespace = '{}'::regnamespace AND relkind = 'r' ORDER BY 1"));
  }

  /** PostgreSQL warns where the loader has its rights without the right to pass them on. */
  @ParameterizedTest
  @ValueSource(strings = {"GRANT ALL ON {}.b TO {}_loader", "GRANT SELECT ON {}.b TO {}_chief"})
  void aTableThatTheReaderCannotGetStopsNoOther(String rights) throws Exception {
    for (String view : List.of("b", "c")) {
      ViewTables.write(load.lake(), view, plain(), plainRows(3, "old"));
    }
    assertThat(load.run()).isZero();
    load.execute("ALTER TABLE {}.b OWNER TO postgres; " + rights);
    load.with("reader-role", load.schema() + "_clerk");
    ViewTables.write(load.lake(), "d", plain(), plainRows(3, "old"));

    assertThat(load.run()).isEqualTo(3);

    assertThat(load.error().replace(load.schema(), "s"))
        .contains("GRANT SELECT ON \"s\".\"b\" TO \"s_clerk\"")
        .doesNotContain("\"c\"");
    assertThat(readable()).isEqualTo("a true b false c true d true");
    load.execute("GRANT SELECT ON {}.b TO {}_clerk; REVOKE SELECT ON {}.c FROM {}_clerk");
    assertThat(load.run()).as(() -> load.error()).isZero();
    assertThat(readable()).isEqualTo("a true b true c false d true");
  }

  /** Somebody began anew, and the state still knows the role. */
  @Test
  void theReaderMayUseASchemaThatWasDroppedAndIsMadeAgain() throws Exception {
    load.with("reader-role", load.schema() + "_clerk");
    assertThat(load.run()).isZero();
    load.execute("DROP SCHEMA {} CASCADE");

    assertThat(load.run()).isZero();

    assertThat(load.query("SELECT has_schema_privilege('{}_clerk', '{}', 'USAGE')"))
        .containsExactly("t");
    assertThat(readable()).isEqualTo("a true");
    load.execute("REVOKE USAGE ON SCHEMA {} FROM {}_clerk");
    assertThat(load.run()).isZero();
    assertThat(load.query("SELECT has_schema_privilege('{}_clerk', '{}', 'USAGE')"))
        .as("what was taken stays taken")
        .containsExactly("f");
  }

  /** What an event trigger gives each new table of the schema, and how the catalog shows it. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "ALTER TABLE @ ENABLE ROW LEVEL SECURITY; relrowsecurity",
        "ALTER TABLE @ ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; relforcerowsecurity",
        "CREATE POLICY p ON @ USING (false);"
            + " EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid)",
        "CREATE TRIGGER own AFTER INSERT ON @ FOR EACH ROW EXECUTE FUNCTION public.%1$s_seen();"
            + " EXISTS (SELECT FROM pg_trigger WHERE tgrelid = c.oid)",
        "ALTER TABLE @ SET (fillfactor = 50); reloptions IS NOT NULL",
        "COMMENT ON TABLE @ IS 'theirs'; obj_description(c.oid) = 'theirs'",
        "GRANT SELECT ON @ TO %1$s_clerk; has_table_privilege('%1$s_clerk', c.oid, 'SELECT')"
      })
  void whatAnEventTriggerGivesAFirstTableStays(String gives, String shown) throws Exception {
    schemas();
    load.execute(
        """
        CREATE FUNCTION public.{}_seen() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN RETURN NULL; END $$;
        CREATE FUNCTION public.{}_secure() RETURNS event_trigger LANGUAGE plpgsql AS $$
        DECLARE made text; BEGIN
          FOR made IN SELECT object_identity FROM pg_event_trigger_ddl_commands()
              WHERE command_tag = 'CREATE TABLE' AND schema_name = '{}' LOOP
            EXECUTE replace('%s', '@', made);
          END LOOP; END $$;
        CREATE EVENT TRIGGER {}_secure ON ddl_command_end WHEN TAG IN ('CREATE TABLE')
          EXECUTE FUNCTION public.{}_secure()"""
            .formatted(gives.replace("'", "''").formatted(load.schema())));
    try {
      assertThat(load.run()).as(() -> load.error()).isZero();
    } finally {
      load.execute("DROP EVENT TRIGGER {}_secure");
    }
    String secured =
        "SELECT %s, (SELECT count(*) FROM {}.a), EXISTS (SELECT FROM pg_index WHERE indrelid = c.oid"
                .formatted(shown.formatted(load.schema()))
            + " AND indisprimary AND indexrelid = '{}.a_pkey'::regclass),"
            + " col_description(c.oid, 1) IS NOT NULL, to_regclass('{}_state.a')"
            + " FROM pg_class c WHERE oid = '{}.a'::regclass";
    assertThat(load.query(secured)).containsExactly("t|3|t|t|null");

    assertThat(load.run()).isZero();
    assertThat(load.report().at("/result/tables/a/loaded").asText()).isEqualTo("none");
    ViewTables.write(load.lake(), "a", plain(), plainRows(4, "new"));
    assertThat(load.run()).as(() -> load.error()).isZero();
    assertThat(load.query(secured)).containsExactly("t|4|t|t|null");
  }
}
