package io.epicfhir.transform.fhirpath.eval;

import io.epicfhir.transform.fhirpath.eval.Eval.Many;
import io.epicfhir.transform.fhirpath.eval.Eval.Single;

/** What value[x] holds. */
final class Variants {
  private Variants() {}

  /** The value of value[x] where it is of one of some types: there is one at most. */
  static final class One extends Single {
    private static final long serialVersionUID = 1L;
    private final Single source;
    private final int[] slots;

    One(Single source, int... slots) {
      this.source = source;
      this.slots = slots;
    }

    @Override
    Object element(Object focus, Frame frame) {
      Object element = source.element(focus, frame);
      return element == null ? null : of((Object[]) element, slots);
    }

    private static Object of(Object[] element, int... slots) {
      for (int slot : slots) {
        if (element[slot] != null) {
          return element[slot];
        }
      }
      return null;
    }
  }

  /** The same of many elements. */
  static final class OfMany extends Many {
    private static final long serialVersionUID = 1L;
    private final Eval source;
    private final int[] slots;

    OfMany(Eval source, int... slots) {
      this.source = source;
      this.slots = slots;
    }

    @Override
    public void elements(Object focus, Frame frame, Values out) {
      Values elements = frame.take();
      source.elements(focus, frame, elements);
      for (int i = 0; i < elements.size(); i++) {
        Object value = One.of((Object[]) elements.get(i), slots);
        if (value != null) {
          out.add(value);
        }
      }
      frame.give();
    }
  }

  /** The values of value[x], whatever their types. */
  static final class All extends Many {
    private static final long serialVersionUID = 1L;
    private final Eval[] variants;

    All(Eval... variants) {
      this.variants = variants;
    }

    @Override
    public void elements(Object focus, Frame frame, Values out) {
      for (Eval variant : variants) {
        variant.elements(focus, frame, out);
      }
    }
  }
}
