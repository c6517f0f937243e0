package io.epicfhir.load;

import static io.epicfhir.load.ViewTables.column;
import static io.epicfhir.load.ViewTables.row;
import static io.epicfhir.load.ViewTables.schema;
import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.Canaries;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Values that PostgreSQL, or what somebody put on a table, refuses, under the shipped logging. */
class CanaryTest {
  /** States that a trigger's author may choose, each of another kind for the load. */
  private static final List<String> RAISED = List.of("P0001", "42501", "0A000", "55P03", "XX000");

  private static final StructType TEXT =
      schema(
          column("id", DataTypes.StringType, "id"), column("text", DataTypes.StringType, "string"));

  @TempDir Path folder;

  @Test
  void aRefusedValueIsInNoLogAndNoReport() throws Exception {
    LoadRun load = new LoadRun(folder).with("lock-patience", "1 seconds");
    List<String> views = new ArrayList<>(List.of("checked"));
    RAISED.forEach(state -> views.add("raised_" + state.toLowerCase(java.util.Locale.ROOT)));
    for (String view : views) {
      ViewTables.write(load.lake(), view, TEXT, List.of(row("1", "good", "1")));
    }
    assertThat(load.run()).isZero();
    load.execute("ALTER TABLE {}.checked ADD CONSTRAINT own CHECK (text <> 'CANARY')");
    for (String state : RAISED) {
      raising(load, state);
    }
    List<Row> refused = List.of(row("CANARY-1", "CANARY", "CANARY-1"));
    for (String view : views) {
      ViewTables.write(load.lake(), view, TEXT, refused);
    }
    var dates =
        schema(
            column("id", DataTypes.StringType, "id"),
            column("born", DataTypes.StringType, "date", "DATE"));
    ViewTables.write(load.lake(), "dates", dates, refused);
    Path log = folder.resolve("log");
    Path shipped = Path.of("../conf/spark/log4j2.properties").toAbsolutePath().normalize();

    int exit =
        new ProcessBuilder(load.command(List.of("-Dlog4j2.configurationFile=" + shipped)))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start()
            .waitFor();

    String told = Files.readString(log);
    assertThat(exit).as(told).isNotZero();
    assertThat(told)
        .contains("column born", "constraint own", "a trigger or function refused it")
        .contains(views)
        .doesNotContain(Canaries.CANARY);
    assertThat(load.report().at("/result/refused_views").propertyStream().map(e -> e.getKey()))
        .containsExactlyInAnyOrderElementsOf(with(views, "dates"));
    // Spark's writer made these tables for the test, and the footers are its own.
    assertThat(Canaries.in(load.lake()))
        .allMatch(file -> file.startsWith(load.lake().resolve("views")));
    assertThat(load.query("SELECT count(*) FROM {}_state.audit WHERE record LIKE '%CANARY%'"))
        .containsExactly("0");
  }

  private static List<String> with(List<String> views, String more) {
    List<String> all = new ArrayList<>(views);
    all.add(more);
    return all;
  }

  private static void raising(LoadRun load, String state) throws Exception {
    load.execute(
        """
        CREATE FUNCTION {}.raise_%1$s() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          IF NEW.text <> 'good' THEN
            RAISE EXCEPTION 'this is %%', NEW USING ERRCODE = '%1$s', DETAIL = NEW.text;
          END IF;
          RETURN NEW;
        END $$"""
            .formatted(state));
    load.execute(
        """
        CREATE TRIGGER raising BEFORE INSERT ON {}.raised_%1$s
        FOR EACH ROW EXECUTE FUNCTION {}.raise_%1$s()"""
            .formatted(state));
  }
}
