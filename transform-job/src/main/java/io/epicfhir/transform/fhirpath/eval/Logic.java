package io.epicfhir.transform.fhirpath.eval;

import io.epicfhir.transform.fhirpath.Op;
import io.epicfhir.transform.fhirpath.eval.Eval.Many;
import io.epicfhir.transform.fhirpath.eval.Eval.Single;

/** Three-valued logic: null is no answer. */
final class Logic {
  private Logic() {}

  /** not. */
  static final class Not extends Single {
    private static final long serialVersionUID = 1L;
    private final Eval operand;

    Not(Eval operand) {
      this.operand = operand;
    }

    @Override
    Object element(Object focus, Frame frame) {
      Object value = operand.value(focus, frame);
      return value == null ? null : (Object) !((Boolean) value);
    }
  }

  /** and, or, xor, implies. The right side is left alone where the left one decides. */
  static final class Binary extends Single {
    private static final long serialVersionUID = 1L;
    private final Op op;
    private final Eval left;
    private final Eval right;

    Binary(Op op, Eval left, Eval right) {
      this.op = op;
      this.left = left;
      this.right = right;
    }

    @Override
    Object element(Object focus, Frame frame) {
      Boolean l = (Boolean) left.value(focus, frame);
      return switch (op) {
        case AND -> decided(l, false) ? l : and(l, (Boolean) right.value(focus, frame));
        case OR -> decided(l, true) ? l : or(l, (Boolean) right.value(focus, frame));
        case IMPLIES ->
            decided(l, false)
                ? (Boolean) true
                : or(l == null ? null : (Boolean) !l, (Boolean) right.value(focus, frame));
        default -> l == null ? null : xor(l, (Boolean) right.value(focus, frame));
      };
    }

    private static boolean decided(Boolean left, boolean by) {
      return left != null && left == by;
    }

    private static Boolean and(Boolean left, Boolean right) {
      return (left != null || decided(right, false)) ? right : null;
    }

    private static Boolean or(Boolean left, Boolean right) {
      return (left != null || decided(right, true)) ? right : null;
    }

    private static Boolean xor(boolean left, Boolean right) {
      return right == null ? null : (Boolean) (left != right);
    }
  }

  /** and, or of more than two: the first operand that decides is the last one that is evaluated. */
  static final class Chain extends Single {
    private static final long serialVersionUID = 1L;
    private final boolean decides;
    private final Eval[] operands;

    Chain(Op op, Eval[] operands) {
      this.decides = op == Op.OR;
      this.operands = operands;
    }

    @Override
    Object element(Object focus, Frame frame) {
      boolean answered = true;
      for (Eval operand : operands) {
        Boolean value = (Boolean) operand.value(focus, frame);
        if (value == null) {
          answered = false;
        } else if (value == decides) {
          return decides;
        }
      }
      return answered ? (Boolean) !decides : null;
    }
  }

  /** One of two, of which only that one is evaluated. */
  static final class Iif extends Single {
    private static final long serialVersionUID = 1L;
    private final Eval condition;
    private final Single then;
    private final Single otherwise;

    private Iif(Eval condition, Single then, Single otherwise) {
      this.condition = condition;
      this.then = then;
      this.otherwise = otherwise;
    }

    static Eval of(Eval condition, Eval then, Eval otherwise) {
      return then instanceof Single one && otherwise instanceof Single other
          ? new Iif(condition, one, other)
          : new IifOfMany(condition, then, otherwise);
    }

    @Override
    Object element(Object focus, Frame frame) {
      Single chosen = condition.value(focus, frame) == Boolean.TRUE ? then : otherwise;
      return chosen.element(focus, frame);
    }
  }

  /** The same where one of the two may be many. */
  private static final class IifOfMany extends Many {
    private static final long serialVersionUID = 1L;
    private final Eval condition;
    private final Eval then;
    private final Eval otherwise;

    IifOfMany(Eval condition, Eval then, Eval otherwise) {
      this.condition = condition;
      this.then = then;
      this.otherwise = otherwise;
    }

    @Override
    public void elements(Object focus, Frame frame, Values out) {
      Eval chosen = condition.value(focus, frame) == Boolean.TRUE ? then : otherwise;
      chosen.elements(focus, frame, out);
    }
  }
}
