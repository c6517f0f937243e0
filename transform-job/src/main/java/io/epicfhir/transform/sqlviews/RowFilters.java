package io.epicfhir.transform.sqlviews;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.plans.logical.Filter;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.SubqueryAlias;
import org.apache.spark.sql.catalyst.plans.logical.View;
import org.apache.spark.sql.types.StructType;

/**
 * Which rows of a table a query takes at all: wherever it reads the table, a condition over one row
 * stands before anything else.
 */
public final class RowFilters {
  /** The conditions of a table, one of which is true of a row; none where a place has none. */
  private final Map<String, Optional<List<RowValue>>> byLabel = new TreeMap<>();

  private RowFilters() {}

  /** Of an analysed plan. */
  static RowFilters of(LogicalPlan plan) {
    RowFilters filters = new RowFilters();
    filters.down(plan, Optional.empty());
    return filters;
  }

  private void down(LogicalPlan plan, Optional<Filter> above) {
    if (plan instanceof View view) {
      List<Attribute> columns = PlanWalk.list(view.output());
      add(
          PlanWalk.label(view),
          above.flatMap(filter -> RowValue.of(filter.condition(), columns)).map(List::of));
      return;
    }
    PlanWalk.subqueries(plan).forEach(inner -> down(inner, Optional.empty()));
    Optional<Filter> next = plan instanceof SubqueryAlias ? above : Optional.empty();
    Optional<Filter> here = plan instanceof Filter filter ? Optional.of(filter) : next;
    PlanWalk.children(plan).forEach(child -> down(child, here));
  }

  private void add(String label, Optional<List<RowValue>> condition) {
    byLabel.merge(label, condition, (one, other) -> one.flatMap(a -> other.map(b -> both(a, b))));
  }

  private static List<RowValue> both(List<RowValue> some, List<RowValue> others) {
    List<RowValue> all = new ArrayList<>(some);
    all.addAll(others);
    return all;
  }

  private List<RowValue> conditions(String label) {
    return byLabel.getOrDefault(label.toLowerCase(Locale.ROOT), Optional.empty()).orElse(List.of());
  }

  /** Whether the query may pass over rows of a table. */
  public boolean has(String label) {
    return !conditions(label).isEmpty();
  }

  /** The columns of a table that the conditions need. */
  public Set<String> columns(String label) {
    return RowValue.columns(conditions(label));
  }

  /**
   * Whether the query may take a row; for one thread.
   *
   * @param columns of the rows that it will get
   */
  public Predicate<InternalRow> over(String label, StructType columns) {
    List<Predicate<InternalRow>> any = new ArrayList<>();
    for (RowValue condition : conditions(label)) {
      var value = condition.over(columns);
      any.add(row -> isTrue(() -> value.apply(row)));
    }
    return row -> any.isEmpty() || any.stream().anyMatch(one -> one.test(row));
  }

  /** Of a row on which the condition fails the query itself tells. */
  private static boolean isTrue(Supplier<Object> condition) {
    try {
      return Boolean.TRUE.equals(condition.get());
    } catch (RuntimeException e) {
      return true;
    }
  }
}
