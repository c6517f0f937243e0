package io.epicfhir.transform.fhirpath.eval;

import java.io.Serializable;

/**
 * A compiled expression. It has no state of its own, so one serves all tasks and threads.
 *
 * <p>Elements are what FHIRPath calls nodes: a primitive one may have extensions and no value.
 * Values are what is left of elements without those extensions; an element without a value has
 * none.
 */
public abstract class Eval implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Adds all elements, in order. */
  public abstract void elements(Object focus, Frame frame, Values out);

  /**
   * The one value; null where there is none.
   *
   * @throws EvaluationException where there are several
   */
  public abstract Object value(Object focus, Frame frame);

  /**
   * The one value of a column that is no collection; null where there is none.
   *
   * @throws EvaluationException where there are several
   */
  public abstract Object columnValue(Object focus, Frame frame);

  /** Whether there is an element. */
  abstract boolean exists(Object focus, Frame frame);

  abstract boolean many();

  /** Adds all values, in order. */
  public final void values(Object focus, Frame frame, Values out) {
    int mark = out.size();
    elements(focus, frame, out);
    out.toValues(mark);
  }

  /** At most one element. */
  abstract static class Single extends Eval {
    private static final long serialVersionUID = 1L;

    /** The element, or null. */
    abstract Object element(Object focus, Frame frame);

    @Override
    public final Object value(Object focus, Frame frame) {
      return Extended.value(element(focus, frame));
    }

    @Override
    public final Object columnValue(Object focus, Frame frame) {
      return Extended.value(element(focus, frame));
    }

    @Override
    public final void elements(Object focus, Frame frame, Values out) {
      Object element = element(focus, frame);
      if (element != null) {
        out.add(element);
      }
    }

    @Override
    final boolean exists(Object focus, Frame frame) {
      return element(focus, frame) != null;
    }

    @Override
    final boolean many() {
      return false;
    }
  }

  /** Any number of elements. */
  abstract static class Many extends Eval {
    private static final long serialVersionUID = 1L;

    @Override
    public final Object value(Object focus, Frame frame) {
      return one(
          focus,
          frame,
          "an operator, a function or a condition needs a single value but got several; use"
              + " first()");
    }

    @Override
    public final Object columnValue(Object focus, Frame frame) {
      return one(
          focus,
          frame,
          "the path has more than one value; take first(), or set collection to true");
    }

    private Object one(Object focus, Frame frame, String refusal) {
      Values values = frame.take();
      values(focus, frame, values);
      if (values.size() > 1) {
        throw new EvaluationException(Problem.MANY_VALUES, refusal);
      }
      Object value = values.size() == 0 ? null : values.get(0);
      frame.give();
      return value;
    }

    @Override
    boolean exists(Object focus, Frame frame) {
      Values found = frame.take();
      elements(focus, frame, found);
      boolean any = found.size() > 0;
      frame.give();
      return any;
    }

    @Override
    final boolean many() {
      return true;
    }
  }
}
