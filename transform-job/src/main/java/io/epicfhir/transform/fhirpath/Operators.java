package io.epicfhir.transform.fhirpath;

import java.util.List;
import java.util.Set;
import org.hl7.fhir.utilities.SourceLocation;

/** Checks what operators are given, and says what type they give. */
final class Operators {
  private static final Set<Op> LOGIC = Set.of(Op.AND, Op.OR, Op.XOR, Op.IMPLIES, Op.NOT);
  private static final Set<Op> COMPARISON =
      Set.of(Op.EQUAL, Op.NOT_EQUAL, Op.LESS, Op.LESS_OR_EQUAL, Op.GREATER, Op.GREATER_OR_EQUAL);

  private Operators() {}

  /** The function that an operator stands for; null for |. */
  static Op op(PathNode.Operation node) {
    return switch (node.operator()) {
      case "and" -> Op.AND;
      case "or" -> Op.OR;
      case "xor" -> Op.XOR;
      case "implies" -> Op.IMPLIES;
      case "=" -> Op.EQUAL;
      case "!=" -> Op.NOT_EQUAL;
      case "<" -> Op.LESS;
      case "<=" -> Op.LESS_OR_EQUAL;
      case ">" -> Op.GREATER;
      case ">=" -> Op.GREATER_OR_EQUAL;
      case "in" -> Op.IN;
      case "+" -> Op.ADD;
      case "-" -> Op.SUBTRACT;
      case "*" -> Op.MULTIPLY;
      case "/" -> Op.DIVIDE;
      case "div" -> Op.INTEGER_DIVIDE;
      case "mod" -> Op.MODULO;
      case "&" -> Op.CONCATENATE;
      case "|" -> null;
      default ->
          throw new PathException(
              "the operator "
                  + node.operator()
                  + " is not supported"
                  + PathFeatures.reason(node.operator()),
              node.at());
    };
  }

  static Expr sign(PathNode.Sign sign, Expr operand) {
    Form form = operand.type().form();
    if (!form.number() && form != Form.NOTHING) {
      throw new PathException(
          "a number is needed, but this is " + operand.type().name(), sign.at());
    }
    return sign.minus() ? resolve(sign.at(), Op.NEGATE, List.of(operand)) : operand;
  }

  static Expr resolve(SourceLocation at, Op op, List<Expr> arguments) {
    if (LOGIC.contains(op)) {
      arguments.forEach(argument -> condition(at, argument));
      return new Expr.Call(op, arguments, FhirType.BOOLEAN);
    }
    if (COMPARISON.contains(op) || op == Op.IN) {
      comparable(at, op, arguments.get(0), arguments.get(1));
      return new Expr.Call(op, arguments, FhirType.BOOLEAN);
    }
    if (op == Op.CONCATENATE) {
      arguments.forEach(argument -> text(at, argument));
      return new Expr.Call(op, arguments, FhirType.STRING);
    }
    return arithmetic(at, op, arguments);
  }

  static Expr union(SourceLocation at, List<Expr> parts) {
    FhirType type = FhirType.NOTHING;
    for (Expr part : parts) {
      FhirType before = type;
      type =
          FhirType.common(type, part.type())
              .filter(common -> common.form().primitive())
              .orElseThrow(
                  () ->
                      new PathException(
                          "| takes values of one primitive type, not "
                              + (before.form() == Form.NOTHING ? "" : before.name() + " and ")
                              + part.type().name(),
                          at));
    }
    return new Expr.Union(parts, type);
  }

  /** Anything but a boolean as a condition is nearly always a mistake: refused. */
  static Expr condition(SourceLocation at, Expr condition) {
    Form form = condition.type().form();
    if (form != Form.BOOLEAN && form != Form.NOTHING) {
      throw new PathException(
          "a condition must be boolean, but this is " + condition.type().name(), at);
    }
    return condition;
  }

  static Expr text(SourceLocation at, Expr value) {
    Form form = value.type().form();
    if (form != Form.TEXT && form != Form.NOTHING) {
      throw new PathException("a string is needed, but this is " + value.type().name(), at);
    }
    return value;
  }

  private static void comparable(SourceLocation at, Op op, Expr left, Expr right) {
    Form l = left.type().form();
    Form r = right.type().form();
    if (!l.primitive() || !r.primitive()) {
      throw new PathException(
          "elements with children cannot be compared: " + names(left, right), at);
    }
    boolean nothing = l == Form.NOTHING || r == Form.NOTHING;
    if (!nothing && l != r && !(l.number() && r.number())) {
      throw new PathException("these cannot be compared: " + names(left, right), at);
    }
    boolean ordered = op != Op.EQUAL && op != Op.NOT_EQUAL && op != Op.IN;
    if (ordered && (l == Form.BOOLEAN || r == Form.BOOLEAN)) {
      throw new PathException("booleans have no order", at);
    }
  }

  private static Expr arithmetic(SourceLocation at, Op op, List<Expr> arguments) {
    boolean texts = arguments.stream().allMatch(a -> a.type().form() == Form.TEXT);
    if (op == Op.ADD && texts) {
      return new Expr.Call(Op.ADD, List.copyOf(arguments), FhirType.STRING);
    }
    boolean decimal = op == Op.DIVIDE;
    boolean wide = false;
    for (Expr argument : arguments) {
      Form form = argument.type().form();
      if (!form.number() && form != Form.NOTHING) {
        throw new PathException("a number is needed, but this is " + argument.type().name(), at);
      }
      decimal |= form == Form.DECIMAL;
      wide |= form == Form.LONG;
    }
    FhirType whole = wide ? FhirType.INTEGER64 : FhirType.INTEGER;
    return new Expr.Call(op, arguments, decimal ? FhirType.DECIMAL : whole);
  }

  private static String names(Expr left, Expr right) {
    return left.type().name() + " and " + right.type().name();
  }
}
