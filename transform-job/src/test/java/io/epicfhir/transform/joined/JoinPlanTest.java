package io.epicfhir.transform.joined;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.transform.TestLake;
import io.epicfhir.transform.sqlviews.AnalysedView;
import io.epicfhir.transform.sqlviews.SqlRefused;
import io.epicfhir.transform.sqlviews.SqlView;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.execution.FileSourceScanExec;
import org.apache.spark.sql.execution.SparkPlan;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import scala.jdk.javaapi.CollectionConverters;

/** How Spark runs SQLViews, and what their analysed plans say: no row is computed here. */
final class JoinPlanTest {
  @RegisterExtension static final PlanTables TABLES = PlanTables.ofClass();

  private static AnalysedView analysed(String sql) {
    return TABLES.analysed(sql);
  }

  private static org.apache.spark.sql.execution.QueryExecution execution(Dataset<Row> rows) {
    return ((org.apache.spark.sql.classic.Dataset<Row>) rows).queryExecution();
  }

  private static List<SparkPlan> nodes(SparkPlan plan) {
    List<SparkPlan> all = new ArrayList<>(List.of(plan));
    CollectionConverters.asJava(plan.children()).forEach(child -> all.addAll(nodes(child)));
    return all;
  }

  @Test
  void aSmallLookupIsBroadcastFromMemoryAndOnlyNeededColumnsAreRead() {
    SqlView view =
        PlanTables.view(
            "SELECT a.k, a.v, l.class FROM a LEFT JOIN l ON l.code = a.v WHERE a.j = '2'");
    List<SparkPlan> plan = nodes(execution(TABLES.rows(view)).executedPlan());
    assertThat(plan)
        .extracting(SparkPlan::nodeName)
        .contains("BroadcastHashJoin", "InMemoryTableScan");
    assertThat(plan).extracting(SparkPlan::nodeName).doesNotContain("SortMergeJoin", "Exchange");
    List<List<String>> read =
        plan.stream()
            .filter(FileSourceScanExec.class::isInstance)
            .map(scan -> List.of(((FileSourceScanExec) scan).requiredSchema().fieldNames()))
            .toList();
    assertThat(read).containsExactly(List.of("k", "j", "v"));
  }

  @Test
  void aTableAboveTheThresholdIsNotBroadcast() {
    try (PlanTables small = TABLES.with(JoinedLimits.of(1))) {
      SqlView view = PlanTables.view("SELECT a.k, l.class FROM a JOIN l ON l.code = a.v");
      assertThat(nodes(execution(small.rows(view)).executedPlan()))
          .extracting(SparkPlan::nodeName)
          .contains("SortMergeJoin")
          .doesNotContain("BroadcastHashJoin");
    }
  }

  @Test
  void settingsForFewRowsAreThoseOfBeforeAfterwards() {
    SparkSession session = TestLake.spark().newSession();
    session.conf().set("spark.sql.shuffle.partitions", "200");
    session.conf().set("spark.sql.optimizer.excludedRules", "a.b.C");
    Map<String, String> before = CollectionConverters.asJava(session.conf().getAll());
    try (SmallPlans small = SmallPlans.ofFewRows(session)) {
      assertThat(session.conf().get("spark.sql.shuffle.partitions")).isEqualTo("1");
      assertThat(session.conf().get("spark.sql.optimizer.excludedRules"))
          .startsWith("a.b.C,")
          .endsWith("ConvertToLocalRelation");
      assertThat(small).isNotNull();
    }
    assertThat(CollectionConverters.asJava(session.conf().getAll())).isEqualTo(before);
  }

  @Test
  void aMissingLookupHasTheColumnsThatEachSqlViewGivesIt() {
    var path = new org.apache.hadoop.fs.Path("gone");
    assertThat(
            List.of(List.of("code", "name"), List.of("code", "weight")).stream()
                .map(
                    columns ->
                        List.of(
                            TABLES
                                .sources()
                                .rows(Source.missing("gone", path, columns))
                                .columns())))
        .containsExactly(List.of("code", "name"), List.of("code", "weight"));
  }

  /** An empty cell: the plan does not tell. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "SELECT a.k FROM a LEFT JOIN b ON b.j = a.k | k | j",
        "SELECT b.j AS k FROM a JOIN b ON b.j = a.k AND a.v = b.v | k | j",
        "SELECT a.k FROM a RIGHT JOIN b ON b.j = a.k | |",
        "SELECT b.j AS k FROM a RIGHT JOIN b ON b.j = a.k | k | j",
        "SELECT a.k FROM a FULL JOIN b ON b.j = a.k | |",
        "SELECT a.k FROM a JOIN b ON b.j = a.v | k |",
        "SELECT a.k FROM a, b WHERE a.k = b.w | k | w",
        "SELECT a.k FROM a LEFT JOIN b ON true WHERE a.k = b.w | k |",
        "SELECT a.k FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.j = a.k) | k | j",
        "SELECT a.k, (SELECT count(*) FROM b WHERE b.j = a.k) AS n FROM a | k | j",
        "SELECT a.k, (SELECT count(*) FROM b) AS n FROM a | k |",
        "SELECT a.k FROM a WHERE a.v IN (SELECT v FROM b) | k |",
        "SELECT a.k FROM a WHERE NOT EXISTS (SELECT 1 FROM b WHERE b.j > a.k) | k |",
        "SELECT k, count(*) AS n FROM a GROUP BY k | k |",
        "SELECT max(k) AS k, count(*) AS n FROM a GROUP BY v | |",
        "SELECT k, sum(n) AS n FROM (SELECT j AS k, 1 AS n FROM a UNION ALL SELECT w, 2 FROM b) GROUP BY k | j | w",
        "SELECT k FROM a EXCEPT SELECT j FROM b | k | j",
        "SELECT k, row_number() OVER (PARTITION BY k ORDER BY v) AS n FROM a | k |",
        "SELECT k, row_number() OVER (PARTITION BY v ORDER BY k) AS n FROM a | |",
        "SELECT k, row_number() OVER (ORDER BY k) AS n FROM a | |",
        "WITH x AS (SELECT k, v FROM a) SELECT x.k FROM x JOIN x AS y ON x.k = y.k | k |",
        "WITH x AS (SELECT k, v FROM a) SELECT x.k FROM x JOIN x AS y ON x.v = y.v | |",
        "WITH x AS (SELECT k, v FROM a WHERE w = 'w') SELECT x.k, (SELECT count(*) FROM x AS y) AS n FROM x | |",
        "WITH x AS (SELECT k, j, v FROM a WHERE w = 'w') SELECT x.k FROM x WHERE EXISTS (SELECT 1 FROM x AS y WHERE y.j = x.v) | |",
        "WITH x AS (SELECT k, j FROM a WHERE w = 'w') SELECT x.k FROM x WHERE x.j IN (SELECT j FROM x AS y) | |",
        "WITH x AS (SELECT a.k, b.j FROM a JOIN b ON a.v = b.v) SELECT x.k, (SELECT count(*) FROM x AS y) AS n FROM x | |",
        "WITH x AS (SELECT k, v FROM a WHERE w = 'w') SELECT x.k, t.n FROM x, LATERAL (SELECT count(*) AS n FROM x AS y) AS t | |",
        "SELECT a.k, (SELECT count(*) FROM a AS z WHERE z.v <> 'q') AS n FROM a | |",
        "SELECT a.k FROM a, LATERAL (SELECT count(*) AS n FROM a AS z WHERE z.v <> 'q') AS t | |",
        "SELECT k FROM a WHERE EXISTS (SELECT 1 FROM a AS z WHERE z.j = a.v) | |",
        "SELECT t.k, t.x FROM (SELECT k, k FROM a UNION ALL SELECT j, w FROM b) AS t(k, x) | k | j",
        "SELECT t.k, t.x FROM (SELECT k, k FROM a UNION ALL SELECT j, w FROM b) AS t(x, k) | k | w",
        "SELECT t.k, t.x FROM (SELECT k, k FROM a EXCEPT ALL SELECT j, w FROM b) AS t(x, k) | k | j",
        "SELECT k, x FROM (SELECT k, v, j FROM a) PIVOT (max(j) FOR v IN ('x' AS x, 'y' AS y)) | k |",
        "SELECT k, c FROM (SELECT k, v, j FROM a) UNPIVOT (c FOR nm IN (v, j)) | |",
        "SELECT upper(k) AS k FROM a | |",
        "SELECT v.col AS k FROM a, LATERAL explode(a.vs) AS v | |",
        "SELECT k, t.x FROM a LATERAL VIEW explode(vs) t AS x | k |",
        "SELECT DISTINCT a.k FROM a JOIN b ON a.k <=> b.k ORDER BY 1 | k | k",
        "SELECT k, v, count(*) AS n FROM a GROUP BY ROLLUP (k, v) | |",
      })
  void thePlanTellsWhichColumnsAreTheKey(String sql, String ofA, String ofB) {
    var lineage = analysed(sql).lineage();
    assertThat(lineage.columns("a")).isEqualTo(Optional.ofNullable(ofA).map(List::of));
    if (sql.contains(" b")) {
      assertThat(lineage.columns("b")).isEqualTo(Optional.ofNullable(ofB).map(List::of));
    }
  }

  /** The column b.v is a decimal, a.v is a string, both with a description. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "SELECT k, v FROM b | decimal",
        "SELECT b.k, b.v AS v FROM a JOIN b ON a.k = b.k | decimal",
        "WITH x AS (SELECT k, v AS y FROM b) SELECT k, y AS v FROM x | decimal",
        "SELECT k, v FROM b UNION ALL SELECT k, NULL FROM a | decimal",
        "SELECT k, NULL AS v FROM a UNION ALL SELECT k, v FROM b | decimal",
        "SELECT k, v FROM b UNION ALL SELECT k, v FROM a |",
        "SELECT k, v FROM b UNION ALL SELECT k, upper(v) FROM b |",
        "SELECT k, max(v) AS v FROM b GROUP BY k |",
        "SELECT k, coalesce(v, '0') AS v FROM b |",
        "SELECT b.k, coalesce(b.v, c.v) AS v FROM b JOIN b AS c ON b.k = c.k | decimal",
        "SELECT b.k, coalesce(b.v, a.v) AS v FROM b JOIN a ON b.k = a.k |",
        "SELECT k, nvl(v, NULL) AS v FROM b | decimal",
        "SELECT k, if(k = '1', v, NULL) AS v FROM b | decimal",
        "SELECT k, CASE WHEN k = '1' THEN v WHEN k = '2' THEN j END AS v FROM b |",
        "SELECT k, CASE WHEN k = '1' THEN v WHEN k = '2' THEN v END AS v FROM b | decimal",
        "SELECT k, coalesce(v, NULL) AS v FROM b UNION ALL SELECT k, v FROM b | decimal",
      })
  void aColumnKeepsItsFhirTypeOnlyWhereAllItsValuesAreOfIt(String sql, String fhirType) {
    var metadata = analysed(sql).schema().apply("v").metadata();
    assertThat(metadata.contains("fhirType") ? metadata.getString("fhirType") : null)
        .isEqualTo(fhirType);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "SELECT k, current_date AS d FROM a|t.sql:4: the current date is not deterministic",
        "SELECT k,⏎CURRENT_TIMESTAMP AS d FROM a|t.sql:5: the current time is not deterministic",
        "SELECT k FROM a WHERE v = current_user|t.sql:4: the current user reaches outside",
        "SELECT k, first(v) AS v FROM a GROUP BY k|t.sql:4: first, last, any_value and mode",
        "SELECT k, any_value(v) AS v FROM a GROUP BY k|t.sql:4: first, last, any_value and mode",
        "SELECT k, mode(v) AS v FROM a GROUP BY k|t.sql:4: first, last, any_value and mode",
        "SELECT k, collect_list(v) AS v FROM a GROUP BY k|t.sql:4: the elements of a collected list",
        "SELECT k, array_agg(v) AS v FROM a GROUP BY k|t.sql:4: the elements of a collected list",
        "SELECT k, string_agg(v, ',') AS v FROM a GROUP BY k|t.sql:4: the parts of string_agg have no fixed order",
        "SELECT k, count(v) FROM a GROUP BY k|t.sql: the column \"count(v)\" needs a name",
        "SELECT k, named_struct('x', v) AS s FROM a|t.sql: the column s has the type struct",
        "SELECT k, CAST(v AS SMALLINT) AS s FROM a|t.sql: the column s has the type smallint",
        "SELECT k, NULL AS s FROM a|t.sql: the column s has the type void",
        "SELECT k, v AS K FROM a|t.sql: the column K occurs twice",
        "SELECT k, v AS ctid FROM a|t.sql: every table has a system column ctid",
        "SELECT k, v AS _x FROM a|t.sql: the column \"_x\" needs a name",
        "SELECT v FROM a|t.sql: it has no column k, its key",
        "SELECT k, nothing FROM a|t.sql:4: ",
        "SELECT k, nothing(v) AS x FROM a|t.sql:4: ",
      })
  void whatNoTableCanHoldOrIsNotTheSameEachTimeIsRefused(String sql, String message) {
    Assertions.assertThatThrownBy(() -> analysed(sql.replace('⏎', '\n')))
        .isInstanceOf(SqlRefused.class)
        .hasMessageStartingWith(message);
  }
}
