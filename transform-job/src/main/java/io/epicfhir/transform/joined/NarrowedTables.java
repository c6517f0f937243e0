package io.epicfhir.transform.joined;

import io.epicfhir.transform.delta.FlatRows;
import io.epicfhir.transform.sqlviews.NeededColumns;
import io.epicfhir.transform.sqlviews.RowFilters;
import io.epicfhir.transform.sqlviews.RowValue;
import io.epicfhir.transform.sqlviews.SomeRows;
import io.epicfhir.transform.sqlviews.SqlView;
import io.epicfhir.transform.sqlviews.TouchRule;
import io.epicfhir.transform.sqlviews.TouchRule.ByOther;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
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
  private static final long MOST_BYTES = 128L << 20;

  private final SqlSession sql;
  private final TouchRules rules;
  private final NeededColumns needed;
  private final RowFilters filters;
  private final Map<String, SomeRows> rows = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
  private long count;
  private long bytes;

  NarrowedTables(SqlSession sql, TouchRules rules, NeededColumns needed, RowFilters filters) {
    this.sql = sql;
    this.rules = rules;
    this.needed = needed;
    this.filters = filters;
  }

  /** There are more rows than this thread should hold. */
  private static final class TooMany extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TooMany() {
      super("too many rows", null, false, false);
    }
  }

  /**
   * Rows by label, with the columns that the query needs, and maybe others. Tables that no rule
   * narrows are not among them. Empty where there are too many rows.
   */
  Optional<Map<String, SomeRows>> of(Set<Object> keys) {
    return unlessTooMany(
        () -> {
          for (SqlView.Dependency dependency : sql.view().dependencies()) {
            String label = dependency.label();
            Optional<TouchRule> rule = rules.of(label);
            if (rule.filter(one -> one.others().isEmpty()).isPresent()) {
              read(label, rule.get(), keys, List.of());
            } else if (rule.isEmpty() && sql.sources().isKept(sql.source(label))) {
              takeAll(label);
            }
          }
          for (SqlView.Dependency dependency : sql.view().dependencies()) {
            rules
                .of(dependency.label())
                .filter(rule -> !rule.others().isEmpty())
                .ifPresent(rule -> byOthers(dependency.label(), rule, keys));
          }
        });
  }

  /**
   * All rows by label, as {@link #of}, without those that the query passes over; empty where there
   * are too many.
   */
  Optional<Map<String, SomeRows>> all() {
    long certain =
        sql.view().dependencies().stream()
            .filter(dependency -> !mayPassOver(dependency.label()))
            .mapToLong(dependency -> sql.count(dependency.label()))
            .sum();
    if (certain > sql.sources().limits().rowsHere()) {
      return Optional.empty();
    }
    return unlessTooMany(
        () -> sql.view().dependencies().forEach(dependency -> takeAll(dependency.label())));
  }

  private Optional<Map<String, SomeRows>> unlessTooMany(Runnable reading) {
    try {
      reading.run();
      return Optional.of(rows);
    } catch (TooMany e) {
      return Optional.empty();
    }
  }

  /** Rows that touch a key by rows of other tables, where those that have such a key are known. */
  private void byOthers(String label, TouchRule rule, Set<Object> keys) {
    List<Set<Object>> asked = new ArrayList<>();
    for (ByOther other : rule.others()) {
      StructType columns = sql.columns(other.label());
      if (!isNarrowed(other, columns)) {
        return;
      }
      SomeRows known = rows.get(other.label());
      KeyValues values = new KeyValues(other.value().over(known.columns()), new HashSet<>());
      known.rows().forEach(values::take);
      values.found().remove(null);
      asked.add(values.found());
    }
    read(label, rule, keys, asked);
  }

  /** Whether all rows of the other table that have such a key are known by that key. */
  private boolean isNarrowed(ByOther other, StructType columns) {
    return rows.containsKey(other.label())
        && rules
            .of(other.label())
            .filter(rule -> rule.own().stream().anyMatch(k -> k.isSameAs(other.key(), columns)))
            .isPresent();
  }

  /**
   * @param asked for each other table of the rule: values that its rows of the keys have
   */
  private void read(String label, TouchRule rule, Set<Object> keys, List<Set<Object>> asked) {
    List<KeyFilter> wanted =
        new ArrayList<>(Collections.nCopies(rule.own().size(), new KeyFilter(keys)));
    asked.forEach(values -> wanted.add(new KeyFilter(values)));
    take(
        label,
        rule.ofChanged(),
        columns -> {
          var values = rule.ofChanged().stream().map(value -> value.over(columns)).toList();
          return row -> {
            for (int i = 0; i < values.size(); i++) {
              if (wanted.get(i).has(values.get(i).apply(row))) {
                return true;
              }
            }
            return false;
          };
        });
  }

  /** Whether the query may pass over rows that no other table is narrowed by. */
  private boolean mayPassOver(String label) {
    return filters.has(label) && rules.asked(label).isEmpty();
  }

  private void takeAll(String label) {
    take(label, List.of(), columns -> row -> true);
  }

  private void take(
      String label, List<RowValue> ofRow, Function<StructType, Predicate<InternalRow>> wanted) {
    StructType all = sql.columns(label);
    List<RowValue> values = new ArrayList<>(ofRow);
    rules.asked(label).forEach(other -> values.addAll(List.of(other.key(), other.value())));
    Set<String> tell = RowValue.columns(ofRow);
    if (mayPassOver(label)) {
      tell.addAll(filters.columns(label));
    }
    StructType telling = KeyValues.columns(all, tell);
    Set<String> names = RowValue.columns(values);
    names.addAll(needed.of(label));
    StructType columns = KeyValues.columns(all, names.isEmpty() ? tell : names);
    if (columns.isEmpty() && !sql.source(label).isLookup()) {
      return; // only how many rows there are counts
    }
    StructType some = columns.isEmpty() ? all : columns;
    FlatRows flat = new FlatRows(some, some);
    List<UnsafeRow> taken = new ArrayList<>();
    Consumer<InternalRow> taker = row -> taken.add(counted(flat.of(row)));
    if (telling.isEmpty()) {
      Predicate<InternalRow> isWanted = wanted.apply(some);
      sql.read(
          label,
          some,
          row -> {
            if (isWanted.test(row)) {
              taker.accept(row);
            }
          });
    } else {
      Predicate<InternalRow> isWanted = wanted.apply(telling);
      Predicate<InternalRow> isTaken =
          mayPassOver(label) ? filters.over(label, telling) : row -> true;
      sql.read(label, telling, isWanted.and(isTaken), some, taker);
    }
    rows.put(label, new SomeRows(some, taken));
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
