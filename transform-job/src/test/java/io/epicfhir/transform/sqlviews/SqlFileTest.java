package io.epicfhir.transform.sqlviews;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.transform.sqlviews.SqlView.Dependency;
import io.epicfhir.transform.sqlviews.SqlView.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a SQLView's file says, and what is refused with file and line before any data is touched.
 */
final class SqlFileTest {
  private static final String HEAD = "-- description: x\n-- depends: a, b as c, lookup l\n";

  /** Rows of a CsvSource have no line ends. */
  private static String lines(String text) {
    return text.replace('⏎', '\n');
  }

  private static SqlView view(String sql) {
    return SqlCatalog.read(HEAD + sql, "t.sql");
  }

  @Test
  void theCommentsAtTheTopSayWhatTheTableIs() {
    SqlView view =
        SqlCatalog.read(
            """
            -- title: Orders
            -- description: One row
            --   per order
            -- question: Who: what?

            -- depends: request, drug as medication,
            --   lookup rx (optional), lookup w as weight (optional: code, weight:decimal)
            -- key: order_id
            -- touched by medication:
            --   SELECT r.id FROM request r
            --   JOIN changed ON changed.id = r.drug
            -- column dose (decimal): The dose; unit mg
            -- index: patient_id, started
            SELECT 1
            """,
            "orders.sql");
    assertThat(view.name()).isEqualTo("orders");
    assertThat(view.description()).isEqualTo("Orders\nOne row per order\nWho: what?");
    assertThat(view.dependencies())
        .containsExactly(
            new Dependency(Kind.TABLE, "request", "request", Optional.empty()),
            new Dependency(Kind.TABLE, "drug", "medication", Optional.empty()),
            new Dependency(Kind.LOOKUP, "rx", "rx", Optional.of(List.of())),
            new Dependency(
                Kind.LOOKUP, "w", "weight", Optional.of(List.of("code", "weight:decimal"))));
    assertThat(view.key()).contains("order_id");
    assertThat(view.touched().get("medication").line()).isEqualTo(9);
    assertThat(SqlCheck.touched(view, "medication")).isNotNull();
    SqlView inWindow =
        SqlCatalog.read(
            """
            -- description: x
            -- depends: a
            -- key: k
            -- touched by a: SELECT max(k) OVER w FROM changed WINDOW w AS (ORDER BY rand())
            SELECT 1 AS k
            """,
            "w.sql");
    assertThatThrownBy(() -> SqlCheck.touched(inWindow, "a"))
        .hasMessageStartingWith("w.sql:4: rand is not deterministic");
    assertThat(view.columns())
        .containsEntry("dose", new SqlView.Note("decimal", "The dose; unit mg"));
    assertThat(view.indexed()).containsExactly("patient_id", "started");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "-- description: x|t.sql:1: declare the tables that it reads",
        "-- depends: a|t.sql:1: say what one row is",
        "-- description: x⏎-- depend: a|t.sql:2: a comment above the statement must begin with",
        "-- description: x⏎-- description: y⏎-- depends: a|t.sql:2: the line \"description\" occurs twice",
        "-- description: x⏎-- depends: a b|t.sql:2: \"a b\" is not a dependency",
        "-- description: x⏎-- depends: a (optional)|t.sql:2: only a lookup can be optional",
        "-- description: x⏎-- depends: a, A|t.sql:2: the label a occurs twice",
        "-- description: x⏎-- depends: a as changed|t.sql:2: the label \"changed\" is reserved",
        "-- description: x⏎-- depends: a⏎-- touched by a: SELECT 1|t.sql:3: \"touched by\" needs a key",
        "-- description: x⏎-- depends: a⏎-- key: k⏎-- touched by b: SELECT 1|t.sql:4: b is not a label",
        "-- description: x⏎-- depends: a⏎-- key: k, l|t.sql:3: a key is one column",
        "-- description: x⏎-- depends: a⏎-- index: 1st|t.sql:3: \"index\" lists \"1st\", which is not a",
      })
  void commentsThatCannotBeUsedAreRefusedWithFileAndLine(String comments, String message) {
    assertThatThrownBy(() -> SqlCatalog.read(lines(comments) + "\nSELECT 1 AS x\n", "t.sql"))
        .isInstanceOf(SqlRefused.class)
        .hasMessageStartingWith(message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT * FROM a JOIN c USING (id) LEFT JOIN l ON l.code = a.code",
        "WITH x AS (SELECT id FROM a), y AS (SELECT id FROM x) SELECT * FROM y -- a\n",
        "SELECT id FROM a UNION ALL SELECT id FROM C /* b */",
        "SELECT id, row_number() OVER (PARTITION BY p ORDER BY t, id) AS n FROM a",
        "SELECT id, first_value(v) OVER (PARTITION BY p ORDER BY t) AS v FROM a",
        "SELECT sort_array(collect_set(v)) AS v, string_agg(v, ',') WITHIN GROUP (ORDER BY v) AS w FROM a",
        "SELECT id FROM a WHERE EXISTS (SELECT 1 FROM c WHERE c.id = a.id) AND x IN (SELECT code FROM l)",
        "SELECT id, t.v FROM a LATERAL VIEW explode(vs) t AS v",
        "SELECT a.id, v.col FROM a, LATERAL explode(a.vs) AS v",
        "SELECT * FROM VALUES (1, 'DROP TABLE a; --') AS v(id, t)",
        "SELECT `a`.id FROM `a` ORDER BY 1",
        "SELECT sum(v) OVER w AS n FROM a WINDOW w AS (PARTITION BY p ORDER BY t, id)",
        "SELECT from_xml(v, 'r STRING', map('rowTag', 'row')) AS x, from_xml(v, 'r STRING') AS y FROM a",
      })
  void queriesOfTheirDependenciesAreRead(String sql) {
    assertThat(SqlCheck.query(view(sql))).isNotNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "SELECT 1; SELECT 2|t.sql:3: this is not one SELECT",
        "SELECT 1; DROP TABLE a|t.sql:3: this is not one SELECT",
        "SELEC 1|t.sql:3: this is not one SELECT",
        "DROP TABLE a|t.sql:3: ",
        "INSERT INTO a SELECT * FROM c|t.sql:3: ",
        "FROM a INSERT INTO c SELECT *|t.sql:3: ",
        "CREATE TABLE x AS SELECT * FROM a|t.sql:3: ",
        "DELETE FROM a|t.sql:3: ",
        "MERGE INTO a USING c ON a.id = c.id WHEN MATCHED THEN DELETE|t.sql:3: ",
        "SHOW TABLES|t.sql:3: ",
        "SET x = 1|t.sql:3: ",
        "CACHE TABLE a|t.sql:3: ",
        "EXPLAIN SELECT 1|t.sql:3: ",
        "ADD JAR 'x.jar'|t.sql:3: ",
        "INSERT OVERWRITE DIRECTORY '/tmp/x' USING parquet SELECT 1|t.sql:3: ",
        "SELECT TRANSFORM(id) USING 'cat' FROM a|t.sql:3: ",
        "SELECT 1⏎FROM b|t.sql:4: the SQL reads b, which is not a label of its dependencies: a, c, l",
        "SELECT * FROM parquet.`/tmp/x`|t.sql:3: the SQL reads parquet./tmp/x",
        "SELECT * FROM delta.`/tmp/x`|t.sql:3: the SQL reads delta",
        "SELECT * FROM spark_catalog.default.a|t.sql:3: the SQL reads spark_catalog.default.a",
        "SELECT * FROM a WHERE id IN (⏎SELECT id FROM secret)|t.sql:4: the SQL reads secret",
        "SELECT (SELECT max(id) FROM secret) AS x FROM a|t.sql:3: the SQL reads secret",
        "WITH x AS (SELECT * FROM secret) SELECT * FROM x|t.sql:3: the SQL reads secret",
        "SELECT * FROM (WITH x AS (SELECT 1) SELECT * FROM x) JOIN x|t.sql:3: the SQL reads x",
        "SELECT * FROM a VERSION AS OF 1|t.sql:3: a table can only be read as it is now",
        "SELECT * FROM a LIMIT 3|t.sql:3: LIMIT keeps arbitrary rows",
        "SELECT * FROM a TABLESAMPLE (10 PERCENT)|t.sql:3: TABLESAMPLE keeps random rows",
        "SELECT * FROM python_worker_logs()|t.sql:3: the table function python_worker_logs",
        "SELECT * FROM a WHERE id = :id|t.sql:3: a table has no parameters: :id",
        "SELECT * FROM a WHERE id = ?|t.sql:3: parameters without a name",
        "SELECT * FROM IDENTIFIER('secret')|t.sql:3: the SQL reads secret",
        "SELECT reflect('java.lang.System', 'exit', 1) AS x FROM a|t.sql:3: reflect reaches outside",
        "SELECT java_method('java.util.UUID', 'randomUUID') AS x FROM a|t.sql:3: java_method reaches",
        "SELECT input_file_name() AS x FROM a|t.sql:3: input_file_name reaches outside",
        "SELECT id FROM a WHERE rand() > 0.5|t.sql:3: rand is not deterministic",
        "SELECT id FROM a WHERE t <⏎  NOW()|t.sql:4: now is not deterministic",
        "SELECT current_timestamp() AS x FROM a|t.sql:3: current_timestamp is not deterministic",
        "SELECT system.builtin.rand() AS x FROM a|t.sql:3: the function system.builtin.rand",
        "SELECT uuid() AS x FROM a|t.sql:3: uuid is not deterministic",
        "BEGIN SELECT 1; END|t.sql:3: ",
        "SELECT sum(v) OVER w AS x FROM a⏎WINDOW w AS (PARTITION BY id = (SELECT max(id) FROM delta.`/tmp/x`))|t.sql:4: the SQL reads delta",
        "SELECT sum(v) OVER w AS x FROM a⏎WINDOW w AS (ORDER BY id IN (SELECT id FROM secret))|t.sql:4: the SQL reads secret",
        "SELECT sum(v) OVER w AS x FROM a WINDOW w AS (ORDER BY reflect('java.lang.System', 'exit', 1))|t.sql:3: reflect reaches",
        "SELECT sum(v) OVER w AS x FROM a WINDOW v AS (ORDER BY id), w AS (PARTITION BY rand())|t.sql:3: rand is not",
        "SELECT sum(v) OVER w AS x FROM a WINDOW w AS (ORDER BY :id)|t.sql:3: a table has no parameters: :id",
        "SELECT sum(v) OVER w AS x FROM a WINDOW w AS (ORDER BY (SELECT id FROM c LIMIT 1))|t.sql:3: LIMIT",
        "WITH x AS (SELECT sum(v) OVER w AS y FROM a WINDOW w AS (ORDER BY now())) SELECT * FROM x|t.sql:3: now is not",
        "SELECT * FROM a WHERE id IN (SELECT sum(v) OVER w FROM c WINDOW w AS (ORDER BY uuid()))|t.sql:3: uuid is not",
        "SELECT from_xml(v, 'r STRING', map('rowValidationXSDPath', '/etc/passwd')) AS x FROM a|t.sql:3: the options of from_xml",
        "SELECT from_xml(v, 'r STRING', map('ROWVALIDATIONXSDPATH', '/etc/passwd')) AS x FROM a|t.sql:3: the options of from_xml",
        "SELECT from_xml(v, 'r STRING', map(concat('rowValidation', 'XSDPath'), '/x')) AS x FROM a|t.sql:3: the options of from_xml",
        "SELECT from_xml(v, 'r STRING', o) AS x FROM a|t.sql:3: the options of from_xml",
        "SELECT schema_of_xml('<a/>', map('rowValidationXSDPath', '/x')) AS x FROM a|t.sql:3: the options of schema_of_xml",
      })
  void whateverIsNoQueryOfTheDependenciesIsRefusedWithFileAndLine(String sql, String message) {
    assertThatThrownBy(() -> SqlCheck.query(view(lines(sql))))
        .isInstanceOf(SqlRefused.class)
        .hasMessageStartingWith(message);
  }

  @ParameterizedTest
  @CsvSource({
    "application/sql;dialect=spark-sql, application/sql, 0",
    "application/sql, application/sql; dialect=SPARK-SQL, 1",
    "application/sql;dialect=ansi-sql, application/sql, 1",
    "application/sql;dialect=ansi-sql, application/sql;dialect=duckdb, 0",
    "application/sql;dialect=duckdb, application/sql;dialect=postgresql, -1",
    "text/plain, application/sql, -1"
  })
  void ofSeveralDialectsSparksOwnIsTakenThenNoneThenAnsi(String first, String second, int taken) {
    String json = library("sql-view", "", first, "SELECT 0 AS x", second, "SELECT 1 AS x");
    if (taken < 0) {
      assertThatThrownBy(() -> SqlCatalog.read(json, "l.json"))
          .isInstanceOf(SqlRefused.class)
          .hasMessageStartingWith("l.json: ");
    } else {
      assertThat(SqlCatalog.read(json, "l.json").query().sql()).contains("SELECT " + taken);
    }
  }

  @Test
  void aLibraryThatIsNoViewIsRefused() {
    String sql = "application/sql";
    assertThatThrownBy(
            () -> SqlCatalog.read(library("sql-query", "", sql, "SELECT 1", sql, ""), "l.json"))
        .hasMessageContaining("this is a SQLQuery");
    assertThatThrownBy(
            () ->
                SqlCatalog.read(
                    library("sql-view", "\"parameter\": [{}],", sql, "SELECT 1", "x", ""),
                    "l.json"))
        .hasMessageContaining("a SQLView has no parameter");
    assertThatThrownBy(() -> SqlCatalog.read("{\n\"a\": }", "l.json"))
        .hasMessageStartingWith("l.json:2: this is not valid JSON");
  }

  private static String library(
      String type, String more, String first, String sql1, String second, String sql2) {
    return """
        {"resourceType": "Library", "name": "L", %s "type": {"coding": [{"code": "%s"}]},
         "content": [{"contentType": "%s", "data": "%s"}, {"contentType": "%s", "data": "%s"}]}
        """
        .formatted(more, type, first, base64(sql1), second, base64(sql2));
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void whatOthersReadComesFirstAndOneThatReadsItselfIsNamed() {
    List<SqlView> views =
        List.of(
            reads("one", "two, v"),
            reads("two", "v"),
            reads("loop", "round"),
            reads("round", "back"),
            reads("back", "loop"),
            reads("self", "self"),
            reads("outside", "loop"),
            reads("V", "v"));
    TableOrder order =
        TableOrder.of(
            new SqlCatalog(views, List.of()),
            new TableOrder.Known(Set.of("v"), Set.of(), Map.of(), Map.of()));
    assertThat(order.views()).extracting(SqlView::name).containsExactly("two", "one", "outside");
    assertThat(order.problems())
        .extracting(SqlCatalog.Problem::name)
        .containsExactlyInAnyOrder("loop", "round", "back", "self", "V");
    assertThat(order.problems())
        .extracting(SqlCatalog.Problem::message)
        .anyMatch(message -> message.contains("back → loop → round → back"))
        .anyMatch(
            message ->
                message.equals("self.sql: it depends on itself: self → self; break the cycle"));
  }

  @Test
  void aNameThatAFileWhichCannotBeReadMayDefineIsNotCalledUnknown(@TempDir Path folder)
      throws IOException {
    Files.writeString(folder.resolve("Broken.json"), "{\"resourceType\": \"Library\",,");
    Files.writeString(folder.resolve("broken_too.sql"), "nothing");
    Files.writeString(
        folder.resolve("reader.sql"), "-- description: x\n-- depends: people\nSELECT 1 AS x\n");
    SqlCatalog catalog = SqlCatalog.load(folder);
    assertThat(catalog.unread())
        .as("the other one's name is its file's")
        .containsExactly("Broken.json");
    TableOrder order =
        TableOrder.of(
            catalog,
            new TableOrder.Known(Set.of(), Set.of(), Map.of(), Map.of(), List.of("People.json")));
    assertThat(order.problems())
        .extracting(SqlCatalog.Problem::message)
        .containsExactly(
            "reader.sql: there is no view or joined table people, unless People.json or Broken.json"
                + " defines it, which cannot be read; correct that file first");
  }

  private static SqlView reads(String name, String depends) {
    return SqlCatalog.read(
        "-- description: x\n-- depends: " + depends + "\nSELECT 1 AS x\n", name + ".sql");
  }

  @Test
  void aUrlOfTwoTablesIsRefusedWhereSomethingReadsIt() {
    String url = "https://x/ViewDefinition/v";
    TableOrder.Known known =
        new TableOrder.Known(
            Set.of("va", "vb", "only"),
            Set.of("lookup"),
            Map.of(url, Set.of("va", "vb"), "https://x/only", Set.of("only")),
            Map.of());
    TableOrder order =
        TableOrder.of(
            new SqlCatalog(
                List.of(byUrl("two", url), byUrl("one", "https://x/only"), reads("name", "va")),
                List.of()),
            known);
    assertThat(order.views()).extracting(SqlView::name).containsExactly("name", "one");
    assertThat(order.problems())
        .extracting(SqlCatalog.Problem::message)
        .containsExactly(
            "two.json: va and vb have the same URL https://x/ViewDefinition/v; give each a URL of"
                + " its own");

    TableOrder mixed =
        TableOrder.of(
            new SqlCatalog(List.of(byUrl("j", url)), List.of()),
            new TableOrder.Known(
                Set.of("va"),
                Set.of("lookup"),
                Map.of(url, Set.of("va")),
                Map.of(url, Set.of("lookup"))));
    assertThat(mixed.problems())
        .extracting(SqlCatalog.Problem::message)
        .singleElement()
        .asString()
        .contains("lookup and va have the same URL");
  }

  private static SqlView byUrl(String name, String url) {
    String sql =
        java.util.Base64.getEncoder()
            .encodeToString(
                "-- key: id\nSELECT id FROM p".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    return SqlCatalog.read(
        """
        {"resourceType": "Library", "name": "%s", "description": "One row",
         "type": {"coding": [{"code": "sql-view"}]},
         "relatedArtifact": [{"type": "depends-on", "resource": "%s", "label": "p"}],
         "content": [{"contentType": "application/sql", "data": "%s"}]}"""
            .formatted(name, url, sql),
        name + ".json");
  }
}
