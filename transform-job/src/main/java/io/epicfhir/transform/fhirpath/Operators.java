package io.epicfhir.transform.fhirpath;

import java.util.List;
import java.util.Set;
import org.hl7.fhir.r4.fhirpath.ExpressionNode;

/** Checks what operators are given, and says what type they give. */
final class Operators {
  private static final Set<Op> LOGIC = Set.of(Op.AND, Op.OR, Op.XOR, Op.IMPLIES, Op.NOT);
  private static final Set<Op> COMPARISON =
      Set.of(Op.EQUAL, Op.NOT_EQUAL, Op.LESS, Op.LESS_OR_EQUAL, Op.GREATER, Op.GREATER_OR_EQUAL);

  private Operators() {}

  static Op op(ExpressionNode node) {
    return switch (node.getOperation()) {
      case And -> Op.AND;
      case Or -> Op.OR;
      case Xor -> Op.XOR;
      case Implies -> Op.IMPLIES;
      case Equals -> Op.EQUAL;
      case NotEquals -> Op.NOT_EQUAL;
      case LessThan -> Op.LESS;
      case LessOrEqual -> Op.LESS_OR_EQUAL;
      case Greater -> Op.GREATER;
      case GreaterOrEqual -> Op.GREATER_OR_EQUAL;
      case In -> Op.IN;
      case Plus -> Op.ADD;
      case Minus -> Op.SUBTRACT;
      case Times -> Op.MULTIPLY;
      case DivideBy -> Op.DIVIDE;
      case Div -> Op.INTEGER_DIVIDE;
      case Mod -> Op.MODULO;
      case Concatenate -> Op.CONCATENATE;
      default ->
          throw new PathException(
              "the operator "
                  + node.getOperation().toCode()
                  + " is not supported"
                  + PathFeatures.reason(node.getOperation().toCode()),
              node.getOpStart());
    };
  }

  static Expr resolve(ExpressionNode at, Op op, List<Expr> arguments) {
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

  static Expr union(ExpressionNode at, Expr left, Expr right) {
    Form l = left.type().form();
    Form r = right.type().form();
    if (!l.primitive() || !r.primitive() || (l != r && l != Form.NOTHING && r != Form.NOTHING)) {
      throw new PathException(
          "| takes values of one primitive type, not " + names(left, right), at.getStart());
    }
    return new Expr.Union(left, right);
  }

  /** Anything but a boolean as a condition is nearly always a mistake: refused. */
  static Expr condition(ExpressionNode at, Expr condition) {
    Form form = condition.type().form();
    if (form != Form.BOOLEAN && form != Form.NOTHING) {
      throw new PathException(
          "a condition must be boolean, but this is " + condition.type().name(), at.getStart());
    }
    return condition;
  }

  static Expr text(ExpressionNode at, Expr value) {
    Form form = value.type().form();
    if (form != Form.TEXT && form != Form.NOTHING) {
      throw new PathException(
          "a text is needed, but this is " + value.type().name(), at.getStart());
    }
    return value;
  }

  private static void comparable(ExpressionNode at, Op op, Expr left, Expr right) {
    Form l = left.type().form();
    Form r = right.type().form();
    if (!l.primitive() || !r.primitive()) {
      throw new PathException(
          "elements with children cannot be compared: " + names(left, right), at.getStart());
    }
    boolean nothing = l == Form.NOTHING || r == Form.NOTHING;
    if (!nothing && l != r && !(l.number() && r.number())) {
      throw new PathException("these cannot be compared: " + names(left, right), at.getStart());
    }
    boolean ordered = op != Op.EQUAL && op != Op.NOT_EQUAL && op != Op.IN;
    if (ordered && (l == Form.BOOLEAN || r == Form.BOOLEAN)) {
      throw new PathException("booleans have no order", at.getStart());
    }
  }

  private static Expr arithmetic(ExpressionNode at, Op op, List<Expr> arguments) {
    boolean texts = arguments.stream().allMatch(a -> a.type().form() == Form.TEXT);
    if (op == Op.ADD && texts) {
      return new Expr.Call(Op.ADD, List.copyOf(arguments), FhirType.STRING);
    }
    boolean decimal = op == Op.DIVIDE;
    for (Expr argument : arguments) {
      Form form = argument.type().form();
      if (!form.number() && form != Form.NOTHING) {
        throw new PathException(
            "a number is needed, but this is " + argument.type().name(), at.getStart());
      }
      decimal |= form == Form.DECIMAL;
    }
    return new Expr.Call(op, arguments, decimal ? FhirType.DECIMAL : FhirType.INTEGER);
  }

  private static String names(Expr left, Expr right) {
    return left.type().name() + " and " + right.type().name();
  }
}
