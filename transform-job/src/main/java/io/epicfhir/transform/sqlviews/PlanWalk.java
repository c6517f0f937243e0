package io.epicfhir.transform.sqlviews;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.SubqueryExpression;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.View;
import org.apache.spark.sql.catalyst.plans.logical.WithWindowDefinition;
import org.apache.spark.sql.catalyst.trees.TreeNode;
import scala.jdk.javaapi.CollectionConverters;

/** Reads Spark's plans as Java collections. */
final class PlanWalk {
  private PlanWalk() {}

  static <T> List<T> list(scala.collection.Iterable<T> values) {
    return new ArrayList<>(CollectionConverters.asJava(values.toSeq()));
  }

  static List<LogicalPlan> children(LogicalPlan plan) {
    return list(plan.children());
  }

  /** A node's expressions with all that they are made of, and what each is part of. */
  static List<InExpression> expressions(LogicalPlan plan) {
    List<InExpression> all = new ArrayList<>();
    list(plan.expressions()).forEach(expression -> add(expression, List.of(), all));
    if (plan instanceof WithWindowDefinition windows) { // a map, into which Spark does not look
      list(windows.windowDefinitions().values())
          .forEach(definition -> add(definition, List.of(), all));
    }
    return all;
  }

  /**
   * An expression in a node.
   *
   * @param around what it is part of, from the outside in
   */
  record InExpression(Expression expression, List<Expression> around) {}

  private static void add(Expression expression, List<Expression> around, List<InExpression> all) {
    all.add(new InExpression(expression, around));
    List<Expression> inner = new ArrayList<>(around);
    inner.add(expression);
    list(expression.children()).forEach(child -> add(child, inner, all));
  }

  /** The plans of the subqueries in a node's expressions. */
  static List<LogicalPlan> subqueries(LogicalPlan plan) {
    List<LogicalPlan> plans = new ArrayList<>();
    for (InExpression each : expressions(plan)) {
      if (each.expression() instanceof SubqueryExpression subquery) {
        plans.add(subquery.plan());
      }
    }
    return plans;
  }

  /** What a table that a query reads is called in it, in lower case. */
  static String label(View table) {
    return table.desc().identifier().table().toLowerCase(Locale.ROOT);
  }

  /** The columns of a table where a query reads it first; empty where it does not. */
  static Optional<List<Attribute>> table(LogicalPlan plan, String label) {
    if (plan instanceof View view) {
      return label(view).equalsIgnoreCase(label)
          ? Optional.of(list(view.output()))
          : Optional.empty();
    }
    return Stream.concat(children(plan).stream(), subqueries(plan).stream())
        .flatMap(inner -> table(inner, label).stream())
        .findFirst();
  }

  /** Where a node is written, in its statement, from 1; 0 where that is not known. */
  static int line(TreeNode<?> node) {
    return node.origin().line().isDefined() ? (Integer) node.origin().line().get() : 0;
  }
}
