package io.epicfhir.transform.fhirpath;

import static org.apache.spark.sql.functions.array_contains;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.concat;
import static org.apache.spark.sql.functions.get;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.size;
import static org.apache.spark.sql.functions.when;

import io.epicfhir.transform.fhirpath.Expr.Op;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;

/** Writes operators and functions of single values; no value gives no value, as FHIRPath says. */
final class Calls {
  private final Lowering lowering;
  private final Value focus;

  Calls(Lowering lowering, Value focus) {
    this.lowering = lowering;
    this.focus = focus;
  }

  Column lower(Expr.Call call) {
    return switch (call.op()) {
      case EQUAL -> equal(call.arguments().get(0), call.arguments().get(1));
      case NOT_EQUAL -> functions.not(equal(call.arguments().get(0), call.arguments().get(1)));
      case IN -> in(call.arguments().get(0), call.arguments().get(1));
      case NOT, AND, OR, XOR, IMPLIES, IIF -> logic(call);
      case LESS, LESS_OR_EQUAL, GREATER, GREATER_OR_EQUAL -> ordered(call);
      case ADD ->
          call.type().form() == Form.TEXT
              ? concat(one(call.arguments().get(0)), one(call.arguments().get(1)))
              : Numbers.arithmetic(call.op(), arguments(call), forms(call));
      case SUBTRACT, MULTIPLY, DIVIDE, INTEGER_DIVIDE, MODULO, NEGATE ->
          Numbers.arithmetic(call.op(), arguments(call), forms(call));
      case LOW_BOUNDARY, HIGH_BOUNDARY -> boundary(call);
      default -> text(call.op(), arguments(call));
    };
  }

  private List<Column> arguments(Expr.Call call) {
    return call.arguments().stream().map(this::one).toList();
  }

  private static List<Form> forms(Expr.Call call) {
    return call.arguments().stream().map(a -> a.type().form()).toList();
  }

  private Column one(Expr expr) {
    return lowering.one(expr, focus);
  }

  /** Spark's three-valued logic is FHIRPath's, with null for empty. */
  private Column logic(Expr.Call call) {
    List<Column> on = call.op() == Op.IIF ? List.of(one(call.arguments().get(0))) : arguments(call);
    Column left = on.get(0).cast(DataTypes.BooleanType);
    return switch (call.op()) {
      case NOT -> functions.not(left);
      case AND -> left.and(on.get(1));
      case OR -> left.or(on.get(1));
      case XOR -> left.notEqual(on.get(1));
      case IMPLIES -> functions.not(left).or(on.get(1));
      default -> when(left, one(call.arguments().get(1))).otherwise(one(call.arguments().get(2)));
    };
  }

  private Column ordered(Expr.Call call) {
    Expr left = call.arguments().get(0);
    Expr right = call.arguments().get(1);
    Column order = Comparison.order(one(left), form(left, right), one(right), form(right, left));
    return switch (call.op()) {
      case LESS -> order.lt(0);
      case LESS_OR_EQUAL -> order.leq(0);
      case GREATER -> order.gt(0);
      default -> order.geq(0);
    };
  }

  /** Collections are equal when they have the same values in the same order. */
  private Column equal(Expr left, Expr right) {
    Value l = lowering.lower(left, focus);
    Value r = lowering.lower(right, focus);
    Form lf = form(left, right);
    Form rf = form(right, left);
    if (!l.many() && !r.many()) {
      return Comparison.equal(l.column(), lf, r.column(), rf);
    }
    Column la = l.array();
    Column ra = r.array();
    Column first = Comparison.equal(get(la, lit(0)), lf, get(ra, lit(0)), rf);
    Column several =
        l.many() && r.many()
            ? when(
                size(la).equalTo(size(ra)),
                lowering.fail("= on two lists of several values is not supported; compare items"))
            : lit(false);
    return when(
        size(la).gt(0).and(size(ra).gt(0)),
        when(size(la).equalTo(1).and(size(ra).equalTo(1)), first)
            .otherwise(l.many() && r.many() ? several.otherwise(lit(false)) : several));
  }

  private Column in(Expr item, Expr list) {
    Column found = array_contains(lowering.lower(list, focus).array(), one(item));
    return when(one(item).isNotNull(), coalesce(found, lit(false)));
  }

  private Column boundary(Expr.Call call) {
    Expr source = call.arguments().get(0);
    boolean low = call.op() == Op.LOW_BOUNDARY;
    Column value = one(source);
    return switch (source.type().form()) {
      case DECIMAL -> Boundaries.decimal(value, low);
      case TIME -> Boundaries.time(value, low);
      default ->
          source.type().name().equals("date")
              ? Boundaries.date(value, low)
              : Boundaries.dateTime(value, low);
    };
  }

  private static Column text(Op op, List<Column> on) {
    Column text = on.get(0);
    return switch (op) {
      case CONCATENATE -> concat(orBlank(text), orBlank(on.get(1)));
      case STARTS_WITH -> functions.startswith(text, on.get(1));
      case ENDS_WITH -> functions.endswith(text, on.get(1));
      case CONTAINS -> functions.contains(text, on.get(1));
      case MATCHES -> functions.rlike(text, on.get(1));
      case UPPER -> functions.upper(text);
      case LOWER -> functions.lower(text);
      case LENGTH -> functions.length(text);
      case TO_STRING -> text.cast(DataTypes.StringType);
      default -> throw new IllegalStateException("no text function: " + op);
    };
  }

  /** The operator & takes no value as ''. */
  private static Column orBlank(Column text) {
    return coalesce(text, lit(""));
  }

  private static Form form(Expr expr, Expr other) {
    Form form = expr.type().form();
    return form == Form.NOTHING ? other.type().form() : form;
  }
}
