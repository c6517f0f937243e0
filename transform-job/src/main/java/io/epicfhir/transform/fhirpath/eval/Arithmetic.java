package io.epicfhir.transform.fhirpath.eval;

import io.epicfhir.transform.fhirpath.Op;
import io.epicfhir.transform.fhirpath.eval.Eval.Single;
import java.math.BigDecimal;
import java.math.RoundingMode;

/** Arithmetic; a result that cannot be held is no value. */
final class Arithmetic extends Single {
  private static final long serialVersionUID = 1L;

  /** More than a result keeps, so that it is rounded once. */
  private static final int QUOTIENT_SCALE = 30;

  private final Op op;
  private final Eval left;
  private final Eval right;
  private final boolean decimal;

  /**
   * @param right null for a sign
   * @param decimal whether it is decimal arithmetic
   */
  Arithmetic(Op op, Eval left, Eval right, boolean decimal) {
    this.op = op;
    this.left = left;
    this.right = right;
    this.decimal = decimal;
  }

  @Override
  Object element(Object focus, Frame frame) {
    Object l = left.value(focus, frame);
    Object r = right == null ? l : right.value(focus, frame);
    if (l == null || r == null) {
      return null;
    }
    return decimal ? decimals(l, r) : wholes(((Number) l).longValue(), ((Number) r).longValue());
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
            case INTEGER_DIVIDE -> l / r;
            case MODULO -> l % r;
            case NEGATE -> Math.negateExact(l);
            default -> throw new IllegalStateException("no arithmetic: " + op);
          };
      return result == (int) result ? (Object) (int) result : null;
    } catch (ArithmeticException tooLarge) {
      return null;
    }
  }

  private Object decimals(Object first, Object second) {
    BigDecimal l = Decimals.operand(first);
    BigDecimal r = Decimals.operand(second);
    boolean divides = op == Op.DIVIDE || op == Op.INTEGER_DIVIDE || op == Op.MODULO;
    if (l == null || r == null || (divides && r.signum() == 0)) {
      return null;
    }
    BigDecimal result =
        switch (op) {
          case ADD -> l.add(r);
          case SUBTRACT -> l.subtract(r);
          case MULTIPLY -> l.multiply(r);
          case DIVIDE -> l.divide(r, QUOTIENT_SCALE, RoundingMode.HALF_UP);
          case INTEGER_DIVIDE -> l.divideToIntegralValue(r);
          case MODULO -> l.remainder(r);
          case NEGATE -> l.negate();
          default -> throw new IllegalStateException("no arithmetic: " + op);
        };
    BigDecimal kept = Decimals.result(result);
    return kept == null ? null : Decimals.text(kept);
  }
}
