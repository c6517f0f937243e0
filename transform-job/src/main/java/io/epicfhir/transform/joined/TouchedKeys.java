package io.epicfhir.transform.joined;

import static org.apache.spark.sql.functions.col;

import io.epicfhir.common.lake.Lake;
import io.epicfhir.transform.delta.ChangedRows;
import io.epicfhir.transform.delta.InternalRows;
import io.epicfhir.transform.sqlviews.AnalysedView;
import io.epicfhir.transform.sqlviews.RowValue;
import io.epicfhir.transform.sqlviews.TouchRule;
import io.epicfhir.transform.sqlviews.TouchRule.ByOther;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;

/**
 * The keys of a joined table whose rows may be others now, by what changed in its dependencies: by
 * this thread if few rows changed and rules suffice, else by a query.
 */
final class TouchedKeys {
  /** The column of keys. No column of a table has such a name. */
  static final String KEY = "_touched_key";

  /** More keys than these are not sent to every task. */
  static final int FEW = 200_000;

  /** So much of files that were rewritten is held in memory. */
  private static final long MOST_COPIED = 16L << 20;

  private final Lake lake;
  private final SqlSession sql;
  private final AnalysedView analysed;
  private final TouchRules rules;

  TouchedKeys(Lake lake, SqlSession sql, AnalysedView analysed, TouchRules rules) {
    this.lake = lake;
    this.sql = sql;
    this.analysed = analysed;
    this.rules = rules;
  }

  /**
   * Each key once, in Spark's own form, at most one more than {@link #FEW}; empty where the table
   * must be built whole.
   *
   * @param from what its rows were made of
   * @param now by label: what there is now
   */
  Optional<Set<Object>> since(JoinedState from, Map<String, Source> now) {
    Map<String, JoinedState.Read> before = new HashMap<>();
    from.reads().forEach(read -> before.put(read.label(), read));
    if (!before.keySet().equals(now.keySet())) {
      return Optional.empty();
    }
    Map<String, ChangedRows> changed = new TreeMap<>();
    for (Map.Entry<String, Source> one : now.entrySet()) {
      JoinedState.Read read = before.get(one.getKey());
      if (!one.getValue().readAs(one.getKey()).equals(read)) {
        Optional<ChangedRows> rows = changed(one.getKey(), one.getValue(), read);
        if (rows.isEmpty()) {
          return Optional.empty();
        }
        changed.put(one.getKey(), rows.get());
      }
    }
    return Optional.of(isForHere(changed) ? here(changed) : byQuery(changed));
  }

  private boolean isForHere(Map<String, ChangedRows> changed) {
    JoinedLimits limits = sql.sources().limits();
    return changed.values().stream().mapToLong(ChangedRows::atMost).sum() <= limits.rowsHere()
        && changed.values().stream().mapToLong(ChangedRows::copiedBytes).sum() <= MOST_COPIED
        && sql.bytes() <= limits.bytesHere()
        && changed.keySet().stream().allMatch(label -> rules.of(label).isPresent());
  }

  private Optional<ChangedRows> changed(String label, Source source, JoinedState.Read read) {
    boolean sameTable = source.table().equals(read.table()) && source.missing().isEmpty();
    boolean told =
        sql.view().touched().containsKey(label) || analysed.lineage().columns(label).isPresent();
    return sameTable && told
        ? ChangedRows.since(lake, source.path(), read.version(), read.identity())
        : Optional.empty();
  }

  private Set<Object> here(Map<String, ChangedRows> changed) {
    Set<Object> keys = new HashSet<>();
    changed.forEach((label, rows) -> here(label, rows, rules.of(label).orElseThrow(), keys));
    return keys;
  }

  private void here(String label, ChangedRows changed, TouchRule rule, Set<Object> keys) {
    List<RowValue> ofChanged = rule.ofChanged();
    if (ofChanged.isEmpty()) {
      return; // the query does not read it
    }
    StructType columns = KeyValues.columns(sql.columns(label), RowValue.columns(ofChanged));
    List<KeyValues> found = new ArrayList<>();
    rule.own().forEach(own -> found.add(new KeyValues(own.over(columns), keys)));
    Map<ByOther, KeyValues> asked = new LinkedHashMap<>();
    for (ByOther other : rule.others()) {
      asked.put(other, new KeyValues(other.changed().over(columns), new HashSet<>()));
    }
    found.addAll(asked.values());
    changed.read(columns, row -> found.forEach(values -> values.take(row)));
    asked.forEach((other, values) -> byOther(other, values.found(), keys));
  }

  private void byOther(ByOther other, Set<Object> values, Set<Object> keys) {
    values.remove(null); // which is equal to nothing in a join
    if (values.isEmpty()) {
      return;
    }
    Set<String> names = RowValue.columns(List.of(other.key(), other.value()));
    StructType columns = KeyValues.columns(sql.columns(other.label()), names);
    KeyValues found = new KeyValues(other.key().over(columns), keys);
    Function<InternalRow, Object> value = other.value().over(columns);
    sql.read(
        other.label(),
        columns,
        row -> {
          if (values.contains(value.apply(row))) {
            found.take(row);
          }
        });
  }

  private Set<Object> byQuery(Map<String, ChangedRows> changed) {
    sql.open();
    List<Dataset<Row>> parts = new ArrayList<>();
    changed.forEach((label, rows) -> parts.addAll(query(label, rows.dataset(sql.spark()))));
    Optional<Dataset<Row>> all = parts.stream().reduce(Dataset::unionAll).map(Dataset::distinct);
    DataType type = analysed.key().orElseThrow().dataType();
    Set<Object> keys = new HashSet<>();
    all.ifPresent(
        each ->
            InternalRows.collected(each.limit(FEW + 1))
                .forEach(row -> keys.add(InternalRows.value(row, 0, type))));
    return keys;
  }

  private List<Dataset<Row>> query(String label, Dataset<Row> changed) {
    if (sql.view().touched().containsKey(label)) {
      return List.of(TouchRules.said(sql, analysed, label, changed).toDF(KEY));
    }
    return analysed.lineage().columns(label).orElseThrow().stream()
        .map(column -> changed.select(col("`" + column + "`").as(KEY)))
        .toList();
  }
}
