package io.epicfhir.load;

import static io.epicfhir.load.ViewTables.column;
import static io.epicfhir.load.ViewTables.plain;
import static io.epicfhir.load.ViewTables.plainRows;
import static io.epicfhir.load.ViewTables.row;
import static io.epicfhir.load.ViewTables.schema;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is wrong with one table stops that table only. */
class IsolationTest {
  private static final StructType DATES =
      schema(
          column("birth", DataTypes.StringType, "date", "DATE"),
          column("amount", DataTypes.StringType, "decimal"),
          column("days", DataTypes.createArrayType(DataTypes.StringType), "date", "DATE"));

  @TempDir Path folder;
  private LoadRun load;

  @BeforeEach
  void twoTables() throws Exception {
    load = new LoadRun(folder);
    ViewTables.write(load.lake(), "a", plain(), plainRows(3, "old"));
    ViewTables.write(load.lake(), "z", plain(), plainRows(3, "old"));
    assertThat(load.run()).isZero();
    ViewTables.write(load.lake(), "a", plain(), plainRows(3, "new"));
    ViewTables.write(load.lake(), "z", plain(), plainRows(3, "new"));
  }

  private void assertLoaded(String... views) throws Exception {
    for (String view : views) {
      assertThat(load.query("SELECT DISTINCT text FROM {}." + view)).containsExactly("new");
      assertThat(load.report().at("/result/tables/" + view + "/loaded").asText())
          .isEqualTo("whole");
    }
  }

  private String refused(String view) {
    return load.report().at("/result/refused_views/" + view).asText();
  }

  @Test
  void valuesThatPostgresRefusesAreCountedAndListedAndTheTableKeepsItsRows() throws Exception {
    ViewTables.write(
        load.lake(), "m", DATES, List.of(row("2024-02-29", "1.50", List.of("2024"), "r0")));
    load.run();
    List<String> before = load.query("SELECT * FROM {}.m");
    ViewTables.write(load.lake(), "m", DATES, dates());

    assertThat(load.run()).isEqualTo(5);

    String problem =
        "Cannot load %s.m: PostgreSQL refuses 1 value(s) of column amount (numeric), 2 value(s) of column birth (date), 1 value(s) of column days (date)."
            .formatted(load.schema());
    assertThat(refused("m"))
        .startsWith(problem)
        .contains("SELECT * FROM %s_state.refused_value WHERE view = 'm'".formatted(load.schema()))
        .doesNotContain("02-30", "e200000");
    assertThat(load.query("SELECT * FROM {}.m")).isEqualTo(before);
    assertThat(
            load.query(
                "SELECT column_name, resource_id, left(value, 10) FROM {}_state.refused_value"
                    + " WHERE view = 'm' ORDER BY 1, 2"))
        .containsExactly(
            "amount|r2|1e200000",
            "birth|r1|2024-02-30",
            "birth|r2|2020-13-77",
            "days|r3|2024-02-31");
    assertThat(load.query("SELECT to_regclass('{}_state._as_text')")).containsExactly("null");
  }

  @Test
  void valuesThatPostgresRefusesBecomeNullWhereThePolicySaysSo() throws Exception {
    load.with("refused-values", "null");
    ViewTables.write(load.lake(), "m", DATES, dates());

    assertThat(load.run()).isZero();

    assertThat(load.query("SELECT * FROM {}.m ORDER BY _resource_id"))
        .containsExactly(
            "null|2|{}|r1",
            "null|null|null|r2",
            "2024-01-01|3|{2024-02-01,NULL,2025-01-01,NULL}|r3");
    assertThat(load.report().at("/result/tables/m/rows").asLong()).isEqualTo(3);
    String warning = load.report().at("/result/warnings/0").asText();
    assertThat(warning)
        .startsWith(load.schema() + ".m has null in place of 1 value(s) of column amount");
    assertThat(load.run()).isZero();
    assertThat(load.report().at("/result/tables/m/loaded").asText()).isEqualTo("none");
    assertThat(load.report().at("/result/warnings/0").asText())
        .as("told until it is corrected")
        .isEqualTo(warning);
    load.execute("ALTER TABLE {}.m RENAME TO gone");
    Path view = Files.move(load.lake().resolve("views/m"), folder.resolve("gone"));
    assertThat(load.run()).isZero();
    assertThat(load.report().at("/result").has("warnings")).as("no view, no table").isFalse();
    assertThat(load.query("SELECT count(*) FROM {}_state.refused_value")).containsExactly("0");
    load.execute("DROP TABLE {}.gone");
    Files.move(view, load.lake().resolve("views/m"));

    ViewTables.write(
        load.lake(), "m", DATES, List.of(row("2024-02-29", "1.50", List.of("2024"), "r0")));
    assertThat(load.run()).isZero();
    assertThat(load.report().at("/result").has("warnings")).isFalse();
    assertLoadedOthers();
  }

  /** They would be another day tomorrow, or in another country. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "today",
        "now",
        "yesterday",
        "epoch",
        "infinity",
        "03/04/2024",
        "4.3.2024",
        "today 12:00"
      })
  void aDateThatDependsOnTheDayOrTheServerIsRefused(String value) throws Exception {
    StructType times =
        schema(
            column("birth", DataTypes.StringType, "date", "DATE"),
            column("at", DataTypes.StringType, "dateTime", "TIMESTAMP"),
            column("clock", DataTypes.StringType, "time", "TIME"),
            column("days", DataTypes.createArrayType(DataTypes.StringType), "date", "DATE"));
    String time = value.equals("epoch") || value.contains("2024") ? null : value;
    ViewTables.write(
        load.lake(),
        "m",
        times,
        List.of(
            row("2024-03-04", "2024-03", "12:30:00", List.of("2024"), "r0"),
            row(value, value, time, List.of("2024-01-01", value), "r1")));

    assertThat(load.run()).isEqualTo(5);

    assertThat(refused("m")).contains("PostgreSQL refuses").doesNotContain(value);
    assertThat(
            load.query(
                "SELECT column_name FROM {}_state.refused_value WHERE view = 'm' ORDER BY 1"))
        .isEqualTo(
            time == null
                ? List.of("at", "birth", "days")
                : List.of("at", "birth", "clock", "days"));
    load.with("refused-values", "null");
    assertThat(load.run()).isZero();
    assertThat(load.query("SELECT * FROM {}.m ORDER BY _resource_id"))
        .containsExactly(
            "2024-03-04|2024-03-01 00:00:00+00|12:30:00|{2024-01-01}|r0",
            "null|null|null|{2024-01-01,NULL}|r1");
  }

  private void assertLoadedOthers() throws Exception {
    assertThat(load.query("SELECT DISTINCT text FROM {}.a")).containsExactly("new");
    assertThat(load.query("SELECT DISTINCT text FROM {}.z")).containsExactly("new");
  }

  private static List<org.apache.spark.sql.Row> dates() {
    return List.of(
        row("2024-02-30", "2", List.of(), "r1"),
        row("2020-13-77", "1e200000", null, "r2"),
        row("2024", "3", Arrays.asList("2024-02", null, "2025", "2024-02-31"), "r3"));
  }

  @ParameterizedTest
  @CsvSource({"ACCESS SHARE", "ACCESS EXCLUSIVE"})
  void aTableThatSomebodyHoldsIsTriedAgainWhenTheOthersAreDone(String mode) throws Exception {
    load.with("lock-patience", "5 minutes"); // of a machine that is busy with other tests, too
    ExecutorService other = Executors.newSingleThreadExecutor();
    try (Connection holder = LoadRun.connect();
        Statement statement = holder.createStatement()) {
      holder.setAutoCommit(false);
      statement.execute("LOCK TABLE %s.a IN %s MODE".formatted(load.schema(), mode));
      Future<Integer> status = other.submit((Callable<Integer>) load::run);
      Eventually.isTrue(() -> load.query("SELECT min(text) FROM {}.z").equals(List.of("new")));
      holder.commit();

      assertThat(status.get()).isZero();
    } finally {
      other.shutdownNow();
    }
    assertLoaded("a", "z");
  }

  /** A query that looks at z while the load does, as a dashboard may, makes it busy, too. */
  @Test
  void aTableThatIsHeldForLongKeepsNoOtherBusyOneWaiting() throws Exception {
    load.with("lock-patience", "5 minutes");
    ExecutorService other = Executors.newSingleThreadExecutor();
    try (Connection holder = LoadRun.connect();
        Connection query = LoadRun.connect();
        Statement longOne = holder.createStatement();
        Statement shortOne = query.createStatement()) {
      holder.setAutoCommit(false);
      query.setAutoCommit(false);
      longOne.execute("LOCK TABLE %s.a IN ACCESS SHARE MODE".formatted(load.schema()));
      shortOne.execute("LOCK TABLE %s.z IN ACCESS SHARE MODE".formatted(load.schema()));
      Future<Integer> status = other.submit((Callable<Integer>) load::run);
      Thread.sleep(3_000); // both were tried
      query.commit();
      Eventually.isTrue(() -> load.query("SELECT min(text) FROM {}.z").equals(List.of("new")));
      assertThat(status.isDone()).isFalse();
      holder.commit();
      assertThat(status.get()).isZero();
    } finally {
      other.shutdownNow();
    }
    assertLoaded("a", "z");
  }

  @ParameterizedTest
  @CsvSource({"ACCESS SHARE", "ACCESS EXCLUSIVE"})
  void aTableThatIsHeldForTooLongIsNamedAndTheOthersAreLoaded(String mode) throws Exception {
    load.with("lock-patience", "300 milliseconds");
    try (Connection holder = LoadRun.connect();
        Statement statement = holder.createStatement()) {
      holder.setAutoCommit(false);
      statement.execute("LOCK TABLE %s.a IN %s MODE".formatted(load.schema(), mode));

      assertThat(load.run()).isEqualTo(6);

      assertThat(refused("a")).contains(load.schema() + ".a", "another session holds a lock");
      assertThat(load.error()).isEqualTo(refused("a"));
    }
    assertLoaded("z");
    assertThat(load.query("SELECT DISTINCT text FROM {}.a")).containsExactly("old");
  }

  @Test
  void aRoleThatIsNotThereIsNamedAndTheTablesAreLoaded() throws Exception {
    load.with("reader-role", "nobody at all");

    assertThat(load.run()).isEqualTo(2);

    assertThat(load.error()).contains("role \"nobody at all\" does not exist");
    assertLoaded("a", "z");
    load.execute("CREATE ROLE {}_late");
    load.with("reader-role", load.schema() + "_late");
    assertThat(load.run()).isZero();
    assertThat(load.query("SELECT has_table_privilege('{}_late', '{}.a', 'SELECT')"))
        .containsExactly("t");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a broken log", "a lost file", "no table", "columns", "xmin"})
  void aViewThatCannotBeReadOrHeldIsNamedAndTheOthersAreLoaded(String what) throws Exception {
    Path log = load.lake().resolve("views/m/_delta_log");
    StructType wide =
        schema(
            java.util.stream.IntStream.range(0, 1_600)
                .mapToObj(i -> column("c" + i, DataTypes.StringType, "string"))
                .toArray(org.apache.spark.sql.types.StructField[]::new));
    StructType system = schema(column("xmin", DataTypes.StringType, "string"));
    String name = what.equals("no table") ? "no name" : "m";
    StructType columns = what.equals("columns") ? wide : what.equals("xmin") ? system : plain();
    ViewTables.write(
        load.lake(), name, columns, columns.size() == 3 ? plainRows(2, "x") : List.of());
    if (what.equals("a broken log")) {
      Files.delete(log.resolve("00000000000000000000.crc"));
      Files.writeString(log.resolve("00000000000000000000.json"), "{\"add\": secret\n");
    }
    if (what.equals("a lost file")) {
      try (var files = Files.list(log.getParent())) {
        for (Path file : files.filter(f -> f.toString().endsWith(".parquet")).toList()) {
          Files.delete(file);
        }
      }
    }

    assertThat(load.run())
        .isEqualTo(
            switch (what) {
              case "a broken log" -> 5;
              case "a lost file" -> 6;
              default -> 2;
            });

    assertThat(load.report().at("/result/refused_views").properties()).hasSize(1);
    assertThat(refused(name))
        .isEqualTo(load.error())
        .contains(
            switch (what) {
              case "a broken log" -> "Cannot read the log of the Delta table";
              case "a lost file" -> "its table lacks the file";
              case "columns" -> "it has 1601 columns, but a table can have only 1600";
              case "xmin" -> "a system column xmin";
              default -> "at most 63 letters, digits and _";
            });
    assertLoaded("a", "z");
  }

  /** PostgreSQL's B-tree takes 2,704 bytes, compressed; chance does not compress. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anIndexThatCannotHoldAValueIsLeftOutWithANote(boolean inPlace) throws Exception {
    StructType keys =
        schema(
            column("id", DataTypes.StringType, "id"),
            column("patient_id", DataTypes.StringType, "string"));
    ViewTables.write(load.lake(), "m", keys, List.of(row("r", "p", "r")));
    assertThat(load.run()).isZero();
    if (inPlace) {
      load.execute("CREATE VIEW {}.report AS SELECT * FROM {}.m");
    }
    StringBuilder text = new StringBuilder();
    Random random = new Random(7);
    while (text.length() < 6_000) {
      text.append(Long.toString(random.nextLong(), 36));
    }
    String longer = text.toString();
    ViewTables.write(load.lake(), "m", keys, List.of(row(longer, longer, longer)));

    assertThat(load.run()).isZero();

    assertThat(load.query("SELECT count(*) FROM {}.m WHERE patient_id = '" + longer + "'"))
        .containsExactly("1");
    assertThat(load.report().at("/notes").toString())
        .contains(load.schema() + ".m was loaded without")
        .doesNotContain(longer.substring(0, 20));
    ViewTables.write(load.lake(), "m", keys, List.of(row("r", "p", "r")));
    assertThat(load.run()).isZero();
  }

  @Test
  void aRowThatIsTooWideIsToldAsSuch() throws Exception {
    StructType wide =
        schema(
            java.util.stream.IntStream.range(0, 1_500)
                .mapToObj(i -> column("c" + i, DataTypes.StringType, "decimal"))
                .toArray(org.apache.spark.sql.types.StructField[]::new));
    Object[] values = new Object[1_501];
    Arrays.fill(values, "12345678901234567890123456789");
    ViewTables.write(load.lake(), "m", wide, List.of(row(values)));

    assertThat(load.run()).isEqualTo(5);

    assertThat(refused("m")).contains("row is too big", "SQLSTATE 54000");
    assertLoaded("a", "z");
  }
}
