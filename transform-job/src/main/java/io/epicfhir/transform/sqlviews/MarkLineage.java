package io.epicfhir.transform.sqlviews;

import io.epicfhir.transform.sqlviews.PlanWalk.InExpression;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.spark.sql.catalyst.expressions.Alias;
import org.apache.spark.sql.catalyst.expressions.And;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.Exists;
import org.apache.spark.sql.catalyst.expressions.ExprId;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.ListQuery;
import org.apache.spark.sql.catalyst.expressions.Not;
import org.apache.spark.sql.catalyst.expressions.SubqueryExpression;
import org.apache.spark.sql.catalyst.plans.logical.CTERelationDef;
import org.apache.spark.sql.catalyst.plans.logical.CTERelationRef;
import org.apache.spark.sql.catalyst.plans.logical.Expand;
import org.apache.spark.sql.catalyst.plans.logical.Filter;
import org.apache.spark.sql.catalyst.plans.logical.Generate;
import org.apache.spark.sql.catalyst.plans.logical.Join;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.View;

/** Where a query reads tables, and whether their marks have a part in a column of it. */
final class MarkLineage {
  /** What is in no WITH. */
  private static final long QUERY = -1;

  /** Which columns a column is made of. */
  private final Map<ExprId, Set<ExprId>> madeOf = new HashMap<>();

  /** What a column is, each of them for some rows. */
  private final Map<ExprId, List<Expression>> values = new HashMap<>();

  /** Columns that a UNION or its like gives, which are those of its first part. */
  private final Set<ExprId> united = new HashSet<>();

  private final Map<Long, LogicalPlan> shared = new HashMap<>();
  private final List<Read> reads = new ArrayList<>();
  private final List<Use> uses = new ArrayList<>();

  /**
   * A place where a table is read.
   *
   * @param mark its column, where it has one
   * @param gives whether its rows have a part in rows, and not only in which rows there are not
   * @param home the part of a WITH that it is in
   */
  record Read(String label, Optional<ExprId> mark, boolean gives, long home) {
    Read given(boolean ofHome) {
      return new Read(label, mark, gives && ofHome, home);
    }
  }

  /**
   * A place where a part of a WITH is read, which may be one of several.
   *
   * @param part its number
   */
  private record Use(List<ExprId> columns, long part, boolean gives, long home) {
    Use given(boolean ofHome) {
      return new Use(columns, part, gives && ofHome, home);
    }
  }

  /** Of an analysed plan. */
  MarkLineage(LogicalPlan plan) {
    look(plan, true, QUERY);
    Set<Long> giving = giving();
    reads.replaceAll(read -> read.given(giving.contains(read.home())));
    uses.replaceAll(use -> use.given(giving.contains(use.home())));
  }

  /** The query, and those parts of a WITH whose rows have a part in its rows. */
  private Set<Long> giving() {
    Set<Long> giving = new HashSet<>();
    Deque<Long> next = new ArrayDeque<>(List.of(QUERY));
    while (!next.isEmpty()) {
      long home = next.pop();
      if (giving.add(home)) {
        uses.stream()
            .filter(use -> use.home() == home && use.gives())
            .forEach(use -> next.add(use.part()));
      }
    }
    return giving;
  }

  List<Read> reads() {
    return reads;
  }

  /** Whether a table's mark has a part in a column. */
  boolean has(ExprId column, Read read) {
    return read.mark().filter(parts(column)::contains).isPresent();
  }

  /** Whether a column is null or false in every row where some columns are always null. */
  boolean isNeverTrue(ExprId column, Set<ExprId> nulls) {
    return new NeverTrue(values, united, nulls).column(column);
  }

  /** As {@link #has}, also from each place that reads the part of a WITH that it is in. */
  boolean reaches(Read read, ExprId column) {
    Set<ExprId> parts = parts(column);
    return has(column, read)
        && uses.stream()
            .filter(use -> use.gives() && has(use.part(), read, new HashSet<>()))
            .allMatch(
                use ->
                    use.columns().stream()
                        .anyMatch(
                            own -> parts.contains(own) && parts(own).contains(read.mark().get())));
  }

  /** Whether a part of a WITH has rows of a table, maybe by another part. */
  private boolean has(long part, Read read, Set<Long> seen) {
    return read.home() == part
        || (seen.add(part)
            && uses.stream().anyMatch(use -> use.home() == part && has(use.part(), read, seen)));
  }

  /** All columns that have a part in a column's value. */
  private Set<ExprId> parts(ExprId column) {
    Set<ExprId> parts = new HashSet<>();
    Deque<ExprId> next = new ArrayDeque<>(List.of(column));
    while (!next.isEmpty()) {
      ExprId one = next.pop();
      if (parts.add(one)) {
        next.addAll(madeOf.getOrDefault(one, Set.of()));
      }
    }
    return parts;
  }

  private void look(LogicalPlan node, boolean gives, long home) {
    if (node instanceof View view) {
      Optional<ExprId> mark =
          PlanWalk.<Attribute>list(view.output()).stream()
              .filter(column -> RowMark.isNamed(column.name()))
              .map(Attribute::exprId)
              .findFirst();
      reads.add(new Read(PlanWalk.label(view), mark, gives, home));
      return;
    }
    if (node instanceof CTERelationDef definition) {
      shared.put(definition.id(), definition.child());
      look(definition.child(), true, definition.id()); // its uses say whether it gives
      return;
    }
    if (node instanceof CTERelationRef reference) {
      List<ExprId> columns =
          PlanWalk.<Attribute>list(reference.output()).stream().map(Attribute::exprId).toList();
      uses.add(new Use(columns, reference.cteId(), gives, home));
    }
    List<LogicalPlan> children = PlanWalk.children(node);
    for (int i = 0; i < children.size(); i++) {
      look(children.get(i), gives && !(i == 1 && isAnti(node)), home);
    }
    for (InExpression each : PlanWalk.expressions(node)) {
      if (each.expression() instanceof SubqueryExpression subquery) {
        look(subquery.plan(), gives && !(node instanceof Filter && isRuledOut(each)), home);
      }
      if (each.expression() instanceof Alias alias) {
        madeOf(alias.exprId(), alias.child());
      }
    }
    columns(node, children);
  }

  /** The columns that a node gives new names. */
  private void columns(LogicalPlan node, List<LogicalPlan> children) {
    if (node instanceof Generate generate) {
      PlanWalk.<Attribute>list(generate.generatorOutput())
          .forEach(column -> madeOf(column.exprId(), (Expression) generate.generator()));
    } else if (node instanceof Expand expand) {
      PlanWalk.list(expand.projections())
          .forEach(row -> byPosition(node, PlanWalk.<Expression>list(row)));
    } else if (node instanceof CTERelationRef reference) {
      Optional.ofNullable(shared.get(reference.cteId()))
          .ifPresent(definition -> byPosition(node, PlanWalk.list(definition.output())));
    } else if (Set.of("Union", "UnionLoop", "Intersect", "Except")
        .contains(node.getClass().getSimpleName())) {
      PlanWalk.<Attribute>list(node.output()).stream()
          .map(Attribute::exprId)
          .filter(column -> !values.containsKey(column))
          .forEach(united::add); // what its first part takes from a table
      children.forEach(child -> byPosition(node, PlanWalk.list(child.output())));
    }
  }

  private void byPosition(LogicalPlan node, List<? extends Expression> values) {
    List<Attribute> output = PlanWalk.list(node.output());
    for (int i = 0; i < output.size() && i < values.size(); i++) {
      madeOf(output.get(i).exprId(), values.get(i));
    }
  }

  private void madeOf(ExprId column, Expression value) {
    if (!(value instanceof Attribute same && same.exprId().equals(column))) { // of a WITH used once
      values.computeIfAbsent(column, any -> new ArrayList<>()).add(value);
    }
    Set<ExprId> parts = madeOf.computeIfAbsent(column, any -> new HashSet<>());
    PlanWalk.<Attribute>list(value.references().toSeq()).forEach(one -> parts.add(one.exprId()));
    subqueries(value)
        .forEach(
            subquery ->
                PlanWalk.<Attribute>list(subquery.plan().output())
                    .forEach(one -> parts.add(one.exprId())));
  }

  private static List<SubqueryExpression> subqueries(Expression value) {
    List<SubqueryExpression> found = new ArrayList<>();
    if (value instanceof SubqueryExpression subquery) {
      found.add(subquery);
    }
    PlanWalk.<Expression>list(value.children()).forEach(child -> found.addAll(subqueries(child)));
    return found;
  }

  private static boolean isAnti(LogicalPlan node) {
    return node instanceof Join join && join.joinType().sql().equals("LEFT ANTI");
  }

  /** NOT EXISTS and NOT IN as conditions of a filter: a row that is left was made from none. */
  private static boolean isRuledOut(InExpression subquery) {
    List<Expression> around = new ArrayList<>(subquery.around());
    if (subquery.expression() instanceof ListQuery) {
      around.remove(around.size() - 1); // IN itself
    } else if (!(subquery.expression() instanceof Exists)) {
      return false;
    }
    int not = around.size() - 1;
    return not >= 0
        && around.get(not) instanceof Not
        && around.subList(0, not).stream().allMatch(And.class::isInstance);
  }
}
