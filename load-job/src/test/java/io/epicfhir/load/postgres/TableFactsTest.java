package io.epicfhir.load.postgres;

import static io.epicfhir.load.ViewTables.column;
import static io.epicfhir.load.ViewTables.plain;
import static io.epicfhir.load.ViewTables.plainRows;
import static io.epicfhir.load.ViewTables.row;
import static io.epicfhir.load.ViewTables.schema;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.load.LoadRun;
import io.epicfhir.load.ViewTables;
import io.epicfhir.load.postgres.session.PostgresAccess;
import io.epicfhir.load.postgres.session.PostgresSession;
import io.epicfhir.load.spi.LakeTable;
import io.epicfhir.load.spi.TableShape;
import io.epicfhir.load.testing.SharedDatabase;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the report says of the rows that stand in the tables. */
class TableFactsTest {
  private static final StructType OF_PATIENTS =
      schema(
          column("id", DataTypes.StringType, "id"),
          column("patient_id", DataTypes.StringType, "string"));
  private static final StructType PATIENTS = schema(column("id", DataTypes.StringType, "id"));

  @TempDir Path folder;
  private LoadRun load;

  @BeforeEach
  void aLake() {
    load = new LoadRun(folder);
  }

  @Test
  void rowsWhosePatientIsNotThereAreCountedWhenAllViewsAreLoaded() throws Exception {
    List<Row> conditions =
        List.of(
            row("c1", "p1", "c1"),
            row("c2", "p1", "c2"),
            row("c3", "p9", "c3"),
            row("c4", null, "c4"));
    ViewTables.write(load.lake(), "condition", OF_PATIENTS, conditions);
    ViewTables.write(load.lake(), "patient", PATIENTS, List.of(row("p2", "p2")));
    assertThat(load.run()).isZero();
    assertThat(told("condition").at("/patients").toString()).isEqualTo("{\"rows\":3,\"known\":0}");

    // The patient comes with a view that is loaded after condition, which is not loaded again.
    List<Row> patients = List.of(row("p1", "p1"), row("p1", "p1"), row("p2", "p2"));
    ViewTables.write(load.lake(), "patient", PATIENTS, patients);
    assertThat(load.run()).isZero();

    assertThat(told("condition").toString())
        .isEqualTo(
            "{\"rows\":4,\"view_rows\":4,\"delta_version\":0,\"changed\":false,\"loaded\":\"none\","
                + "\"null_share\":{\"id\":0.0,\"patient_id\":0.25,\"_resource_id\":0.0},"
                + "\"patients\":{\"rows\":3,\"known\":2}}");
    assertThat(told("patient").has("patients")).isFalse();

    // What somebody keeps in tables that inherit from these is none of their rows.
    load.execute("CREATE TABLE {}.a1 () INHERITS ({}.condition)");
    load.execute("CREATE TABLE {}.a2 () INHERITS ({}.patient); INSERT INTO {}.a2 VALUES ('p9')");
    load.execute("INSERT INTO {}.a1 VALUES ('c9', 'p1')");
    assertThat(load.run()).isZero();
    assertThat(told("condition").at("/patients").toString()).isEqualTo("{\"rows\":3,\"known\":2}");
  }

  /** What it says of patients is a figure; what failed is the run's end. */
  @Test
  void aTableOfPatientsThatMayNotBeReadHidesNoFailure() throws Exception {
    load.execute("CREATE ROLE {}_loader LOGIN; CREATE SCHEMA {}");
    load.execute("GRANT CREATE ON DATABASE postgres TO {}_loader");
    load.execute("GRANT ALL ON SCHEMA {} TO {}_loader; CREATE TABLE {}.patient (id text)");
    load.with("user", load.schema() + "_loader");
    var dates =
        schema(
            ViewTables.column("id", DataTypes.StringType, "id"),
            ViewTables.column("born", DataTypes.StringType, "date", "DATE"));
    ViewTables.write(load.lake(), "condition", OF_PATIENTS, List.of(row("c1", "p1", "c1")));
    ViewTables.write(load.lake(), "bad", dates, List.of(row("r1", "2024-02-30", "r1")));

    assertThat(load.run()).isEqualTo(5);

    assertThat(load.error()).contains(".bad: PostgreSQL refuses 1 value(s) of column born");
    assertThat(load.report().at("/result/refused_views").has("bad")).isTrue();
    assertThat(load.report().at("/notes/0").asText())
        .contains(
            ".patient: its shares of nulls and its patients could not be checked (SQLSTATE 42501)");
    assertThat(told("condition").has("null_share")).isTrue();
  }

  @Test
  void withoutATableOfPatientsNothingIsSaidOfThem() throws Exception {
    ViewTables.write(load.lake(), "condition", OF_PATIENTS, List.of(row("c1", "p1", "c1")));
    ViewTables.write(load.lake(), "patient", schema(), List.of(row("p1")));

    assertThat(load.run()).isZero();

    assertThat(told("condition").has("null_share")).isTrue();
    assertThat(told("condition").has("patients")).isFalse();
  }

  @Test
  void changedRowsChangeTheShares() throws Exception {
    loadedWithoutNulls();
    changeTenToNull();

    assertThat(load.run()).isZero();

    assertThat(told("a").at("/loaded").asText()).isEqualTo("changes");
    assertThat(told("a").at("/null_share/text").asDouble()).isEqualTo(0.1);
    assertThat(told("a").at("/null_share/id").asDouble(-1)).isZero();
  }

  @Test
  void rowsThatAreReplacedUnderASqlViewChangeTheShares() throws Exception {
    loadedWithoutNulls();
    load.execute("CREATE VIEW {}.report AS SELECT text FROM {}.a");
    ViewTables.write(
        load.lake(), "a", plain(), List.of(row("r1", null, "r1"), row("r2", "x", "r2")));

    assertThat(load.run()).isZero();

    assertThat(told("a").at("/loaded").asText()).isEqualTo("whole");
    assertThat(told("a").at("/null_share/text").asDouble()).isEqualTo(0.5);
  }

  @Test
  void aLargerTableIsSampled() throws Exception {
    assertThat(TableFacts.percent(0)).isEqualTo("100.000000");
    assertThat(TableFacts.percent(24L << 20)).isEqualTo("100.000000");
    assertThat(TableFacts.percent(24L << 30)).isEqualTo("0.097656");

    loadedWithoutNulls();
    // Somebody's rows: 60 MB, a third of them without a text.
    load.execute(
        "INSERT INTO {}.a SELECT i, nullif(i % 3, 0) || repeat('x', 450), i"
            + " FROM generate_series(1, 120000) i");
    Map<String, Object> told = facts();
    assertThat(told.get("null_share"))
        .asInstanceOf(InstanceOfAssertFactories.map(String.class, Double.class))
        .containsEntry("id", 0.0)
        .hasEntrySatisfying("text", share -> assertThat(share).isBetween(0.30, 0.36));
    assertThat(facts()).as("the same rows, the same answer").isEqualTo(told);
  }

  private Map<String, Object> facts() throws Exception {
    PostgresAccess access = new PostgresAccess(SharedDatabase.database().jdbcUrl(), "postgres", "");
    try (PostgresSession session =
        new PostgresSession(access, "facts", Duration.ofSeconds(5), Duration.ofSeconds(5))) {
      TableShape shape =
          TableShape.of(
              new LakeTable(LakeTable.Kind.VIEW, "a"), "", plain(), PostgresTarget.LIMITS);
      return new TableFacts(load.schema(), session, note -> {}).of(List.of(shape)).get("a");
    }
  }

  @Test
  void anEmptyTableHasNoSharesAndAnyNameIsTaken() throws Exception {
    ViewTables.write(load.lake(), "a", plain(), List.of());
    ViewTables.write(
        load.lake(),
        "Order",
        schema(
            column("select", DataTypes.createArrayType(DataTypes.StringType), "string"),
            column("patient_id", DataTypes.createArrayType(DataTypes.StringType), "string")),
        List.of(row(null, null, "o1")));
    ViewTables.write(load.lake(), "patient", PATIENTS, List.of(row("p1", "p1")));

    assertThat(load.run()).isZero();

    assertThat(told("a").at("/null_share").toString()).isEqualTo("{}");
    assertThat(told("Order").at("/null_share/select").asDouble()).isEqualTo(1.0);
    assertThat(told("Order").has("patients")).as("a list of patients is none").isFalse();
  }

  private void loadedWithoutNulls() throws Exception {
    ViewTables.write(load.lake(), "a", plain(), plainRows(100, "x"));
    ViewTables.deletionVectors(load.lake(), "a", true);
    assertThat(load.run()).isZero();
    assertThat(told("a").at("/null_share/text").asDouble(-1)).isZero();
  }

  private void changeTenToNull() {
    List<String> ids = new ArrayList<>();
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      ids.add("r" + i);
      rows.add(row("r" + i, null, "r" + i));
    }
    ViewTables.change(load.lake(), "a", plain(), ids, rows);
  }

  private JsonNode told(String view) throws Exception {
    return load.report().at("/result/tables/" + view);
  }
}
