package io.epicfhir.transform.joined;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.transform.sqlviews.AnalysedView;
import io.epicfhir.transform.sqlviews.SomeRows;
import io.epicfhir.transform.sqlviews.SqlView;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.unsafe.types.UTF8String;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Tables a, b and other have the rows 1|2|c|[v]|w, 2|null|d|[v, null]|w and 3|1|c|null|y. */
final class NarrowedTablesTest {
  private static final String SQL =
      "SELECT a.k, b.v, l.class, z.k AS zk FROM a LEFT JOIN b ON b.j = a.k"
          + " LEFT JOIN other AS z ON z.v = b.v LEFT JOIN l ON l.code = a.v";

  @RegisterExtension static final PlanTables TABLES = PlanTables.ofClass();

  private static Optional<Map<String, SomeRows>> narrowed(
      PlanTables from, SqlView view, Set<Object> keys) {
    try (SqlSession sql = from.sql(view)) {
      AnalysedView analysed = sql.analysed();
      TouchRules rules = TouchRules.of(sql, analysed);
      NarrowedTables narrowed =
          new NarrowedTables(sql, rules, analysed.needed(), analysed.filters());
      return keys == null ? narrowed.all() : narrowed.of(keys);
    }
  }

  /** By label, rows as they are told above; a blank for a column that is not read. */
  private static Map<String, List<String>> told(SqlView view, Set<Object> keys) {
    Map<String, List<String>> told = new TreeMap<>();
    narrowed(TABLES, view, keys)
        .orElseThrow()
        .forEach(
            (label, some) ->
                told.put(label, some.rows().stream().map(r -> told(label, some, r)).toList()));
    return told;
  }

  private static String told(String label, SomeRows some, InternalRow row) {
    List<String> names = List.of(some.columns().fieldNames());
    List<String> all =
        label.equals("l") ? List.of("code", "class") : List.of("k", "j", "v", "vs", "w");
    return all.stream()
        .map(
            name ->
                !names.contains(name) || row.isNullAt(names.indexOf(name))
                    ? ""
                    : name.equals("vs") ? "[]" : row.getUTF8String(names.indexOf(name)).toString())
        .collect(Collectors.joining("|"));
  }

  private static Set<Object> keys(String... keys) {
    Set<Object> set = new HashSet<>();
    Arrays.stream(keys).forEach(key -> set.add(key == null ? null : UTF8String.fromString(key)));
    return set;
  }

  @Test
  void rowsOfOtherKeysAndColumnsWithoutAPartAreLeftOut() {
    SqlView view =
        PlanTables.view(
            SQL, "-- touched by other: SELECT b.j FROM b JOIN changed AS c ON b.v = c.v\n");
    assertThat(told(view, keys("1")))
        .isEqualTo(
            Map.of(
                "a", List.of("1||c||"),
                "b", List.of("|1|c||"),
                "other", List.of("1||c||", "3||c||"),
                "l", List.of("c|x")));
    assertThat(told(view, keys("3")))
        .containsEntry("a", List.of("3||c||"))
        .containsEntry("b", List.of())
        .containsEntry("other", List.of());
  }

  @Test
  void nullIsAKeyLikeAnyOther() {
    assertThat(told(PlanTables.view(SQL), keys((String) null)))
        .containsEntry("b", List.of("||d||"));
  }

  /** The rows of b are known by j here, and the statement asks by k. */
  @Test
  void aTableThatIsAskedByAnotherColumnThanItsKeyIsSparks() {
    SqlView view =
        PlanTables.view(
            SQL, "-- touched by other: SELECT b.k FROM b JOIN changed AS c ON b.v = c.v\n");
    assertThat(told(view, keys("1"))).containsOnlyKeys("a", "b", "l");
    assertThat(told(PlanTables.view(SQL), keys("1"))).containsOnlyKeys("a", "b", "l");
  }

  @Test
  void allRowsAreAllRows() {
    Map<String, List<String>> told = told(PlanTables.view(SQL), null);
    assertThat(told).containsOnlyKeys("a", "b", "l", "other");
    assertThat(told.get("b")).containsExactly("|2|c||", "||d||", "|1|c||");
  }

  @Test
  void rowsThatTheQueryPassesOverEverywhereAreLeftOut() {
    String passing =
        "SELECT a.k, b.v FROM a LEFT JOIN (SELECT * FROM b WHERE %s) AS b ON b.j = a.k";
    assertThat(told(PlanTables.view(passing.formatted("v = 'c' AND w <> 'w'")), null).get("b"))
        .containsExactly("|1|c||y");
    assertThat(told(PlanTables.view(passing.formatted("j > '0'")), null).get("b"))
        .as("null is not true")
        .containsExactly("|2|c||", "|1|c||");
    String both =
        "SELECT k, v FROM b WHERE j = '1' UNION ALL SELECT k, v FROM b AS o WHERE o.v = 'd'";
    assertThat(told(PlanTables.view(both), null).get("b")).containsExactly("2||d||", "3|1|c||");
    String once = "SELECT k, v FROM b WHERE j = '1' UNION ALL SELECT k, v FROM b";
    assertThat(told(PlanTables.view(once), null).get("b")).hasSize(3);
    assertThat(told(PlanTables.view(passing.formatted("k IN (SELECT k FROM a)")), null).get("b"))
        .as("a condition that needs more than the row")
        .hasSize(3);
    assertThat(told(PlanTables.view(passing.formatted("CAST(v AS INT) = 1")), null).get("b"))
        .as("the query itself fails on such a row")
        .hasSize(3);
    assertThat(told(PlanTables.view(passing.formatted("v = 'd'")), keys("3", "2", "1")).get("b"))
        .as("by keys, too")
        .isEmpty();
  }

  @Test
  void moreRowsThanTheLimitAreSparks() {
    try (PlanTables few = TABLES.with(new JoinedLimits(10 << 20, 1, 1 << 20))) {
      SqlView view = PlanTables.view("SELECT a.k, b.v FROM a LEFT JOIN b ON b.j = a.k");
      assertThat(narrowed(few, view, keys("1"))).isEmpty();
      assertThat(narrowed(few, view, keys("2"))).isEmpty();
      assertThat(narrowed(few, view, null)).isEmpty();
    }
    try (PlanTables enough = TABLES.with(new JoinedLimits(10 << 20, 2, 1 << 20))) {
      SqlView view = PlanTables.view("SELECT a.k, b.v FROM a LEFT JOIN b ON b.j = a.k");
      assertThat(narrowed(enough, view, keys("1"))).isPresent();
      assertThat(narrowed(enough, view, null)).as("six rows").isEmpty();
    }
  }
}
