package io.epicfhir.transform.sqlviews;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.spark.sql.catalyst.expressions.Alias;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.EqualTo;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.plans.logical.Distinct;
import org.apache.spark.sql.catalyst.plans.logical.Join;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.catalyst.plans.logical.SubqueryAlias;
import org.apache.spark.sql.catalyst.plans.logical.Union;
import org.apache.spark.sql.catalyst.plans.logical.View;

/**
 * Which keys a changed row touches, if that is shown by the row itself, or by rows of one other
 * table that have a value of it: so much is found out without a query.
 *
 * @param own values of the changed row that are keys
 * @param others keys that rows of other tables have
 */
public record TouchRule(List<RowValue> own, List<ByOther> others) {

  /**
   * Keys of those rows of another table where one value is the changed row's.
   *
   * @param label of the other table, in lower case
   * @param key of its row
   * @param value of its row
   * @param changed the value of the changed row
   */
  public record ByOther(String label, RowValue key, RowValue value, RowValue changed) {}

  /** All values of the changed row that it needs: its own keys, and those that others have. */
  public List<RowValue> ofChanged() {
    return Stream.concat(own.stream(), others.stream().map(ByOther::changed)).toList();
  }

  /** Parts of a rule while it is read. */
  private record Reading(List<RowValue> own, List<ByOther> others) {}

  /** A table in a plan. */
  private record Table(String label, List<Attribute> columns) {
    boolean isChanged() {
      return label.equals(SqlView.CHANGED);
    }
  }

  /**
   * Of a statement that says which keys are touched; empty where it says it in another way.
   *
   * @param plan analysed
   */
  public static Optional<TouchRule> of(LogicalPlan plan) {
    Reading reading = new Reading(new ArrayList<>(), new ArrayList<>());
    return reads(plan, reading)
        ? Optional.of(new TouchRule(List.copyOf(reading.own), List.copyOf(reading.others)))
        : Optional.empty();
  }

  /** Of columns of a table that are the key. */
  static Optional<TouchRule> of(List<Attribute> table, List<String> columns) {
    List<RowValue> own = new ArrayList<>();
    for (String column : columns) {
      table.stream()
          .filter(attribute -> attribute.name().equals(column))
          .findFirst()
          .flatMap(attribute -> RowValue.of(attribute, table))
          .ifPresent(own::add);
    }
    return own.size() == columns.size()
        ? Optional.of(new TouchRule(own, List.of()))
        : Optional.empty();
  }

  private static boolean reads(LogicalPlan plan, Reading reading) {
    if (plan instanceof Distinct distinct) {
      return reads(distinct.child(), reading);
    }
    if (plan instanceof Union union) {
      return PlanWalk.children(union).stream().allMatch(child -> reads(child, reading));
    }
    if (!(plan instanceof Project project) || project.projectList().size() != 1) {
      return false;
    }
    Expression key = (Expression) project.projectList().apply(0);
    Expression named = key instanceof Alias alias ? alias.child() : key;
    return project.child() instanceof Join join
        ? readsJoin(join, named, reading)
        : table(project.child())
            .filter(Table::isChanged)
            .flatMap(table -> RowValue.of(named, table.columns()))
            .map(reading.own::add)
            .orElse(false);
  }

  private static boolean readsJoin(Join join, Expression key, Reading reading) {
    Optional<Table> left = table(join.left());
    Optional<Table> right = table(join.right());
    if (left.isEmpty()
        || right.isEmpty()
        || left.get().isChanged() == right.get().isChanged()
        || !join.joinType().sql().equals("INNER")
        || join.condition().isEmpty()
        || !(join.condition().get() instanceof EqualTo equal)) {
      return false;
    }
    Table changed = left.get().isChanged() ? left.get() : right.get();
    Table other = left.get().isChanged() ? right.get() : left.get();
    return pair(key, equal.left(), equal.right(), other, changed)
        .or(() -> pair(key, equal.right(), equal.left(), other, changed))
        .map(reading.others::add)
        .orElse(false);
  }

  private static Optional<ByOther> pair(
      Expression key, Expression ofOther, Expression ofChanged, Table other, Table changed) {
    Optional<RowValue> itsKey = RowValue.of(key, other.columns());
    Optional<RowValue> value = RowValue.of(ofOther, other.columns());
    Optional<RowValue> its = RowValue.of(ofChanged, changed.columns());
    return itsKey.isPresent() && value.isPresent() && its.isPresent()
        ? Optional.of(new ByOther(other.label(), itsKey.get(), value.get(), its.get()))
        : Optional.empty();
  }

  private static Optional<Table> table(LogicalPlan plan) {
    LogicalPlan inner = plan;
    while (inner instanceof SubqueryAlias alias) {
      inner = alias.child();
    }
    return inner instanceof View view
        ? Optional.of(new Table(PlanWalk.label(view), PlanWalk.list(view.output())))
        : Optional.empty();
  }
}
