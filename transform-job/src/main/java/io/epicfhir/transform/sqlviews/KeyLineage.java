package io.epicfhir.transform.sqlviews;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.spark.sql.catalyst.expressions.Alias;
import org.apache.spark.sql.catalyst.expressions.And;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.EqualNullSafe;
import org.apache.spark.sql.catalyst.expressions.EqualTo;
import org.apache.spark.sql.catalyst.expressions.ExprId;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.expressions.OuterReference;
import org.apache.spark.sql.catalyst.plans.logical.Aggregate;
import org.apache.spark.sql.catalyst.plans.logical.CTERelationDef;
import org.apache.spark.sql.catalyst.plans.logical.CTERelationRef;
import org.apache.spark.sql.catalyst.plans.logical.Filter;
import org.apache.spark.sql.catalyst.plans.logical.Join;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.catalyst.plans.logical.View;
import org.apache.spark.sql.catalyst.plans.logical.Window;
import org.apache.spark.sql.catalyst.plans.logical.WithCTE;

/**
 * Which columns of the tables that a query reads are equal to the query's key: a row of such a
 * table has a part only in rows with that key. It goes down the analysed plan with the columns that
 * stand for the key; where a node mixes rows of several keys, none is left.
 */
public final class KeyLineage {
  private final Map<String, List<Optional<String>>> uses = new TreeMap<>();
  private final Map<Long, CTERelationDef> shared = new HashMap<>();

  private KeyLineage() {}

  static KeyLineage of(LogicalPlan plan, Attribute key) {
    KeyLineage lineage = new KeyLineage();
    lineage.down(plan, Set.of(key.exprId()), Set.of());
    return lineage;
  }

  /**
   * The columns of a table whose values are the keys that its rows have a part in: one for each
   * time that the query reads it, all of which count. Empty if the plan does not show it.
   *
   * @param label the table's name in the SQL
   */
  public Optional<List<String>> columns(String label) {
    List<Optional<String>> each = uses.getOrDefault(label.toLowerCase(Locale.ROOT), List.of());
    return each.stream().allMatch(Optional::isPresent)
        ? Optional.of(each.stream().map(Optional::orElseThrow).distinct().toList())
        : Optional.empty();
  }

  /**
   * @param outer columns of the query around a subquery that stand for the key: constants in it
   */
  private void down(LogicalPlan plan, Set<ExprId> keys, Set<ExprId> outer) {
    if (plan instanceof View view) {
      use(view, keys);
      return;
    }
    for (LogicalPlan inner : PlanWalk.subqueries(plan)) {
      down(inner, Set.of(), around(plan, keys, outer));
    }
    if (plan instanceof WithCTE with) {
      PlanWalk.list(with.cteDefs()).forEach(one -> shared.put(one.id(), one));
      down(with.plan(), keys, outer);
    } else if (plan instanceof CTERelationRef reference) {
      CTERelationDef definition = shared.get(reference.cteId());
      if (definition == null) {
        throw new IllegalStateException("A plan names a relation that it does not have");
      }
      if (!reference.recursive()) {
        LogicalPlan child = definition.child();
        // Around its own text there is no query: a column of the same id is its own, no constant.
        down(child, byPosition(reference, child, keys), Set.of());
      }
    } else if (plan instanceof Join join) {
      join(join, keys, outer);
    } else {
      for (LogicalPlan child : PlanWalk.children(plan)) {
        down(child, below(plan, child, keys, outer), outer);
      }
    }
  }

  /** What a subquery in a node's expressions knows of the key. */
  private static Set<ExprId> around(LogicalPlan plan, Set<ExprId> keys, Set<ExprId> outer) {
    Set<ExprId> known = new HashSet<>(outer);
    if (!(plan instanceof Join)) {
      PlanWalk.children(plan).forEach(child -> known.addAll(below(plan, child, keys, outer)));
    }
    return known;
  }

  private void use(View view, Set<ExprId> keys) {
    Optional<String> column =
        PlanWalk.list(view.output()).stream()
            .filter(attribute -> keys.contains(attribute.exprId()))
            .map(NamedExpression::name)
            .findFirst();
    String label = PlanWalk.label(view);
    uses.computeIfAbsent(label, any -> new ArrayList<>()).add(column);
  }

  /** The columns of a node's child that stand for the key. */
  private static Set<ExprId> below(
      LogicalPlan plan, LogicalPlan child, Set<ExprId> keys, Set<ExprId> outer) {
    return switch (plan.getClass().getSimpleName()) {
      case "Project" -> through(PlanWalk.list(((Project) plan).projectList()), keys);
      case "Aggregate" -> grouped((Aggregate) plan, keys);
      case "Filter" -> equal(((Filter) plan).condition(), keys, outer);
      case "Window" -> partitioned((Window) plan, keys);
      case "Union", "Intersect", "Except" -> byPosition(plan, child, keys);
      case "SubqueryAlias", "Distinct", "Sort", "Generate", "ResolvedHint", "LateralJoin" ->
          only(child, keys);
      default -> Set.of();
    };
  }

  private static Set<ExprId> through(List<NamedExpression> expressions, Set<ExprId> keys) {
    Set<ExprId> below = new HashSet<>();
    for (NamedExpression expression : expressions) {
      if (keys.contains(expression.exprId())) {
        if (expression instanceof Attribute attribute) {
          below.add(attribute.exprId());
        } else if (expression instanceof Alias alias && alias.child() instanceof Attribute of) {
          below.add(of.exprId());
        }
      }
    }
    return below;
  }

  private static Set<ExprId> grouped(Aggregate aggregate, Set<ExprId> keys) {
    Set<ExprId> below = through(PlanWalk.list(aggregate.aggregateExpressions()), keys);
    below.retainAll(attributes(PlanWalk.list(aggregate.groupingExpressions())));
    return below;
  }

  private static Set<ExprId> partitioned(Window window, Set<ExprId> keys) {
    Set<ExprId> below = new HashSet<>(keys);
    below.retainAll(attributes(PlanWalk.list(window.partitionSpec())));
    return below;
  }

  private static Set<ExprId> attributes(List<Expression> expressions) {
    Set<ExprId> ids = new HashSet<>();
    for (Expression expression : expressions) {
      if (expression instanceof Attribute attribute) {
        ids.add(attribute.exprId());
      }
    }
    return ids;
  }

  /** Columns of nodes that take their children's by position. */
  private static Set<ExprId> byPosition(LogicalPlan plan, LogicalPlan child, Set<ExprId> keys) {
    List<Attribute> above = PlanWalk.list(plan.output());
    List<Attribute> own = PlanWalk.list(child.output());
    Set<ExprId> below = new HashSet<>();
    for (int i = 0; i < Math.min(above.size(), own.size()); i++) {
      if (keys.contains(above.get(i).exprId())) {
        below.add(own.get(i).exprId());
      }
    }
    return below;
  }

  private void join(Join join, Set<ExprId> keys, Set<ExprId> outer) {
    Set<ExprId> left = only(join.left(), keys);
    Set<ExprId> right = only(join.right(), keys);
    Expression condition = join.condition().isDefined() ? join.condition().get() : null;
    String type = join.joinType().sql();
    switch (type) {
      case "INNER", "CROSS" -> {
        Set<ExprId> all = equal(condition, keys, outer);
        down(join.left(), only(join.left(), all), outer);
        down(join.right(), only(join.right(), all), outer);
      }
      case "LEFT OUTER", "LEFT SEMI", "LEFT ANTI" -> {
        down(join.left(), left, outer);
        down(join.right(), only(join.right(), equal(condition, left, outer)), outer);
      }
      case "RIGHT OUTER" -> {
        down(join.left(), only(join.left(), equal(condition, right, outer)), outer);
        down(join.right(), right, outer);
      }
      default -> {
        down(join.left(), Set.of(), outer);
        down(join.right(), Set.of(), outer);
      }
    }
  }

  private static Set<ExprId> only(LogicalPlan plan, Set<ExprId> keys) {
    Set<ExprId> own = new HashSet<>();
    PlanWalk.list(plan.output()).stream()
        .map(NamedExpression::exprId)
        .filter(keys::contains)
        .forEach(own::add);
    return own;
  }

  /** The columns that stand for the key where a condition is true. */
  private static Set<ExprId> equal(Expression condition, Set<ExprId> keys, Set<ExprId> outer) {
    Set<ExprId> all = new HashSet<>(keys);
    all.addAll(outer);
    List<ExprId[]> pairs = new ArrayList<>();
    pairs(condition, pairs);
    boolean more = true;
    while (more) {
      more = false;
      for (ExprId[] pair : pairs) {
        more |= all.contains(pair[0]) && all.add(pair[1]);
        more |= all.contains(pair[1]) && all.add(pair[0]);
      }
    }
    return all;
  }

  private static void pairs(Expression condition, List<ExprId[]> pairs) {
    if (condition instanceof And and) {
      pairs(and.left(), pairs);
      pairs(and.right(), pairs);
    } else if (condition instanceof EqualTo equal) {
      pair(equal.left(), equal.right(), pairs);
    } else if (condition instanceof EqualNullSafe equal) {
      pair(equal.left(), equal.right(), pairs);
    }
  }

  private static void pair(Expression left, Expression right, List<ExprId[]> pairs) {
    if (bare(left) instanceof Attribute one && bare(right) instanceof Attribute other) {
      pairs.add(new ExprId[] {one.exprId(), other.exprId()});
    }
  }

  private static Expression bare(Expression expression) {
    return expression instanceof OuterReference outer ? (Expression) outer.e() : expression;
  }
}
