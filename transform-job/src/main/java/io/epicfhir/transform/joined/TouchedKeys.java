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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;

/**
 * The keys of a joined table whose rows may be others now, by what changed in its dependencies: by
 * this thread where few rows changed and rules tell, else by a query.
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
    List<RowValue> wanted = new ArrayList<>(rule.own());
    rule.others().forEach(other -> wanted.add(other.changed()));
    if (wanted.isEmpty()) {
      return; // the query does not read it
    }
    StructType columns = columns(sql.source(label), wanted);
    List<Function<InternalRow, Object>> values = wanted.stream().map(v -> v.over(columns)).toList();
    List<Set<Object>> found =
        Stream.<Set<Object>>generate(HashSet::new).limit(wanted.size()).toList();
    changed.read(
        columns,
        row -> {
          for (int i = 0; i < values.size(); i++) {
            KeyValues.add(found.get(i), values.get(i).apply(row));
          }
        });
    for (int i = 0; i < found.size(); i++) {
      if (i < rule.own().size()) {
        keys.addAll(found.get(i));
      } else {
        byOther(rule.others().get(i - rule.own().size()), found.get(i), keys);
      }
    }
  }

  private void byOther(ByOther other, Set<Object> values, Set<Object> keys) {
    values.remove(null); // which is equal to nothing in a join
    if (values.isEmpty()) {
      return;
    }
    Source source = sql.source(other.label());
    StructType columns = columns(source, List.of(other.key(), other.value()));
    Function<InternalRow, Object> key = other.key().over(columns);
    Function<InternalRow, Object> value = other.value().over(columns);
    sql.sources()
        .live(source)
        .read(
            sql.sources().files(source),
            columns,
            (row, file, position) -> {
              if (values.contains(value.apply(row))) {
                KeyValues.add(keys, key.apply(row));
              }
            });
  }

  private StructType columns(Source source, List<RowValue> values) {
    Set<String> names = new HashSet<>();
    values.forEach(value -> names.addAll(value.columns()));
    return KeyValues.columns(sql.sources().columns(source), names);
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
                .forEach(row -> keys.add(row.isNullAt(0) ? null : row.get(0, type))));
    return keys;
  }

  private List<Dataset<Row>> query(String label, Dataset<Row> changed) {
    if (sql.view().touched().containsKey(label)) {
      return List.of(TouchRules.said(sql.view(), sql, analysed, label, changed).toDF(KEY));
    }
    return analysed.lineage().columns(label).orElseThrow().stream()
        .map(column -> changed.select(col("`" + column + "`").as(KEY)))
        .toList();
  }
}
