package io.epicfhir.transform.sqlviews;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.BoundReference;
import org.apache.spark.sql.catalyst.expressions.CommonExpressionId;
import org.apache.spark.sql.catalyst.expressions.CommonExpressionRef;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.OuterReference;
import org.apache.spark.sql.catalyst.expressions.RuntimeReplaceable;
import org.apache.spark.sql.catalyst.expressions.SubqueryExpression;
import org.apache.spark.sql.catalyst.expressions.Unevaluable;
import org.apache.spark.sql.catalyst.expressions.With;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import scala.jdk.javaapi.CollectionConverters;

/** An expression over one row of one table, which Spark's own expressions evaluate. */
public final class RowValue {
  private final Expression expression;

  private RowValue(Expression expression) {
    this.expression = expression;
  }

  /**
   * Of an analysed expression; empty where it needs more than a row, or nothing of it.
   *
   * @param row the columns that it may name
   */
  static Optional<RowValue> of(Expression expression, List<Attribute> row) {
    Expression plain = named(plain(expression), row);
    return !plain.references().isEmpty() && isOf(plain, row)
        ? Optional.of(new RowValue(plain))
        : Optional.empty();
  }

  /** What Spark's optimizer would put in place of functions that stand for others. */
  private static Expression plain(Expression expression) {
    return plain(expression, Map.of());
  }

  /**
   * @param shared what expressions that are used several times stand for
   */
  private static Expression plain(
      Expression expression, Map<CommonExpressionId, Expression> shared) {
    if (expression instanceof RuntimeReplaceable other) {
      return plain(other.replacement(), shared);
    }
    if (expression instanceof CommonExpressionRef reference && shared.containsKey(reference.id())) {
      return shared.get(reference.id());
    }
    if (expression instanceof With with) {
      Map<CommonExpressionId, Expression> inner = new HashMap<>(shared);
      PlanWalk.list(with.defs()).forEach(one -> inner.put(one.id(), plain(one.child(), inner)));
      return plain(with.child(), inner);
    }
    return rebuilt(expression, child -> plain(child, shared));
  }

  /** With the names that the row has: a statement may write them in another case. */
  private static Expression named(Expression expression, List<Attribute> row) {
    if (expression instanceof Attribute attribute) {
      return row.stream()
          .filter(column -> column.exprId().equals(attribute.exprId()))
          .findFirst()
          .orElse(attribute);
    }
    return rebuilt(expression, child -> named(child, row));
  }

  private static Expression rebuilt(Expression expression, UnaryOperator<Expression> each) {
    List<Expression> children = PlanWalk.list(expression.children());
    if (children.isEmpty()) {
      return expression;
    }
    children.replaceAll(each);
    return expression.withNewChildren(CollectionConverters.asScala(children).toIndexedSeq());
  }

  private static boolean isOf(Expression expression, List<Attribute> row) {
    if (expression instanceof Attribute attribute) {
      return row.stream().anyMatch(column -> column.exprId().equals(attribute.exprId()));
    }
    return !(expression instanceof Unevaluable)
        && !(expression instanceof OuterReference)
        && !(expression instanceof SubqueryExpression)
        && expression.deterministic()
        && PlanWalk.list(expression.children()).stream().allMatch(child -> isOf(child, row));
  }

  /** The type of its values. */
  public DataType type() {
    return expression.dataType();
  }

  /** The column that it is, if it is nothing else. */
  public Optional<String> column() {
    return expression instanceof Attribute attribute
        ? Optional.of(attribute.name())
        : Optional.empty();
  }

  /** The columns that it names. */
  public List<String> columns() {
    TreeSet<String> names = new TreeSet<>();
    PlanWalk.list(expression.references().toSeq()).forEach(one -> names.add(one.name()));
    return List.copyOf(names);
  }

  /** The columns that any of several names. */
  public static Set<String> columns(List<RowValue> values) {
    Set<String> names = new TreeSet<>();
    values.forEach(value -> names.addAll(value.columns()));
    return names;
  }

  /**
   * Gives its value of a row, in Spark's own form; for one thread. Texts may lie in the row.
   *
   * @param columns of the rows that it will get
   */
  public Function<InternalRow, Object> over(StructType columns) {
    Expression bound = bound(expression, columns);
    return bound::eval;
  }

  /** Whether another one says the same of the same table. */
  public boolean isSameAs(RowValue other, StructType columns) {
    return bound(expression, columns).semanticEquals(bound(other.expression, columns));
  }

  private static Expression bound(Expression expression, StructType columns) {
    if (expression instanceof Attribute attribute) {
      return new BoundReference(columns.fieldIndex(attribute.name()), attribute.dataType(), true);
    }
    return rebuilt(expression, child -> bound(child, columns));
  }
}
