package io.epicfhir.transform.sqlviews;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Alias;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.Literal;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.plans.logical.LocalRelation;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.catalyst.plans.logical.View;
import scala.Option;
import scala.jdk.javaapi.CollectionConverters;

/** An analysed plan over tables without rows, which gets rows: it need not be analysed again. */
final class FilledPlan {
  private final Map<String, SomeRows> rows;
  private boolean whole = true;

  private FilledPlan(Map<String, SomeRows> rows) {
    this.rows = rows;
  }

  /**
   * The same plan with these rows; empty where a table has no rows here, or where a table is read
   * in a place that this does not look into.
   *
   * @param rows by label, in any case; columns that they lack are null
   */
  static Optional<LogicalPlan> of(LogicalPlan plan, Map<String, SomeRows> rows) {
    FilledPlan filled = new FilledPlan(rows);
    LogicalPlan all = filled.filled(plan);
    return filled.whole ? Optional.of(all) : Optional.empty();
  }

  private LogicalPlan filled(LogicalPlan plan) {
    if (plan instanceof View view) {
      SomeRows ofTable = rows.get(PlanWalk.label(view));
      if (ofTable != null) {
        return withChildren(view, List.of(table(view.child(), ofTable)));
      }
      whole = false;
      return plan;
    }
    whole = whole && PlanWalk.subqueries(plan).isEmpty();
    return withChildren(plan, PlanWalk.children(plan).stream().map(this::filled).toList());
  }

  /** A table's own plan: its rows, maybe below projections. */
  private LogicalPlan table(LogicalPlan plan, SomeRows ofTable) {
    if (plan instanceof LocalRelation local) {
      return table(PlanWalk.<Attribute>list(local.output()), ofTable);
    }
    List<LogicalPlan> children = PlanWalk.children(plan);
    whole = whole && children.size() == 1;
    return whole ? withChildren(plan, List.of(table(children.get(0), ofTable))) : plan;
  }

  /** Spark copies each row twice, so they have the columns only that have a part in the result. */
  private static LogicalPlan table(List<Attribute> columns, SomeRows ofTable) {
    List<Attribute> there = new ArrayList<>();
    for (String name : ofTable.columns().fieldNames()) {
      columns.stream().filter(one -> one.name().equals(name)).forEach(there::add);
    }
    LocalRelation rows =
        new LocalRelation(
            CollectionConverters.asScala(there).toIndexedSeq(),
            CollectionConverters.asScala(List.<InternalRow>copyOf(ofTable.rows())).toIndexedSeq(),
            false,
            Option.empty());
    if (there.equals(columns)) {
      return rows;
    }
    List<NamedExpression> all = new ArrayList<>();
    columns.forEach(one -> all.add(there.contains(one) ? one : nothing(one)));
    return new Project(CollectionConverters.asScala(all).toIndexedSeq(), rows);
  }

  private static Alias nothing(Attribute column) {
    return new Alias(
        Literal.create(null, column.dataType()),
        column.name(),
        column.exprId(),
        column.qualifier(),
        Option.empty(),
        CollectionConverters.asScala(List.<String>of()).toIndexedSeq());
  }

  private static LogicalPlan withChildren(LogicalPlan plan, List<LogicalPlan> children) {
    return children.isEmpty()
        ? plan
        : plan.withNewChildren(CollectionConverters.asScala(children).toIndexedSeq());
  }
}
