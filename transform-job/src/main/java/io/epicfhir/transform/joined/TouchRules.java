package io.epicfhir.transform.joined;

import io.epicfhir.transform.delta.InternalRows;
import io.epicfhir.transform.sqlviews.AnalysedView;
import io.epicfhir.transform.sqlviews.SqlCheck;
import io.epicfhir.transform.sqlviews.SqlRefused;
import io.epicfhir.transform.sqlviews.SqlView;
import io.epicfhir.transform.sqlviews.SqlView.Statement;
import io.epicfhir.transform.sqlviews.TouchRule;
import io.epicfhir.transform.sqlviews.TouchRule.ByOther;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataType;

/** Which keys a change of a dependency touches, as far as that is found out without a query. */
final class TouchRules {
  private final Map<String, TouchRule> byLabel = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);

  private TouchRules() {}

  /**
   * Reads them and checks the statements, although nothing may have changed.
   *
   * @throws SqlRefused for a statement that cannot be used
   */
  static TouchRules of(SqlSession sql, AnalysedView analysed) {
    SqlView view = sql.view();
    TouchRules rules = new TouchRules();
    if (view.key().isEmpty()) {
      return rules; // its table is always built whole
    }
    for (SqlView.Dependency dependency : view.dependencies()) {
      String label = dependency.label();
      Optional<TouchRule> rule =
          view.touched().containsKey(label)
              ? TouchRule.of(InternalRows.analysed(said(sql, analysed, label, sql.noRows(label))))
              : analysed.touchedByColumns(label);
      rule.filter(one -> fits(one, analysed.key().orElseThrow().dataType()))
          .ifPresent(one -> rules.byLabel.put(label, one));
    }
    return rules;
  }

  /**
   * Which keys are touched as the SQLView says it itself, in one column.
   *
   * @param changed rows of the dependency
   */
  static Dataset<Row> said(
      SqlSession sql, AnalysedView analysed, String label, Dataset<Row> changed) {
    SqlView view = sql.view();
    Statement statement = view.touched().get(label);
    sql.nameChanged(label, changed);
    Dataset<Row> keys = sql.rows(SqlCheck.touched(view, label), statement.line());
    DataType type = analysed.key().orElseThrow().dataType();
    if (keys.columns().length != 1 || !keys.schema().fields()[0].dataType().equals(type)) {
      throw new SqlRefused(
          view.file(),
          statement.line(),
          "\"touched by "
              + label
              + "\" must return one column of the key's type, "
              + type.simpleString());
    }
    AnalysedView.check(view, InternalRows.analysed(keys), statement.line());
    return keys;
  }

  private static boolean fits(TouchRule rule, DataType key) {
    return FewRows.takes(key)
        && rule.own().stream().allMatch(value -> value.type().equals(key))
        && rule.others().stream().allMatch(other -> fits(other, key));
  }

  private static boolean fits(ByOther other, DataType key) {
    return other.key().type().equals(key)
        && other.value().type().equals(other.changed().type())
        && FewRows.takes(other.value().type());
  }

  /** The rule of a dependency; empty if a query must find out. */
  Optional<TouchRule> of(String label) {
    return Optional.ofNullable(byLabel.get(label));
  }

  /** How others ask rows of a table for keys. */
  List<ByOther> asked(String label) {
    return byLabel.values().stream()
        .flatMap(rule -> rule.others().stream())
        .filter(other -> other.label().equals(label.toLowerCase(Locale.ROOT)))
        .toList();
  }
}
