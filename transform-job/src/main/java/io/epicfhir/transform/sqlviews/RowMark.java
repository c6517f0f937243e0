package io.epicfhir.transform.sqlviews;

import io.epicfhir.transform.sqlviews.MarkLineage.Read;
import io.epicfhir.transform.sqlviews.PlanWalk.InExpression;
import java.util.Collection;
import java.util.HashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.catalyst.analysis.UnresolvedAttribute;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.ExprId;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.UnresolvedWith;
import org.apache.spark.sql.types.DataTypes;

/**
 * The column {@value #COLUMN}, by which rows of resources with a security label are marked, in a
 * SQLView: whether the marks of all rows that it reads have a part in the marks of its own rows.
 */
public final class RowMark {
  /** The column's name. */
  public static final String COLUMN = "restricted";

  static final String MEANING =
      "Whether a resource that the row was made from has a security label of the site's list";

  private final LogicalPlan plan;
  private final MarkLineage lineage;

  private RowMark(LogicalPlan plan) {
    this.plan = plan;
    this.lineage = new MarkLineage(plan);
  }

  /** Of an analysed plan. */
  public static RowMark of(LogicalPlan plan) {
    return new RowMark(plan);
  }

  /** Whether it is the column's name. */
  public static boolean isNamed(String name) {
    return name.equalsIgnoreCase(COLUMN);
  }

  /** Whether a parsed query names the column of a table that it reads. */
  public static boolean isIn(LogicalPlan parsed) {
    return PlanWalk.expressions(parsed).stream()
            .map(InExpression::expression)
            .anyMatch(RowMark::isNamed)
        || PlanWalk.children(parsed).stream().anyMatch(RowMark::isIn)
        || PlanWalk.subqueries(parsed).stream().anyMatch(RowMark::isIn)
        || (parsed instanceof UnresolvedWith with
            && PlanWalk.list(with.cteRelations()).stream().anyMatch(one -> isIn(one._2())));
  }

  /** Whether a text has the column's name, in whatever meaning. */
  public static boolean isMentioned(String sql) {
    return sql.toLowerCase(Locale.ROOT).contains(COLUMN);
  }

  /** Whether a statement is refused because a table has no such column. */
  public static boolean isMissing(AnalysisException problem) {
    String name = problem.getMessageParameters().getOrDefault("objectName", "");
    return name.toLowerCase(Locale.ROOT).endsWith("`" + COLUMN + "`");
  }

  private static boolean isNamed(Expression expression) {
    return expression instanceof UnresolvedAttribute name
        && isNamed(name.nameParts().last().toString());
  }

  /**
   * Whether the query's column is made of that of one of these tables.
   *
   * @param labels in lower case
   */
  public boolean isMadeOf(Collection<String> labels) {
    return lineage.reads().stream()
        .filter(read -> labels.contains(read.label()))
        .anyMatch(read -> own().filter(one -> lineage.has(one.exprId(), read)).isPresent());
  }

  /**
   * Whether the query's column is made of those of these tables and, where they are null, is null
   * or false in every row.
   *
   * @param labels in lower case
   */
  public boolean isNothingBut(Collection<String> labels) {
    long named =
        PlanWalk.<Attribute>list(plan.output()).stream()
            .filter(column -> isNamed(column.name()))
            .count();
    Set<ExprId> marks = new HashSet<>();
    lineage.reads().stream()
        .filter(read -> labels.contains(read.label()))
        .forEach(read -> read.mark().ifPresent(marks::add));
    return named == 1
        && isMadeOf(labels)
        && own().filter(one -> lineage.isNeverTrue(one.exprId(), marks)).isPresent();
  }

  private boolean reaches(Read read) {
    return own().filter(column -> lineage.reaches(read, column.exprId())).isPresent();
  }

  /**
   * Checks that a row is marked if any row is that it was made from.
   *
   * @param marked the tables that have marks, in lower case
   * @throws SqlRefused where the marks of one of them get lost
   */
  public void check(SqlView view, Collection<String> marked) {
    Set<String> lost = new TreeSet<>();
    lineage.reads().stream()
        .filter(read -> read.gives() && marked.contains(read.label()))
        .filter(read -> !reaches(read))
        .forEach(read -> lost.add(read.label()));
    boolean wrongType =
        own().filter(column -> !column.dataType().equals(DataTypes.BooleanType)).isPresent();
    if (!lost.isEmpty()
        || (wrongType && lineage.reads().stream().anyMatch(r -> marked.contains(r.label())))) {
      throw new SqlRefused(view.file(), 0, problem(lost));
    }
  }

  private static String problem(Set<String> lost) {
    return lost.isEmpty()
        ? "the column restricted must be a boolean"
        : "it shows rows of "
            + String.join(", ", lost)
            + " without their mark. Add the column restricted and pass on that of each table that it"
            + " reads: coalesce(a.restricted OR b.restricted, false) AS restricted; where rows are"
            + " grouped, bool_or(restricted). Write a join in place of IN or EXISTS";
  }

  private Optional<Attribute> own() {
    return PlanWalk.<Attribute>list(plan.output()).stream()
        .filter(column -> column.name().equals(COLUMN))
        .findFirst();
  }
}
