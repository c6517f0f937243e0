package io.epicfhir.transform.fhirpath;

import static org.apache.spark.sql.functions.array_distinct;
import static org.apache.spark.sql.functions.array_join;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.concat;
import static org.apache.spark.sql.functions.get;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.size;
import static org.apache.spark.sql.functions.transform;
import static org.apache.spark.sql.functions.when;

import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;

/** Writes a resolved path as built-in Spark columns over the parse. */
public final class Lowering {
  private final Scope scope;

  private Lowering(Scope scope) {
    this.scope = scope;
  }

  /** The path's one value, null where there is none; a resource with more fails the run. */
  public static Column single(Expr expr, Scope scope) {
    Lowering lowering = new Lowering(scope);
    return lowering.one(expr, scope.start());
  }

  /** The path's values as an array without nulls; no value is an empty or a null array. */
  public static Column many(Expr expr, Scope scope) {
    Lowering lowering = new Lowering(scope);
    if (expr instanceof Expr.Item item) {
      Value source = lowering.lower(item.source(), scope.start());
      return source.many() ? source.slice(item.index()) : source.item(item.index()).array();
    }
    return lowering.lower(expr, scope.start()).array();
  }

  /** The value as a column of its own, whatever it is; for a select over a single element. */
  public static Column element(Expr expr, Scope scope) {
    return new Lowering(scope).lower(expr, scope.start()).column();
  }

  Column fail(String problem) {
    return scope.fail(problem);
  }

  Value lower(Expr expr, Value focus) {
    if (expr instanceof Expr.This) {
      return focus;
    }
    if (expr instanceof Expr.Resource) {
      return Value.resource();
    }
    if (expr instanceof Expr.Member member) {
      return lower(member.source(), focus).field(member.field(), member.list());
    }
    if (expr instanceof Expr.Repeat repeat) {
      return lower(repeat.source(), focus).field(fieldOf(repeat), true);
    }
    if (expr instanceof Expr.Where where) {
      return lower(where.source(), focus).where(item -> one(where.criteria(), item));
    }
    if (expr instanceof Expr.Item item) {
      return lower(item.source(), focus).item(item.index());
    }
    if (expr instanceof Expr.Union union) {
      return union(union, focus);
    }
    if (expr instanceof Expr.ReferenceKey key) {
      return referenceKey(key, focus);
    }
    return Value.single(scalar(expr, focus));
  }

  /** The name of the field in which the parse puts all elements of a repeat. */
  public static String fieldOf(Expr.Repeat repeat) {
    return "repeat:"
        + String.join("|", repeat.paths().stream().map(p -> String.join("/", p)).toList());
  }

  private Column scalar(Expr expr, Value focus) {
    if (expr instanceof Expr.Literal literal) {
      return literal(literal);
    }
    if (expr instanceof Expr.RowIndex) {
      return scope.rowIndex();
    }
    if (expr instanceof Expr.ResourceKey) {
      return col(Scope.KEY);
    }
    if (expr instanceof Expr.Exists exists) {
      return exists(exists.source(), focus);
    }
    if (expr instanceof Expr.Count count) {
      return lower(count.source(), focus).count();
    }
    if (expr instanceof Expr.Join join) {
      Column array = lower(join.source(), focus).array();
      return when(size(array).gt(0), array_join(array, join.separator()));
    }
    return new Calls(this, focus).lower((Expr.Call) expr);
  }

  /** One value; more than one fails the run. */
  Column one(Expr expr, Value focus) {
    Value value = lower(expr, focus);
    if (!value.many()) {
      return value.column();
    }
    Column array = value.array();
    return when(
            size(array).gt(1),
            fail("the path has more than one value; take first(), or set collection to true"))
        .otherwise(get(array, lit(0)));
  }

  private Column exists(Expr source, Value focus) {
    if (source instanceof Expr.Choice choice) {
      List<Column> variants =
          choice.variants().stream().map(v -> lower(v, focus).exists()).toList();
      return variants.stream().reduce(Column::or).orElseThrow();
    }
    if (source instanceof Expr.Where where) {
      Value items = lower(where.source(), focus);
      Optional<Match> match = items.many() ? Match.of(where.criteria()) : Optional.empty();
      if (match.isPresent()) {
        return coalesce(match.get().anyOf(items.column()), lit(false));
      }
    }
    return lower(source, focus).exists();
  }

  private Value union(Expr.Union union, Value focus) {
    Column none =
        functions.array().cast(DataTypes.createArrayType(union.type().form().sparkType()));
    Column left = coalesce(lower(union.left(), focus).array(), none);
    Column right = coalesce(lower(union.right(), focus).array(), none);
    return Value.dense(array_distinct(concat(left, right)));
  }

  private Value referenceKey(Expr.ReferenceKey key, Value focus) {
    Value source = lower(key.source(), focus);
    if (!source.many()) {
      return Value.single(ReferenceKeys.key(source.column(), key.target()));
    }
    Column keys = transform(source.array(), r -> ReferenceKeys.key(r, key.target()));
    return new Value(keys, null, true, true);
  }

  private static Column literal(Expr.Literal literal) {
    if (literal.text() == null) {
      return lit(null).cast(literal.type().form().sparkType());
    }
    return switch (literal.type().form()) {
      case BOOLEAN -> lit(Boolean.parseBoolean(literal.text()));
      case INTEGER -> lit(Integer.parseInt(literal.text()));
      case LONG -> lit(Long.parseLong(literal.text()));
      default -> lit(literal.text());
    };
  }
}
