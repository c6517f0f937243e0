package io.epicfhir.load;

import static io.epicfhir.load.ViewTables.plain;
import static io.epicfhir.load.ViewTables.plainRows;
import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.LakePaths;
import io.epicfhir.common.optout.OptOutList;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Who is on the list is in no table and no file that a load has made, no matter who made it last.
 */
class PurgeTest {
  private static final String ANNA = "eAnna00112233445566";

  @TempDir private Path folder;

  private static List<Row> rows(String... texts) {
    return Stream.of(texts).flatMap(text -> plainRows(1, text).stream()).toList();
  }

  private static void optOut(LoadRun load) {
    LakePaths lake = new LakePaths(load.lake().toUri().toString());
    new OptOutList(new Lake(lake, new Configuration()))
        .add(
            List.of(new OptOutList.Person(new TreeSet<>(List.of("Patient/" + ANNA)), Set.of())),
            List.of("Observation/oHers0001122"));
  }

  @Test
  void tablesOfViewsThatAreGoneAndRefusedValuesLoseTheirRowsAndOthersKeepTheirs() throws Exception {
    LoadRun load = new LoadRun(folder);
    ViewTables.write(load.lake(), "a", plain(), plainRows(3, "his"));
    assertThat(load.run()).isZero();
    load.execute("CREATE TABLE {}.gone AS SELECT * FROM {}.a");
    load.execute("INSERT INTO {}.gone VALUES ('x', 'Patient/" + ANNA + "', 'oHers0001122')");
    load.execute("CREATE TABLE {}_state.staged (list text[])");
    load.execute("INSERT INTO {}_state.staged VALUES (ARRAY['b', '" + ANNA + "']), (ARRAY['c'])");
    load.execute(
        "INSERT INTO {}_state.refused_value VALUES"
            + " ('{}', 'a', 'born', 'date', 'oHers0001122', '2020-13-77', false, now())");
    optOut(load);

    assertThat(load.purge()).isZero();

    assertThat(load.report().at("/result/purged").toString().replace(load.schema(), "s"))
        .isEqualTo("{\"s.gone\":1,\"s_state.refused_value\":1,\"s_state.staged\":1}");
    assertThat(load.query("SELECT count(*) FROM {}.a")).containsExactly("3");
    assertThat(load.query("SELECT count(*) FROM {}.gone")).containsExactly("3");
    assertThat(load.query("SELECT list FROM {}_state.staged")).containsExactly("{c}");
    assertThat(load.query("SELECT count(*) FROM {}_state.refused_value")).containsExactly("0");
    assertThat(load.run()).isZero();
    assertThat(load.report().at("/result/tables/a/loaded").asText()).isEqualTo("none");
  }

  /** An heir's rows have the places of their own table, where its parent has others. */
  @Test
  void anHeirLosesItsOwnRowsOnlyAndItsParentNone() throws Exception {
    LoadRun load = new LoadRun(folder);
    ViewTables.write(load.lake(), "a", plain(), plainRows(3, "his"));
    assertThat(load.run()).isZero();
    load.execute("CREATE TABLE {}.archive (note text) INHERITS ({}.a)");
    load.execute("INSERT INTO {}.archive VALUES ('x', '" + ANNA + "', 'x'), ('y', 'mine', 'y')");
    load.execute("CREATE SCHEMA {}_far");
    load.execute("CREATE TABLE {}_far.copy () INHERITS ({}.archive)");
    load.execute("CREATE MATERIALIZED VIEW {}.seen AS SELECT * FROM ONLY {}.a");
    optOut(load);

    assertThat(load.purge()).isZero();

    assertThat(load.query("SELECT id FROM ONLY {}.a ORDER BY 1")).containsExactly("r0", "r1", "r2");
    assertThat(load.query("SELECT id FROM {}.archive")).containsExactly("y");
    assertThat(load.report().at("/result/purged").toString().replace(load.schema(), "s"))
        .isEqualTo("{\"s.archive\":1}");
    assertThat(load.report().at("/notes").toString())
        .contains(
            "Not searched for erased patients: {}.seen, {}_far.copy. These are"
                .replace("{}", load.schema()));
  }

  /** The first by name cannot be read, one is not to be changed, and one keeps its row. */
  @Test
  void aTableThatCannotBeLookedThroughStopsOnlyItself() throws Exception {
    LoadRun load = new LoadRun(folder);
    load.execute("CREATE ROLE {}_loader LOGIN; GRANT CREATE ON DATABASE postgres TO {}_loader");
    load.with("user", load.schema() + "_loader");
    ViewTables.write(load.lake(), "a", plain(), plainRows(3, "his"));
    assertThat(load.run()).isZero();
    load.execute(
        """
        CREATE FUNCTION {}.keeps() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
        CREATE TABLE {}.aa_secret AS SELECT '%1$s' AS id;
        CREATE TABLE {}.ab_read AS SELECT '%1$s' AS id; GRANT SELECT ON {}.ab_read TO {}_loader;
        CREATE TABLE {}.ac_kept AS SELECT '%1$s' AS id; ALTER TABLE {}.ac_kept OWNER TO {}_loader;
        CREATE TRIGGER keeps BEFORE DELETE ON {}.ac_kept FOR EACH ROW EXECUTE FUNCTION {}.keeps();
        CREATE TABLE {}.forced AS SELECT '%1$s' AS id; ALTER TABLE {}.forced OWNER TO {}_loader;
        ALTER TABLE {}.forced ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
        CREATE TABLE {}.hiding AS SELECT '%1$s' AS id; ALTER TABLE {}.hiding OWNER TO {}_loader;
        ALTER TABLE {}.hiding ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
        CREATE POLICY mine ON {}.hiding USING (id = 'mine');
        CREATE TABLE {}_state.staged AS SELECT '%1$s' AS id;
        ALTER TABLE {}_state.staged OWNER TO {}_loader;
        INSERT INTO {}_state.refused_value
          VALUES ('{}', 'a', 'born', 'date', 'oHers0001122', '2020-13-77', false, now())"""
            .formatted(ANNA));
    optOut(load);

    assertThat(load.purge()).isEqualTo(5);

    assertThat(load.report().at("/result/purged").toString().replace(load.schema(), "s"))
        .isEqualTo(
            "{\"s.forced\":1,\"s.hiding\":1,\"s_state.refused_value\":1,\"s_state.staged\":1}");
    assertThat(load.error().replace(load.schema(), "s"))
        .contains("Cannot remove patients from s.ab_read: ", "listed patients from s.ac_kept: ")
        .doesNotContain("aa_secret", ANNA);
    assertThat(load.report().at("/notes").toString())
        .contains("Not searched for erased patients: " + load.schema() + ".aa_secret.");
    assertThat(
            load.query(
                "SELECT bool_and(relforcerowsecurity) FROM pg_class WHERE oid IN"
                    + " ('{}.forced'::regclass, '{}.hiding'::regclass)"))
        .containsExactly("t");
    load.execute("DROP TABLE {}.ab_read; DROP TRIGGER keeps ON {}.ac_kept");
    assertThat(load.purge()).isZero();
  }

  /** A load of changes leaves statistics and dead rows behind, in which names can be read. */
  @Test
  void noStatisticNamesThemEither() throws Exception {
    LoadRun load = new LoadRun(folder);
    List<Row> rows = new ArrayList<>(plainRows(40, "his"));
    rows.add(ViewTables.row(ANNA, "Lopez", ANNA));
    ViewTables.write(load.lake(), "a", plain(), rows);
    ViewTables.deletionVectors(load.lake(), "a", true);
    assertThat(load.run()).isZero();
    String named =
        "SELECT count(*) FROM pg_stats WHERE schemaname LIKE '{}%%' AND concat(histogram_bounds,"
            + " most_common_vals) ~ '%s|Lopez'";
    assertThat(load.query(named.formatted(ANNA))).isNotEqualTo(List.of("0"));
    ViewTables.change(load.lake(), "a", plain(), List.of(ANNA), List.of());
    assertThat(load.run()).isZero();
    assertThat(load.report().at("/result/tables/a/loaded").asText()).isEqualTo("changes");
    optOut(load);

    assertThat(load.purge()).isZero();

    assertThat(load.query(named.formatted(ANNA))).containsExactly("0");
  }

  /** Also where the check that found them no longer runs. */
  @ParameterizedTest
  @ValueSource(strings = {"", "another"})
  void badRowsOfChecksGo(String named) throws Exception {
    LoadRun load = new LoadRun(folder).with("quality.enabled", "false");
    String schema = load.schema() + (named.isEmpty() ? "_quality" : named);
    if (!named.isEmpty()) {
      load.with("quality.schema", schema);
    }
    ViewTables.write(load.lake(), "a", plain(), plainRows(1, "his"));
    assertThat(load.run()).isZero();
    load.execute("CREATE SCHEMA " + schema);
    load.execute("CREATE TABLE " + schema + ".bad (id text)");
    load.execute("INSERT INTO " + schema + ".bad VALUES ('" + ANNA + "'), ('his')");
    optOut(load);

    assertThat(load.purge()).isZero();

    assertThat(load.query("SELECT id FROM " + schema + ".bad")).containsExactly("his");
  }

  @Test
  void aDatabaseThatIsAwayIsToldAsSuch() throws Exception {
    LoadRun load = new LoadRun(folder);
    ViewTables.write(load.lake(), "a", plain(), plainRows(1, "his"));
    assertThat(load.run()).isZero();
    optOut(load);
    load.with("jdbc-url", "jdbc:postgresql://127.0.0.1:1/postgres");

    assertThat(load.purge()).isEqualTo(6);

    assertThat(load.error()).contains("Cannot reach PostgreSQL at 127.0.0.1:1/postgres");
  }

  @Test
  void rowsGoByTheirColumnsWhateverAnIdLooksLike() throws Exception {
    LoadRun load = new LoadRun(folder);
    ViewTables.write(load.lake(), "a", plain(), plainRows(1, "his"));
    assertThat(load.run()).isZero();
    load.execute("CREATE TABLE {}.patient_name (id text, family text, _resource_id text)");
    load.execute("CREATE TABLE {}.stays (patient_id text[], condition_id text)");
    for (String id : List.of("erXuFYUfucBZaryVksYEcMg3", "eDotty0011223344.", "4711", "4712")) {
      load.execute("INSERT INTO {}.patient_name VALUES ('%s', 'Lopez', '%s')".formatted(id, id));
    }
    load.execute("INSERT INTO {}.stays VALUES (ARRAY['4711'], '1'), (ARRAY['4712'], '4711')");
    load.execute("CREATE TABLE {}.person (person_id text, born text)");
    load.execute("INSERT INTO {}.person VALUES ('erXuFYUfucBZaryVksYEcMg3', '1970'), ('4712', '')");
    LakePaths lake = new LakePaths(load.lake().toUri().toString());
    OptOutList list = new OptOutList(new Lake(lake, new Configuration()));
    for (String id : List.of("erXuFYUfucBZaryVksYEcMg3", "eDotty0011223344.", "4711")) {
      list.add(
          List.of(new OptOutList.Person(new TreeSet<>(List.of("Patient/" + id)), Set.of())),
          List.of());
    }

    assertThat(load.purge()).isZero();

    assertThat(load.query("SELECT id FROM {}.patient_name")).containsExactly("4712");
    assertThat(load.query("SELECT patient_id FROM {}.stays")).containsExactly("{4712}");
    assertThat(load.query("SELECT person_id FROM {}.person")).containsExactly("4712");
  }

  @Test
  void anExportsFolderBeforeGoesAndACurrentOneThatNamesThemIsRed() throws Exception {
    LoadRun load =
        new LoadRun(folder)
            .with("target", "parquet")
            .with("export-folder", folder.resolve("export").toString());
    ViewTables.write(load.lake(), "a", plain(), rows(ANNA, "his"));
    assertThat(load.run()).isZero();
    ViewTables.write(load.lake(), "a", plain(), rows("his"));
    assertThat(load.run()).isZero();
    optOut(load);

    assertThat(load.purge()).isZero();

    try (Stream<Path> versions = Files.list(folder.resolve("export/a"))) {
      assertThat(versions.filter(Files::isDirectory)).hasSize(1);
    }
    ViewTables.write(load.lake(), "a", plain(), rows(ANNA));
    assertThat(load.run()).isZero();
    assertThat(load.purge()).isEqualTo(5);
    assertThat(load.error())
        .contains("rows that name one of them are there again")
        .doesNotContain(ANNA);
  }

  /** Such as that of a load that was killed, or of a view that is gone. */
  @Test
  void anExportsFolderWithoutAManifestGoesAndOthersFilesStay() throws Exception {
    LoadRun load =
        new LoadRun(folder)
            .with("target", "parquet")
            .with("export-folder", folder.resolve("export").toString());
    ViewTables.write(load.lake(), "a", plain(), rows("his"));
    ViewTables.write(load.lake(), "b", plain(), rows(ANNA));
    assertThat(load.run()).isZero();
    Files.delete(folder.resolve("export/b.json"));
    Files.createDirectories(folder.resolve("export/c/notes"));
    Files.writeString(folder.resolve("export/notes.json"), "{}");
    optOut(load);

    assertThat(load.purge()).isZero();

    assertThat(load.report().at("/result/purged").toString()).isEqualTo("{\"b\":1}");
    assertThat(folder.resolve("export/b")).isEmptyDirectory();
    assertThat(folder.resolve("export/c/notes")).exists();
    assertThat(folder.resolve("export/a")).isNotEmptyDirectory();
  }
}
