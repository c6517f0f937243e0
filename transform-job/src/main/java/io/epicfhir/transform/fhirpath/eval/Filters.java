package io.epicfhir.transform.fhirpath.eval;

import io.epicfhir.transform.fhirpath.eval.Eval.Many;
import io.epicfhir.transform.fhirpath.eval.Eval.Single;
import java.util.LinkedHashMap;
import java.util.Map;

/** Elements for which criteria are true, and the question whether there are any. */
final class Filters {
  private Filters() {}

  /** A single element, if it meets the criteria. */
  static final class WhereOne extends Single {
    private static final long serialVersionUID = 1L;
    private final Single source;
    private final Eval criteria;

    WhereOne(Single source, Eval criteria) {
      this.source = source;
      this.criteria = criteria;
    }

    @Override
    Object element(Object focus, Frame frame) {
      Object element = source.element(focus, frame);
      return element != null && criteria.value(element, frame) == Boolean.TRUE ? element : null;
    }
  }

  /** Those of many that meet the criteria. */
  static final class Where extends Many {
    private static final long serialVersionUID = 1L;
    private final Eval source;
    private final Eval criteria;

    Where(Eval source, Eval criteria) {
      this.source = source;
      this.criteria = criteria;
    }

    @Override
    public void elements(Object focus, Frame frame, Values out) {
      if (source instanceof Paths.ListField list) {
        for (Object item : list.items(focus, frame)) {
          if (criteria.value(item, frame) == Boolean.TRUE) {
            out.add(item);
          }
        }
        return;
      }
      Values elements = frame.take();
      source.elements(focus, frame, elements);
      for (int i = 0; i < elements.size(); i++) {
        if (criteria.value(elements.get(i), frame) == Boolean.TRUE) {
          out.add(elements.get(i));
        }
      }
      frame.give();
    }

    @Override
    boolean exists(Object focus, Frame frame) {
      if (source instanceof Paths.ListField list) {
        for (Object item : list.items(focus, frame)) {
          if (criteria.value(item, frame) == Boolean.TRUE) {
            return true;
          }
        }
        return false;
      }
      return super.exists(focus, frame);
    }
  }

  /** Whether there is an element. */
  static final class Exists extends Single {
    private static final long serialVersionUID = 1L;
    private final Eval source;

    Exists(Eval source) {
      this.source = source;
    }

    @Override
    Object element(Object focus, Frame frame) {
      return source.exists(focus, frame);
    }
  }

  /** Whether there is one element, a primitive one, and it has a value. */
  static final class HasValue extends Single {
    private static final long serialVersionUID = 1L;
    private final Eval source;

    HasValue(Eval source) {
      this.source = source;
    }

    @Override
    Object element(Object focus, Frame frame) {
      Values elements = frame.take();
      source.elements(focus, frame, elements);
      Object value = elements.size() == 1 ? Extended.value(elements.get(0)) : null;
      frame.give();
      return value != null && !(value instanceof Object[]);
    }
  }

  /** How many elements there are. */
  static final class Count extends Single {
    private static final long serialVersionUID = 1L;
    private final Eval source;

    Count(Eval source) {
      this.source = source;
    }

    @Override
    Object element(Object focus, Frame frame) {
      Values elements = frame.take();
      source.elements(focus, frame, elements);
      int count = elements.size();
      frame.give();
      return count;
    }
  }

  /** The elements of all parts, each value once. */
  static final class Union extends Many {
    private static final long serialVersionUID = 1L;
    private final Eval[] parts;
    private final boolean distinct;
    private final Comparing comparing;

    private Union(Eval[] parts, boolean distinct, Comparing comparing) {
      this.parts = parts;
      this.distinct = distinct;
      this.comparing = comparing;
    }

    /** Constants are compared now, and not for each resource. */
    static Union of(Eval[] parts, Comparing comparing) {
      Map<Object, Eval> constants = new LinkedHashMap<>();
      for (Eval part : parts) {
        // 1.0 and 1.00 are other texts, but the same value.
        if (!(part instanceof Constants.Constant constant) || comparing != Comparing.TEXT) {
          return new Union(parts, false, comparing);
        }
        if (constant.constant() != null) {
          constants.putIfAbsent(constant.constant(), part);
        }
      }
      return new Union(constants.values().toArray(Eval[]::new), true, comparing);
    }

    @Override
    public void elements(Object focus, Frame frame, Values out) {
      int mark = out.size();
      for (Eval part : parts) {
        part.elements(focus, frame, out);
      }
      if (distinct) {
        return;
      }
      int kept = mark;
      for (int i = mark; i < out.size(); i++) {
        Object element = out.get(i);
        if (!has(out, mark, kept, Extended.value(element))) {
          out.set(kept++, element);
        }
      }
      out.cut(kept);
    }

    private boolean has(Values in, int from, int to, Object value) {
      for (int i = from; i < to && value != null; i++) {
        Object other = Extended.value(in.get(i));
        if (other != null && Boolean.TRUE.equals(comparing.equal(value, other))) {
          return true;
        }
      }
      return false;
    }
  }
}
