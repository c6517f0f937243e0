package io.epicfhir.transform.sqlviews;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.ExprId;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.plans.logical.CTERelationDef;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.catalyst.plans.logical.View;

/**
 * Which columns of the tables that a query reads have a part in its rows. It goes down the analysed
 * plan with the columns that are used above; Spark's optimizer would find the same and does much
 * more for it.
 */
public final class NeededColumns {
  private final Map<String, Set<String>> needed = new TreeMap<>();

  private NeededColumns() {}

  /** By label in lower case. */
  static NeededColumns of(LogicalPlan plan) {
    NeededColumns columns = new NeededColumns();
    columns.down(plan, ids(PlanWalk.list(plan.output())));
    return columns;
  }

  /** Names of the columns of a table; none of one that is not read. */
  public Set<String> of(String label) {
    return needed.getOrDefault(label.toLowerCase(Locale.ROOT), Set.of());
  }

  private void down(LogicalPlan plan, Set<ExprId> above) {
    if (plan instanceof View view) {
      Set<String> names = needed.computeIfAbsent(PlanWalk.label(view), any -> new TreeSet<>());
      for (Attribute attribute : PlanWalk.<Attribute>list(view.output())) {
        if (above.contains(attribute.exprId())) {
          names.add(attribute.name());
        }
      }
      return;
    }
    PlanWalk.subqueries(plan).forEach(this::whole);
    Set<ExprId> used = new HashSet<>(ids(PlanWalk.list(plan.references().toSeq())));
    switch (plan.getClass().getSimpleName()) {
      case "Project" -> used = used((Project) plan, above);
      case "Aggregate" -> {}
      case "Filter", "Join", "Sort", "Window", "SubqueryAlias" -> used.addAll(above);
      default -> {
        PlanWalk.children(plan).forEach(this::whole);
        return;
      }
    }
    for (LogicalPlan child : PlanWalk.children(plan)) {
      down(child, used);
    }
  }

  /** What the columns that are used above are made of. */
  private static Set<ExprId> used(Project project, Set<ExprId> above) {
    Set<ExprId> used = new HashSet<>();
    for (NamedExpression column : PlanWalk.list(project.projectList())) {
      if (above.contains(column.exprId())) {
        used.addAll(ids(PlanWalk.list(((Expression) column).references().toSeq())));
      }
    }
    return used;
  }

  private void whole(LogicalPlan plan) {
    LogicalPlan inner = plan instanceof CTERelationDef definition ? definition.child() : plan;
    down(inner, ids(PlanWalk.list(inner.output())));
  }

  private static Set<ExprId> ids(List<Attribute> attributes) {
    Set<ExprId> ids = new HashSet<>();
    attributes.forEach(attribute -> ids.add(attribute.exprId()));
    return ids;
  }
}
