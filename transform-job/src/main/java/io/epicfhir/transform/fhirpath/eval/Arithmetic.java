package io.epicfhir.transform.fhirpath.eval;

import io.epicfhir.transform.fhirpath.Form;
import io.epicfhir.transform.fhirpath.Op;
import io.epicfhir.transform.fhirpath.eval.Eval.Single;
import java.math.BigDecimal;

/** Arithmetic; a result that cannot be held is no value. */
final class Arithmetic extends Single {
  private static final long serialVersionUID = 1L;

  private final Op op;
  private final Eval left;
  private final Eval right;
  private final Form form;

  /**
   * @param right null for a sign
   * @param form what the result is: INTEGER, LONG or DECIMAL
   */
  Arithmetic(Op op, Eval left, Eval right, Form form) {
    this.op = op;
    this.left = left;
    this.right = right;
    this.form = form;
  }

  @Override
  Object element(Object focus, Frame frame) {
    Object l = left.value(focus, frame);
    Object r = right == null ? l : right.value(focus, frame);
    if (l == null || r == null) {
      return null;
    }
    return form == Form.DECIMAL
        ? decimals(l, r)
        : wholes(((Number) l).longValue(), ((Number) r).longValue());
  }

  private Object wholes(long l, long r) {
    boolean divides = op == Op.INTEGER_DIVIDE || op == Op.MODULO;
    if (divides && r == 0) {
      return null;
    }
    try {
      long result =
          switch (op) {
            case ADD -> Math.addExact(l, r);
            case SUBTRACT -> Math.subtractExact(l, r);
            case MULTIPLY -> Math.multiplyExact(l, r);
            case INTEGER_DIVIDE -> r == -1 ? Math.negateExact(l) : l / r;
            case MODULO -> l % r;
            case NEGATE -> Math.negateExact(l);
            default -> throw new IllegalStateException("no arithmetic: " + op);
          };
      if (form == Form.LONG) {
        return result;
      }
      return result == (int) result ? (Object) (int) result : null;
    } catch (ArithmeticException tooLarge) {
      return null;
    }
  }

  /** Operands count with all their digits: only what comes out of them is rounded, and once. */
  private Object decimals(Object first, Object second) {
    BigDecimal l = Decimals.number(first);
    BigDecimal r = Decimals.number(second);
    boolean divides = op == Op.DIVIDE || op == Op.INTEGER_DIVIDE || op == Op.MODULO;
    if (l == null || r == null || (divides && r.signum() == 0)) {
      return null;
    }
    BigDecimal result =
        switch (op) {
          case ADD -> Decimals.result(l.add(r));
          case SUBTRACT -> Decimals.result(l.subtract(r));
          case MULTIPLY -> Decimals.result(l.multiply(r));
          case DIVIDE -> Decimals.quotient(l, r);
          case INTEGER_DIVIDE -> Decimals.result(l.divideToIntegralValue(r));
          case MODULO -> Decimals.result(l.remainder(r));
          case NEGATE -> l.negate(); // has the digits of its operand
          default -> throw new IllegalStateException("no arithmetic: " + op);
        };
    return result == null ? null : Decimals.text(result);
  }
}
