package io.epicfhir.load;

import static io.epicfhir.load.ViewTables.row;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Queries on one loaded table: lab_result with three rows. */
class RunQueryTest {
  @TempDir static Path folder;
  private static LoadRun load;
  private static Path queries;

  private record Ended(int status, String out, String err) {}

  @BeforeAll
  static void aLoadedTable() throws Exception {
    load = new LoadRun(folder);
    StructType columns =
        ViewTables.schema(
            ViewTables.column("id", DataTypes.StringType, "id"),
            ViewTables.column("loinc_code", DataTypes.StringType, "code"),
            ViewTables.column("value", DataTypes.StringType, "decimal"),
            ViewTables.column("effective_time", DataTypes.StringType, "dateTime"),
            ViewTables.column("codes", DataTypes.createArrayType(DataTypes.StringType), "code"));
    ViewTables.write(
        load.lake(),
        "lab_result",
        columns,
        List.of(
            row("o1", "4548-4", "6.50", "2026-01-02", List.of("a", "b"), "o1"),
            row("o2", "4548-4", "8.1", "2026-03-01", null, "o2"),
            row("o'3", "2160-0", null, "2025-12-31", List.of(), "o'3")));
    assertThat(load.run()).isZero();
    queries = Files.createDirectories(folder.resolve("queries"));
    query(
        "above",
        "-- param code: code\n-- param least: decimal (optional), lowest value\n",
        "SELECT id, value, codes FROM lab_result WHERE loinc_code = :code AND value >= coalesce(:least, 0) ORDER BY id");
    query("by_id", "-- param id: string\n", "SELECT id FROM lab_result WHERE id = :id");
  }

  private static void query(String name, String lines, String sql) throws IOException {
    Files.writeString(
        queries.resolve(name + ".sql"),
        "-- title: x\n-- depends: lab_result\n" + lines + sql + "\n");
  }

  private static Ended run(String name, String... more) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    List<String> arguments =
        new ArrayList<>(List.of(name, "--conf", load.settingsFile().toString()));
    arguments.addAll(List.of("--queries", queries.toString()));
    arguments.addAll(Arrays.asList(more));
    int status =
        RunQuery.run(new PrintStream(out), new PrintStream(err), arguments.toArray(String[]::new));
    return new Ended(
        status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8).strip());
  }

  @Test
  void theRowsArePrintedAsATable() throws IOException {
    assertThat(run("above", "--param", "code=4548-4"))
        .isEqualTo(
            new Ended(
                0,
                """
                id  value  codes
                ----------------
                o1  6.50   {a,b}
                o2  8.1
                2 rows
                """,
                ""));
    assertThat(run("above", "--param", "code=4548-4", "--param", "least=7").out())
        .contains("1 row\n");
  }

  @Test
  void theRowsAreWrittenAsCsv() throws IOException {
    Path file = folder.resolve("out.csv");
    assertThat(run("above", "--param", "code=4548-4", "--out", file.toString()).status()).isZero();
    assertThat(file).hasContent("id,value,codes\r\no1,6.50,\"{a,b}\"\r\no2,8.1,\r\n");
  }

  /** Whatever a value holds, it is a value: it finds the row that has it as its id, or none. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "o'3|1",
        "o1' OR '1'='1|0",
        "o1'; DROP TABLE lab_result; --|0",
        "o1\\'; SELECT 1 --|0",
        ":id|0",
        "o1\" OR 1=1|0",
        "$$o1$$|0",
        "o1/*|0",
        "?|0",
        "o1;|0"
      })
  void aValueNeverBecomesPartOfTheStatement(String value, int rows) throws Exception {
    Ended ended = run("by_id", "--param", "id=" + value);

    assertThat(ended.err()).isEmpty();
    assertThat(ended.out()).endsWith(rows == 1 ? "1 row\n" : "0 rows\n");
    assertThat(load.query("SELECT count(*) FROM {}.lab_result")).containsExactly("3");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "DELETE FROM lab_result RETURNING id",
        "WITH gone AS (DELETE FROM lab_result RETURNING id) SELECT * FROM gone",
        "SELECT id FROM lab_result; DELETE FROM lab_result",
        "DROP TABLE lab_result",
        "SET TRANSACTION READ WRITE",
        "COMMIT",
        "CREATE TABLE x AS SELECT * FROM lab_result",
        "SELECT id INTO x FROM lab_result"
      })
  void aStatementThatWritesIsRefused(String sql) throws Exception {
    query("writes", "", sql);

    assertThat(run("writes").status()).isEqualTo(2);

    assertThat(load.query("SELECT count(*) FROM {}.lab_result")).containsExactly("3");
    assertThat(load.query("SELECT to_regclass('{}.x')")).containsExactly("null");
  }

  @ParameterizedTest
  @CsvSource({
    "above, least=7, Cannot run the query above: give --param code=VALUE",
    "above, code=x;least=7;most=8, Cannot run the query above: it has no parameter most",
    "above, code=x;least=secret, 'Cannot run the query above: the parameter least takes a number, such as 6.50'",
    "none, '', 'Cannot run the query none: there is no none.sql or none.json in '",
    "../queries/above, '', Cannot run the query by this name: use letters"
  })
  void whatCannotBeRunIsToldWithoutTheValue(String name, String parameters, String told)
      throws IOException {
    List<String> given = new ArrayList<>();
    Arrays.stream(parameters.split(";"))
        .filter(one -> !one.isEmpty())
        .forEach(one -> given.addAll(List.of("--param", one)));
    Ended ended = run(name, given.toArray(String[]::new));
    assertThat(ended.status()).isEqualTo(2);
    assertThat(ended.err()).startsWith(told).doesNotContain("secret");
  }

  /** A Library has the statement of several engines, and tables under other names. */
  @Test
  void aLibraryGivesTheStatementForThisDatabase() throws IOException {
    Map<String, Object> library =
        Map.of(
            "resourceType", "Library",
            "type", Map.of("coding", List.of(Map.of("code", "sql-query"))),
            "relatedArtifact",
                List.of(
                    Map.of(
                        "type",
                        "depends-on",
                        "label",
                        "labs",
                        "resource",
                        "https://example.org/Library/lab_result|1")),
            "parameter", List.of(Map.of("name", "code", "use", "in", "type", "code", "min", 1)),
            "content",
                List.of(
                    content(
                        "application/sql;dialect=spark-sql",
                        "SELECT array_contains(codes, :code) FROM labs"),
                    content(
                        "application/sql; dialect=\"postgresql\"",
                        "SELECT id FROM labs WHERE :code = ANY (codes)")));
    Files.writeString(
        queries.resolve("coded.json"), new ObjectMapper().writeValueAsString(library));

    assertThat(run("coded", "--param", "code=b").out()).isEqualTo("id\n--\no1\n1 row\n");
    assertThat(run("coded").status()).isEqualTo(2);
  }

  private static Map<String, Object> content(String type, String sql) {
    byte[] bytes = sql.getBytes(StandardCharsets.UTF_8);
    return Map.of("contentType", type, "data", Base64.getEncoder().encodeToString(bytes));
  }
}
