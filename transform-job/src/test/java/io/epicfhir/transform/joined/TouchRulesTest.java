package io.epicfhir.transform.joined;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.transform.sqlviews.AnalysedView;
import io.epicfhir.transform.sqlviews.RowValue;
import io.epicfhir.transform.sqlviews.SqlView;
import io.epicfhir.transform.sqlviews.TouchRule;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which keys a changed row of b touches: what a rule tells, and what only a query can. */
final class TouchRulesTest {
  private static final StructType ROW = StructType.fromDDL("j string, k string, v string");

  @RegisterExtension static final PlanTables TABLES = PlanTables.ofClass();

  private static Optional<TouchRule> rule(String statement) {
    SqlView view =
        PlanTables.view("SELECT a.k, b.v FROM a, b", "-- touched by b: " + statement + "\n");
    try (SqlSession sql = TABLES.sql(view)) {
      AnalysedView analysed = sql.analysed();
      return TouchRules.of(sql, analysed).of("b");
    }
  }

  private static String columns(List<RowValue> values) {
    return values.stream()
        .map(value -> String.join("+", value.columns()))
        .collect(Collectors.joining(","));
  }

  private static InternalRow row(String j, String k, String v) {
    return new GenericInternalRow(
        new Object[] {
          UTF8String.fromString(j), UTF8String.fromString(k), UTF8String.fromString(v)
        });
  }

  /**
   * The columns of the changed row that are keys; of others the key, the value, the changed one's.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      emptyValue = "",
      value = {
        "SELECT k FROM changed | k | ~~",
        "SELECT c.w AS x FROM changed AS c | w | ~~",
        "SELECT concat('B/', k, j) FROM changed | j+k | ~~",
        "SELECT a.k FROM a JOIN changed ON a.v = changed.j | ~~ | a k v j",
        "SELECT a.k FROM changed AS c JOIN a ON c.j = a.v | ~~ | a k v j",
        "SELECT z.k FROM other AS z JOIN changed AS c ON lower(z.v) = concat(c.j, c.w) | ~~ | other k v j+w",
        "SELECT a.k FROM a JOIN changed AS c ON c.j = nullif(regexp_extract(a.v, 'x/(.*)', 1), '') | ~~ | a k v j",
        "SELECT k FROM changed UNION SELECT a.k FROM a JOIN changed AS c ON a.v = c.j | k | a k v j",
        "SELECT k FROM changed UNION ALL SELECT w FROM changed | k,w | ~~",
        "SELECT DISTINCT k FROM changed | k | ~~",
      })
  void whatARowOrOneOtherTableTellsIsARule(String statement, String own, String others) {
    TouchRule rule = rule(statement).orElseThrow();
    assertThat(columns(rule.own())).isEqualTo(own);
    assertThat(
            rule.others().stream()
                .map(
                    other ->
                        other.label()
                            + " "
                            + columns(List.of(other.key()))
                            + " "
                            + columns(List.of(other.value()))
                            + " "
                            + columns(List.of(other.changed())))
                .collect(Collectors.joining(",")))
        .isEqualTo(others);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT k FROM a",
        "SELECT 'x' FROM changed",
        "SELECT max(k) FROM changed",
        "SELECT k FROM changed WHERE v = 'x'",
        "SELECT a.k FROM a, changed",
        "SELECT a.k FROM a JOIN changed AS c ON a.v < c.j",
        "SELECT a.k FROM a JOIN changed AS c ON a.v <=> c.j",
        "SELECT a.k FROM a JOIN changed AS c ON a.v = c.j AND a.w = 'x'",
        "SELECT a.k FROM a JOIN changed AS c ON concat(a.v, c.j) = c.k",
        "SELECT c.k FROM a JOIN changed AS c ON a.v = c.j",
        "SELECT concat(a.k, c.k) FROM a JOIN changed AS c ON a.v = c.j",
        "SELECT a.k FROM a LEFT JOIN changed AS c ON a.v = c.j",
        "SELECT x.k FROM changed AS x JOIN changed AS y ON x.v = y.j",
        "SELECT a.k FROM a JOIN other ON a.v = other.k JOIN changed AS c ON other.j = c.j",
        "SELECT a.k FROM a WHERE a.v IN (SELECT j FROM changed)",
        "SELECT (SELECT max(k) FROM a) FROM changed",
        "SELECT k FROM changed UNION SELECT k FROM a",
        "SELECT k FROM changed EXCEPT SELECT k FROM a",
      })
  void whatNeedsMoreIsLeftToAQuery(String statement) {
    assertThat(rule(statement)).isEmpty();
  }

  @Test
  void theValueIsSparksOwn() {
    TouchRule rule =
        rule("SELECT concat('B/', nullif(regexp_extract(v, 'x/([0-9]+)', 1), '')) FROM changed")
            .orElseThrow();
    var value = rule.own().get(0).over(ROW);
    assertThat(value.apply(row("j", "k", "x/12"))).hasToString("B/12");
    assertThat(value.apply(row("j", "k", "y"))).isNull();
  }

  /** The columns of a that have a part in the rows. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "SELECT a.k FROM a | k",
        "SELECT a.k FROM a WHERE a.j = '2' | j,k",
        "SELECT a.* FROM a | j,k,v,vs,w",
        "SELECT * EXCEPT (vs, w) FROM a | j,k,v",
        "SELECT a.k, b.v FROM a JOIN b ON a.v = b.v | k,v",
        "SELECT k, b.v FROM a JOIN b USING (k) | k",
        "SELECT a.k, b.w FROM a NATURAL JOIN b | j,k,v,vs,w",
        "SELECT k FROM a UNION ALL SELECT j FROM a | j,k",
        "SELECT b.k FROM b WHERE EXISTS (SELECT 1 FROM a WHERE a.j = b.w) | j",
        "SELECT a.k FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.j = a.w) | k,w",
        "SELECT a.k, (SELECT max(b.v) FROM b WHERE b.j = a.j) AS n FROM a | j,k",
        "SELECT k, count(*) AS n FROM a GROUP BY k HAVING max(v) > 'x' | k,v",
        "SELECT k, row_number() OVER (PARTITION BY k ORDER BY v) AS n FROM a | k,v",
        "WITH x AS (SELECT k, v FROM a WHERE w = 'w') SELECT x.k FROM x JOIN x AS y ON x.v = y.v | k,v,w",
        "SELECT k, t.x FROM a LATERAL VIEW explode(vs) t AS x | j,k,v,vs,w",
      })
  void onlyColumnsWithAPartInTheRowsAreNeeded(String sql, String columns) {
    assertThat(TABLES.analysed(sql).needed().of("A")).containsExactly(columns.split(","));
  }

  @Test
  void aTableOfWhichOnlyTheNumberOfRowsCountsNeedsNoColumn() {
    var needed = TABLES.analysed("SELECT k, (SELECT count(*) FROM b) AS n FROM a").needed();
    assertThat(needed.of("b")).isEmpty();
    assertThat(needed.of("other")).isEmpty();
  }
}
