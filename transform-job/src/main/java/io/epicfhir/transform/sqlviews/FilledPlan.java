package io.epicfhir.transform.sqlviews;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.plans.logical.LocalRelation;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.View;
import scala.Option;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

/** An analysed plan over tables without rows, which gets rows: it need not be analysed again. */
final class FilledPlan {
  private final Map<String, ? extends List<? extends InternalRow>> rows;
  private boolean whole = true;

  private FilledPlan(Map<String, ? extends List<? extends InternalRow>> rows) {
    this.rows = rows;
  }

  /**
   * The same plan with these rows; empty where a table has no rows here, or where a table is read
   * in a place that this does not look into.
   *
   * @param rows by label, in any case, with all columns of the table
   */
  static Optional<LogicalPlan> of(
      LogicalPlan plan, Map<String, ? extends List<? extends InternalRow>> rows) {
    FilledPlan filled = new FilledPlan(rows);
    LogicalPlan all = filled.filled(plan);
    return filled.whole ? Optional.of(all) : Optional.empty();
  }

  private LogicalPlan filled(LogicalPlan plan) {
    if (plan instanceof View view) {
      List<? extends InternalRow> ofTable = rows.get(PlanWalk.label(view));
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
  private LogicalPlan table(LogicalPlan plan, List<? extends InternalRow> ofTable) {
    if (plan instanceof LocalRelation local) {
      return new LocalRelation(
          attributes(local),
          CollectionConverters.asScala(List.<InternalRow>copyOf(ofTable)).toIndexedSeq(),
          false,
          Option.empty());
    }
    List<LogicalPlan> children = PlanWalk.children(plan);
    whole = whole && children.size() == 1;
    return whole ? withChildren(plan, List.of(table(children.get(0), ofTable))) : plan;
  }

  @SuppressWarnings("unchecked") // Scala's covariance
  private static Seq<Attribute> attributes(LocalRelation local) {
    return (Seq<Attribute>) (Seq<?>) local.output();
  }

  private static LogicalPlan withChildren(LogicalPlan plan, List<LogicalPlan> children) {
    return children.isEmpty()
        ? plan
        : plan.withNewChildren(CollectionConverters.asScala(children).toIndexedSeq());
  }
}
