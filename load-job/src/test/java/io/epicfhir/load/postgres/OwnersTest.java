package io.epicfhir.load.postgres;

import static io.epicfhir.load.ViewTables.plain;
import static io.epicfhir.load.ViewTables.plainRows;
import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.load.LoadRun;
import io.epicfhir.load.ViewTables;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
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
}
