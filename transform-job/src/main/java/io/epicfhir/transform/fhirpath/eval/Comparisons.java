package io.epicfhir.transform.fhirpath.eval;

import io.epicfhir.transform.fhirpath.Op;
import io.epicfhir.transform.fhirpath.eval.Eval.Single;

/** The operators =, !=, in and those of order. */
final class Comparisons {
  private Comparisons() {}

  /** = of single values, or of a single value and a list. */
  static final class Equal extends Single {
    private static final long serialVersionUID = 1L;
    private final Eval left;
    private final Eval right;
    private final Comparing comparing;

    Equal(Eval left, Eval right, Comparing comparing) {
      this.left = left;
      this.right = right;
      this.comparing = comparing;
    }

    @Override
    Object element(Object focus, Frame frame) {
      if (left.many() || right.many()) {
        return lists(focus, frame);
      }
      Object l = left.value(focus, frame);
      Object r = l == null ? null : right.value(focus, frame);
      return r == null ? null : comparing.equal(l, r);
    }

    /** Lists are equal when they have the same values in the same order. */
    private Boolean lists(Object focus, Frame frame) {
      Values l = frame.take();
      Values r = frame.take();
      left.values(focus, frame, l);
      right.values(focus, frame, r);
      Boolean equal = null;
      if (l.size() == 1 && r.size() == 1) {
        equal = comparing.equal(l.get(0), r.get(0));
      } else if (l.size() > 0 && r.size() > 0) {
        if (left.many() && right.many() && l.size() == r.size()) {
          throw new EvaluationException(
              Problem.TWO_LISTS,
              "= on two lists of several values is not supported; compare items");
        }
        equal = false;
      }
      frame.give();
      frame.give();
      return equal;
    }
  }

  /** = of a path to a single text and a constant: by far the most frequent question. */
  static final class EqualConstant extends Single {
    private static final long serialVersionUID = 1L;
    private final Single path;
    private final Object constant;

    EqualConstant(Single path, Object constant) {
      this.path = path;
      this.constant = constant;
    }

    @Override
    Object element(Object focus, Frame frame) {
      Object value = path.value(focus, frame);
      return value == null ? null : (Object) constant.equals(value);
    }
  }

  /** Less, greater and so on. */
  static final class Ordered extends Single {
    private static final long serialVersionUID = 1L;
    private final Op op;
    private final Eval left;
    private final Eval right;
    private final Comparing comparing;

    Ordered(Op op, Eval left, Eval right, Comparing comparing) {
      this.op = op;
      this.left = left;
      this.right = right;
      this.comparing = comparing;
    }

    @Override
    Object element(Object focus, Frame frame) {
      Object l = left.value(focus, frame);
      Object r = right.value(focus, frame);
      int order = l == null || r == null ? Comparing.UNKNOWN : comparing.order(l, r);
      if (order == Comparing.UNKNOWN) {
        return null;
      }
      return switch (op) {
        case LESS -> order < 0;
        case LESS_OR_EQUAL -> order <= 0;
        case GREATER -> order > 0;
        default -> order >= 0;
      };
    }
  }

  /** Whether a list has a value. */
  static final class In extends Single {
    private static final long serialVersionUID = 1L;
    private final Eval item;
    private final Eval list;
    private final Comparing comparing;

    In(Eval item, Eval list, Comparing comparing) {
      this.item = item;
      this.list = list;
      this.comparing = comparing;
    }

    @Override
    Object element(Object focus, Frame frame) {
      Object wanted = item.value(focus, frame);
      if (wanted == null) {
        return null;
      }
      Values values = frame.take();
      list.values(focus, frame, values);
      boolean found = false;
      for (int i = 0; i < values.size() && !found; i++) {
        found = Boolean.TRUE.equals(comparing.equal(wanted, values.get(i)));
      }
      frame.give();
      return found;
    }
  }
}
