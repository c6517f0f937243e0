package io.epicfhir.transform.queries;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.transform.sqlviews.AnalysedQuery;
import io.epicfhir.transform.sqlviews.SqlRefused;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Queries on a lake with one joined table of three rows. */
class RunQueryTest {
  @TempDir static Path folder;
  private static SparkSession spark;

  private record Ended(int status, String out, String err) {}

  @BeforeAll
  static void aLake() throws IOException {
    spark = RunQuery.session();
    StructType columns =
        new StructType()
            .add("id", "string")
            .add("value", "string")
            .add("codes", DataTypes.createArrayType(DataTypes.StringType));
    Dataset<Row> rows =
        spark.createDataFrame(
            List.of(
                RowFactory.create("o1", "6.50", List.of("a", "b")),
                RowFactory.create("o2", "8.1", null),
                RowFactory.create("o'3", null, List.of())),
            columns);
    rows.write().format("delta").save(folder.resolve("lake/joined/lab_result").toString());
    Files.writeString(folder.resolve("pipeline.conf"), "epic-fhir { lake = lake }");
    query(
        "above",
        "-- param least: decimal\n",
        "SELECT id, value, codes FROM lab WHERE CAST(value AS DECIMAL(38, 10)) >= :least ORDER BY id LIMIT 10");
    query("by_id", "-- param id: string\n", "SELECT id FROM lab WHERE id = :id");
  }

  private static void query(String name, String lines, String sql) throws IOException {
    Path queries = Files.createDirectories(folder.resolve("queries"));
    Files.writeString(
        queries.resolve(name + ".sql"),
        "-- title: x\n-- depends: lab_result as lab\n" + lines + sql + "\n");
  }

  private static Ended run(String name, String... more) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    List<String> arguments =
        new java.util.ArrayList<>(
            List.of(
                name,
                "--conf",
                folder.resolve("pipeline.conf").toString(),
                "--queries",
                folder.resolve("queries").toString()));
    arguments.addAll(List.of(more));
    int status =
        RunQuery.run(
            spark, new PrintStream(out), new PrintStream(err), arguments.toArray(String[]::new));
    return new Ended(
        status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8).strip());
  }

  @Test
  void theRowsArePrintedOrWritten() {
    assertThat(run("above", "--param", "least=6.5"))
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
    Path csv = folder.resolve("out.csv");
    Path parquet = folder.resolve("out.parquet");
    assertThat(run("above", "--param", "least=8", "--out", csv.toString()).status()).isZero();
    assertThat(csv).hasContent("id,value,codes\r\no2,8.1,\r\n");
    assertThat(run("above", "--param", "least=0", "--out", parquet.toString()).status()).isZero();
    assertThat(spark.read().parquet(parquet.toString()).count()).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "o'3|1",
        "o1' OR '1'='1|0",
        "o1\\' OR 1=1 --|0",
        "o1'; DROP VIEW lab; --|0",
        ":id|0",
        "${id}|0",
        "o1\" OR 1=1|0",
        "?|0"
      })
  void aValueNeverBecomesPartOfTheStatement(String value, int rows) {
    Ended ended = run("by_id", "--param", "id=" + value);
    assertThat(ended.err()).isEmpty();
    assertThat(ended.out()).endsWith(rows == 1 ? "1 row\n" : "0 rows\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "DROP VIEW lab",
        "CREATE TABLE x USING parquet AS SELECT * FROM lab",
        "INSERT INTO lab SELECT * FROM lab",
        "SELECT * FROM lab; SELECT * FROM lab",
        "SELECT * FROM other",
        "SELECT * FROM parquet.`/etc`",
        "SELECT java_method('java.lang.System', 'getenv', 'HOME') FROM lab",
        "SELECT id FROM lab WHERE id = :undeclared",
        "SET spark.sql.ansi.enabled = false",
        "SELECT id FROM lab WHERE nothing = 1",
        "SELECT sum(1) OVER w FROM lab WINDOW w AS (ORDER BY id = (SELECT max(id) FROM delta.`LAKE`))",
        "SELECT sum(1) OVER w FROM lab WINDOW w AS (PARTITION BY java_method('java.lang.System', 'getenv', 'HOME'))",
        "SELECT sum(1) OVER w FROM lab WINDOW w AS (ORDER BY :undeclared)",
        "SELECT from_xml(value, 'a STRING', map('rowValidationXSDPath', '/x')) FROM lab"
      })
  void whatIsNotOneSelectOnItsTablesIsRefused(String sql) throws IOException {
    query("refused", "", sql.replace("LAKE", folder + "/lake/joined/lab_result"));

    Ended ended = run("refused");

    assertThat(ended.status()).isEqualTo(2);
    assertThat(ended.err()).startsWith("Cannot run the query refused: ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT id FROM lab, (VALUES (current_date())) AS t(today) WHERE t.today > DATE'2020-01-01'",
        "SELECT id FROM lab WHERE EXISTS (SELECT 1 FROM VALUES (now()), (NULL) AS t(x) WHERE x IS NULL)",
        "WITH t AS (SELECT * FROM VALUES (1, current_timestamp())) SELECT id FROM lab, t",
        "SELECT id FROM lab JOIN (VALUES (DATE'2020-01-01'), (current_date())) AS t(d) ON d < current_date()"
      })
  void aRowThatIsWrittenMayHaveTheTime(String sql) throws IOException {
    query("timed", "", sql);
    Ended ended = run("timed");
    assertThat(ended.err()).isEmpty();
    assertThat(ended.out()).endsWith("3 rows\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT id FROM lab, (VALUES (current_user())) AS t(x)",
        "SELECT id FROM lab, (VALUES (current_date(), current_catalog())) AS t(d, x)"
      })
  void aRowThatIsWrittenMayNotReachOutside(String sql) throws IOException {
    query("outside", "", sql);
    assertThat(run("outside").status()).isEqualTo(2);
    var plan =
        ((org.apache.spark.sql.classic.Dataset<Row>)
                spark.sql(sql.replace("lab", "(VALUES ('a')) AS lab(id)")))
            .queryExecution()
            .analyzed();
    assertThatThrownBy(() -> AnalysedQuery.check("q", plan)).isInstanceOf(SqlRefused.class);
  }

  /** A second look, for what a reader of the parsed plan may overlook. */
  @Test
  void whatSparkResolvedToMoreThanItsTablesIsRefused() {
    String file = "delta.`" + folder + "/lake/joined/lab_result`";
    for (String sql :
        List.of(
            "SELECT 1 FROM " + file,
            "SELECT (SELECT max(id) FROM " + file + ") AS x",
            "SELECT 1 AS x WHERE EXISTS (SELECT 1 FROM " + file + ")",
            "SELECT reflect('java.lang.System', 'nanoTime') AS x")) {
      var plan =
          ((org.apache.spark.sql.classic.Dataset<Row>) spark.sql(sql)).queryExecution().analyzed();
      assertThatThrownBy(() -> AnalysedQuery.check("q", plan))
          .as(sql)
          .isInstanceOf(SqlRefused.class);
    }
  }

  /** A value of the data stands in no message. */
  @Test
  void aRowThatCannotBeComputedIsToldWithoutItsValue() throws IOException {
    query("broken", "", "SELECT CAST(id AS INT) AS n FROM lab");
    Ended ended = run("broken");
    assertThat(ended.status()).isEqualTo(2);
    assertThat(ended.err()).contains("CAST_INVALID_INPUT").doesNotContain("o1");
  }

  @Test
  void theParametersOfALibraryAreTypedToo() {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("word", "it's");
    values.put("none", null);
    var query =
        new io.epicfhir.common.query.SqlQuery(
            "q", Map.of(), List.of(), "SELECT :word AS word, :none AS none");
    assertThat(LakeQuery.rows(spark, query, Map.of(), values).collectAsList())
        .containsExactly(RowFactory.create("it's", null));
  }
}
