package io.epicfhir.transform.joined;

import static org.apache.spark.sql.functions.broadcast;

import io.epicfhir.transform.delta.InternalRows;
import io.epicfhir.transform.sqlviews.AnalysedView;
import io.epicfhir.transform.sqlviews.RowValue;
import io.epicfhir.transform.sqlviews.SomeRows;
import io.epicfhir.transform.sqlviews.SqlView;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.types.StructType;

/** The rows that a SQLView gives: at least those of some keys, or all of a small one. */
final class KeyQuery {
  private static final int FEW_KEYS = 20_000;

  private final SqlSession sql;
  private final AnalysedView analysed;
  private final TouchRules rules;

  KeyQuery(SqlSession sql, AnalysedView analysed, TouchRules rules) {
    this.sql = sql;
    this.analysed = analysed;
    this.rules = rules;
  }

  /**
   * Whether the rows of so many keys are compared here.
   *
   * @param bytes of the table that has them
   */
  boolean isSmall(int keys, long bytes) {
    JoinedLimits limits = sql.sources().limits();
    return keys <= Math.min(FEW_KEYS, limits.rowsHere())
        && sql.bytes() + bytes <= limits.bytesHere();
  }

  /** The keys as a table of one column, {@link TouchedKeys#KEY}. */
  Dataset<Row> table(Set<Object> keys) {
    StructType column =
        new StructType().add(TouchedKeys.KEY, analysed.key().orElseThrow().dataType());
    List<InternalRow> rows = new ArrayList<>();
    keys.forEach(key -> rows.add(new GenericInternalRow(new Object[] {key})));
    return InternalRows.local(sql.spark(), rows, column);
  }

  /** Over all rows that touch the keys, by Spark; nothing runs yet. */
  Dataset<Row> rows(Dataset<Row> keys) {
    sql.open();
    for (SqlView.Dependency dependency : sql.view().dependencies()) {
      String label = dependency.label();
      column(label).ifPresent(column -> sql.name(label, touching(sql.table(label), column, keys)));
    }
    return sql.rows();
  }

  /** The column of a dependency that alone shows which key its rows touch. */
  private Optional<String> column(String label) {
    return rules
        .of(label)
        .filter(rule -> rule.others().isEmpty() && rule.own().size() == 1)
        .map(rule -> rule.own().get(0))
        .flatMap(RowValue::column);
  }

  private static Dataset<Row> touching(Dataset<Row> table, String column, Dataset<Row> keys) {
    return table.join(
        broadcast(keys),
        table.col("`" + column + "`").eqNullSafe(keys.col(TouchedKeys.KEY)),
        "left_semi");
  }

  /**
   * The rows themselves, over what this thread reads of the dependencies, or by Spark where that
   * would be much; empty where there are too many.
   *
   * @param few whether the keys are few beside those of the table; else all of its rows come
   */
  @SuppressWarnings("try") // the settings hold while it is open
  Optional<List<InternalRow>> few(Set<Object> keys, boolean few) {
    Optional<Map<String, SomeRows>> narrowed = few ? tables().of(keys) : tables().all();
    if (narrowed.isPresent()) {
      return overFew(narrowed.get());
    }
    try (SmallPlans small = SmallPlans.of(sql.spark())) {
      return collected(few ? rows(table(keys)) : sql.open().rows());
    }
  }

  /** All rows of the SQLView in the same way; empty where they or its tables' are too many. */
  Optional<List<InternalRow>> all() {
    return tables().all().flatMap(this::overFew);
  }

  private NarrowedTables tables() {
    return new NarrowedTables(sql, rules, analysed.needed(), analysed.filters());
  }

  @SuppressWarnings("try") // the settings hold while it is open
  private Optional<List<InternalRow>> overFew(Map<String, SomeRows> tables) {
    boolean all =
        sql.view().dependencies().stream().allMatch(one -> tables.containsKey(one.label()));
    try (SmallPlans small = all ? SmallPlans.ofFewRows(sql.spark()) : SmallPlans.of(sql.spark())) {
      return collected(over(tables));
    }
  }

  private static Optional<List<InternalRow>> collected(Dataset<Row> rows) {
    List<InternalRow> collected = InternalRows.collected(rows.limit(FewRows.MOST + 1));
    return Optional.of(collected).filter(all -> all.size() <= FewRows.MOST);
  }

  private Dataset<Row> over(Map<String, SomeRows> narrowed) {
    return analysed.over(narrowed).map(sql::analysed).orElseGet(() -> named(narrowed));
  }

  private Dataset<Row> named(Map<String, SomeRows> narrowed) {
    for (SqlView.Dependency dependency : sql.view().dependencies()) {
      String label = dependency.label();
      SomeRows some = narrowed.get(label);
      sql.name(label, some == null ? sql.table(label) : sql.local(label, some));
    }
    return sql.rows();
  }
}
