package io.epicfhir.transform.sqlviews;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.ExprId;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.InheritAnalysisRules;
import org.apache.spark.sql.catalyst.expressions.Literal;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.expressions.SubqueryExpression;
import org.apache.spark.sql.types.DataTypes;

/**
 * Which columns of a query can be nothing but null or false, whatever rows there are, where some
 * columns are always null. Of what is not known here that is not said.
 */
final class NeverTrue {
  private final Map<ExprId, List<Expression>> values;
  private final Set<ExprId> tables;
  private final Set<ExprId> nulls;
  private final Map<ExprId, Boolean> known = new HashMap<>();

  /**
   * @param values what a column is, each of them for some rows
   * @param tables columns of tables among these, which have other values, too
   * @param nulls columns that are always null
   */
  NeverTrue(Map<ExprId, List<Expression>> values, Set<ExprId> tables, Set<ExprId> nulls) {
    this.values = values;
    this.tables = tables;
    this.nulls = nulls;
  }

  boolean column(ExprId column) {
    if (!nulls.contains(column) && (tables.contains(column) || !values.containsKey(column))) {
      return false; // a table's
    }
    // One that is made of itself, too, as a UNION's is: what else it is made of decides.
    if (known.putIfAbsent(column, nulls.contains(column)) == null) {
      known.put(column, values.getOrDefault(column, List.of()).stream().allMatch(this::value));
    }
    return known.get(column);
  }

  private boolean value(Expression value) {
    if (!Set.of(DataTypes.BooleanType, DataTypes.NullType).contains(value.dataType())) {
      return false;
    }
    List<Expression> parts = PlanWalk.list(value.children());
    return switch (value.getClass().getSimpleName()) {
      case "Alias",
          "Cast",
          "AggregateExpression",
          "WindowExpression",
          "BoolOr",
          "BoolAnd",
          "Max",
          "Min" ->
          value(parts.get(0));
      case "Or", "Coalesce" -> parts.stream().allMatch(this::value);
      case "And" -> parts.stream().anyMatch(this::value);
      case "If", "CaseWhen" -> branches(parts);
      case "EqualTo", "EqualNullSafe" ->
          (value(parts.get(0)) && isTrue(parts.get(1)))
              || (value(parts.get(1)) && isTrue(parts.get(0)));
      case "Literal" -> !isTrue(value);
      case "ScalarSubquery" ->
          column(
              PlanWalk.<Attribute>list(((SubqueryExpression) value).plan().output())
                  .get(0)
                  .exprId());
      default ->
          value instanceof NamedExpression named
              ? column(named.exprId())
              : value instanceof InheritAnalysisRules && value(parts.get(0));
    };
  }

  /** Conditions, each with its value after it; the last value may have none. */
  private boolean branches(List<Expression> parts) {
    for (int i = 0; i + 1 < parts.size(); i += 2) {
      if (!value(parts.get(i)) && !value(parts.get(i + 1))) {
        return false;
      }
    }
    return parts.size() % 2 == 0 || value(parts.get(parts.size() - 1));
  }

  private static boolean isTrue(Expression value) {
    return value instanceof Literal literal && Boolean.TRUE.equals(literal.value());
  }
}
