package io.epicfhir.transform.fhirpath.eval;

import io.epicfhir.transform.fhirpath.eval.Eval.Many;
import io.epicfhir.transform.fhirpath.eval.Eval.Single;

/** Ways from an element to others. */
final class Paths {
  private Paths() {}

  /** The element at hand. */
  static final class This extends Single {
    private static final long serialVersionUID = 1L;

    @Override
    Object element(Object focus, Frame frame) {
      return focus;
    }
  }

  /** %resource. */
  static final class Resource extends Single {
    private static final long serialVersionUID = 1L;

    @Override
    Object element(Object focus, Frame frame) {
      return frame.resource();
    }
  }

  /** A single field of a single element. */
  static final class Field extends Single {
    private static final long serialVersionUID = 1L;
    private final Single source;
    private final int slot;

    Field(Single source, int slot) {
      this.source = source;
      this.slot = slot;
    }

    @Override
    Object element(Object focus, Frame frame) {
      Object element = source.element(focus, frame);
      return element == null ? null : ((Object[]) element)[slot];
    }
  }

  /** A list of a single element. */
  static final class ListField extends Many {
    private static final long serialVersionUID = 1L;
    static final Object[] NONE = {};
    private final Single source;
    private final int slot;

    ListField(Single source, int slot) {
      this.source = source;
      this.slot = slot;
    }

    Object[] items(Object focus, Frame frame) {
      Object element = source.element(focus, frame);
      if (element == null) {
        return NONE;
      }
      Object items = ((Object[]) element)[slot];
      if (items instanceof TooDeep tooDeep) {
        throw tooDeep.refusal();
      }
      return (Object[]) items;
    }

    @Override
    public void elements(Object focus, Frame frame, Values out) {
      out.addAll(items(focus, frame));
    }

    @Override
    boolean exists(Object focus, Frame frame) {
      return items(focus, frame).length > 0;
    }
  }

  /** A field, single or a list, of each of many elements. */
  static final class FieldOfMany extends Many {
    private static final long serialVersionUID = 1L;
    private final Eval source;
    private final int slot;
    private final boolean list;

    FieldOfMany(Eval source, int slot, boolean list) {
      this.source = source;
      this.slot = slot;
      this.list = list;
    }

    @Override
    public void elements(Object focus, Frame frame, Values out) {
      Values elements = frame.take();
      source.elements(focus, frame, elements);
      for (int i = 0; i < elements.size(); i++) {
        Object child = ((Object[]) elements.get(i))[slot];
        if (list) {
          out.addAll((Object[]) child);
        } else if (child != null) {
          out.add(child);
        }
      }
      frame.give();
    }
  }

  /** What lies beside a primitive element: its id and extensions. */
  static final class Sibling extends Single {
    private static final long serialVersionUID = 1L;
    private final Single source;

    Sibling(Single source) {
      this.source = source;
    }

    @Override
    Object element(Object focus, Frame frame) {
      return Extended.sibling(source.element(focus, frame));
    }
  }

  /** What lies beside each of many primitive elements. */
  static final class SiblingOfMany extends Many {
    private static final long serialVersionUID = 1L;
    private final Eval source;

    SiblingOfMany(Eval source) {
      this.source = source;
    }

    @Override
    public void elements(Object focus, Frame frame, Values out) {
      int mark = out.size();
      source.elements(focus, frame, out);
      int kept = mark;
      for (int i = mark; i < out.size(); i++) {
        Object sibling = Extended.sibling(out.get(i));
        if (sibling != null) {
          out.set(kept++, sibling);
        }
      }
      out.cut(kept);
    }
  }

  /** One of many. */
  static final class Item extends Single {
    private static final long serialVersionUID = 1L;
    private final Eval source;
    private final int index;

    /**
     * @param index from 0; -1 is the last
     */
    Item(Eval source, int index) {
      this.source = source;
      this.index = index;
    }

    @Override
    Object element(Object focus, Frame frame) {
      Values elements = frame.take();
      source.elements(focus, frame, elements);
      int at = index < 0 ? elements.size() - 1 : index;
      Object item = at < 0 || at >= elements.size() ? null : elements.get(at);
      frame.give();
      return item;
    }
  }

  /** A value of the one element that a path gives, or of no element. */
  static final class Within extends Single {
    private static final long serialVersionUID = 1L;
    private final Eval source;
    private final Single body;

    private Within(Eval source, Single body) {
      this.source = source;
      this.body = body;
    }

    static Eval of(Eval source, Eval body) {
      return body instanceof Single single
          ? new Within(source, single)
          : new ManyWithin(source, body);
    }

    @Override
    Object element(Object focus, Frame frame) {
      return body.element(only(source, focus, frame), frame);
    }

    private static Object only(Eval source, Object focus, Frame frame) {
      if (source instanceof Single single) {
        return single.element(focus, frame);
      }
      Values elements = frame.take();
      source.elements(focus, frame, elements);
      if (elements.size() > 1) {
        throw new EvaluationException(
            Problem.MANY_VALUES,
            "iif() needs a single element but got several; write .first().iif(…)");
      }
      Object element = elements.size() == 0 ? null : elements.get(0);
      frame.give();
      return element;
    }
  }

  /** Many values of the one element that a path gives. */
  private static final class ManyWithin extends Many {
    private static final long serialVersionUID = 1L;
    private final Eval source;
    private final Eval body;

    ManyWithin(Eval source, Eval body) {
      this.source = source;
      this.body = body;
    }

    @Override
    public void elements(Object focus, Frame frame, Values out) {
      body.elements(Within.only(source, focus, frame), frame, out);
    }
  }
}
