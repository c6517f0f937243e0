package io.epicfhir.transform.joined;

import io.epicfhir.transform.delta.FlatRows;
import io.epicfhir.transform.sqlviews.NeededColumns;
import io.epicfhir.transform.sqlviews.RowValue;
import io.epicfhir.transform.sqlviews.TouchRule;
import io.epicfhir.transform.sqlviews.TouchRule.ByOther;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeRow;
import org.apache.spark.sql.types.StructType;

/**
 * The rows of a SQLView's dependencies, or those that have a part in some keys, read by this
 * thread. A row that touches none of them may be left out: what it adds or takes belongs to other
 * keys.
 */
final class NarrowedTables {
  /** So much is held in memory for one joined table. */
  private static final long MOST_BYTES = 64L << 20;

  private final SqlSession sql;
  private final TouchRules rules;
  private final NeededColumns needed;
  private final Map<String, List<UnsafeRow>> rows = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
  private long count;
  private long bytes;

  NarrowedTables(SqlSession sql, TouchRules rules, NeededColumns needed) {
    this.sql = sql;
    this.rules = rules;
    this.needed = needed;
  }

  /** There are more rows than this thread should hold. */
  private static final class TooMany extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TooMany() {
      super("too many rows", null, false, false);
    }
  }

  /**
   * Rows by label, with all columns; those that the query does not need are null. Tables that no
   * rule narrows are not among them. Empty where there are too many rows.
   */
  Optional<Map<String, List<UnsafeRow>>> of(Set<Object> keys) {
    try {
      for (var dependency : sql.view().dependencies()) {
        String label = dependency.label();
        Optional<TouchRule> rule = rules.of(label);
        if (rule.filter(one -> one.others().isEmpty()).isPresent()) {
          read(label, rule.get().own(), keys, List.of());
        } else if (rule.isEmpty() && sql.sources().isKept(sql.source(label))) {
          take(label, Set.of(), columns -> row -> true);
        }
      }
      for (var dependency : sql.view().dependencies()) {
        rules
            .of(dependency.label())
            .filter(rule -> !rule.others().isEmpty())
            .ifPresent(rule -> byOthers(dependency.label(), rule, keys));
      }
      return Optional.of(rows);
    } catch (TooMany e) {
      return Optional.empty();
    }
  }

  /** All rows by label, as {@link #of}; empty where there are too many. */
  Optional<Map<String, List<UnsafeRow>>> all() {
    try {
      for (var dependency : sql.view().dependencies()) {
        take(dependency.label(), Set.of(), columns -> row -> true);
      }
      return Optional.of(rows);
    } catch (TooMany e) {
      return Optional.empty();
    }
  }

  /** Rows that touch a key by rows of other tables, where those that have such a key are known. */
  private void byOthers(String label, TouchRule rule, Set<Object> keys) {
    List<Set<Object>> values = new ArrayList<>();
    for (ByOther other : rule.others()) {
      if (!isNarrowed(other)) {
        return;
      }
      Function<InternalRow, Object> value =
          other.value().over(sql.sources().columns(sql.source(other.label())));
      Set<Object> found = new HashSet<>();
      rows.get(other.label()).forEach(row -> KeyValues.add(found, value.apply(row)));
      found.remove(null);
      values.add(found);
    }
    read(label, rule.own(), keys, values);
  }

  /** Whether all rows of the other table that have such a key are known by that key. */
  private boolean isNarrowed(ByOther other) {
    StructType columns = sql.sources().columns(sql.source(other.label()));
    return rows.containsKey(other.label())
        && rules
            .of(other.label())
            .filter(rule -> rule.own().stream().anyMatch(k -> k.isSameAs(other.key(), columns)))
            .isPresent();
  }

  private void read(String label, List<RowValue> own, Set<Object> keys, List<Set<Object>> others) {
    List<RowValue> changed =
        others.isEmpty()
            ? List.of()
            : rules.of(label).orElseThrow().others().stream().map(ByOther::changed).toList();
    Set<String> names = new HashSet<>();
    own.forEach(value -> names.addAll(value.columns()));
    changed.forEach(value -> names.addAll(value.columns()));
    take(
        label,
        names,
        columns -> {
          var isKey = own.stream().map(value -> value.over(columns)).toList();
          var isAsked = changed.stream().map(value -> value.over(columns)).toList();
          return row -> {
            for (var value : isKey) {
              if (keys.contains(value.apply(row))) {
                return true;
              }
            }
            for (int i = 0; i < isAsked.size(); i++) {
              if (others.get(i).contains(isAsked.get(i).apply(row))) {
                return true;
              }
            }
            return false;
          };
        });
  }

  private void take(
      String label, Set<String> named, Function<StructType, Predicate<InternalRow>> wanted) {
    Source source = sql.source(label);
    StructType all = sql.sources().columns(source);
    Set<String> names = new HashSet<>(named);
    names.addAll(needed.of(label));
    rules
        .asked(label)
        .forEach(
            other -> {
              names.addAll(other.key().columns());
              names.addAll(other.value().columns());
            });
    StructType columns = KeyValues.columns(all, names);
    List<UnsafeRow> taken = new ArrayList<>();
    if (columns.isEmpty() && !source.isLookup()) {
      return; // only how many rows there are counts
    }
    StructType some = columns.isEmpty() ? all : columns;
    FlatRows flat = new FlatRows(some, all);
    Predicate<InternalRow> isWanted = wanted.apply(some);
    sql.sources()
        .live(source)
        .read(
            sql.sources().files(source),
            some,
            (row, file, position) -> {
              if (isWanted.test(row)) {
                taken.add(counted(flat.of(row)));
              }
            });
    rows.put(label, taken);
  }

  private UnsafeRow counted(UnsafeRow row) {
    count++;
    bytes += row.getSizeInBytes();
    if (count > sql.sources().limits().rowsHere() || bytes > MOST_BYTES) {
      throw new TooMany();
    }
    return row;
  }
}
