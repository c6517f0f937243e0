package io.epicfhir.transform.views;

import io.epicfhir.transform.fhirpath.eval.Eval;
import io.epicfhir.transform.fhirpath.eval.Values;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.catalyst.util.ArrayData;

/**
 * A step on the way to a view's rows; each goes on to the next for each of its elements or
 * branches, and the last one gives a row. It has no state of its own.
 */
abstract class Step implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Java writes steps for tasks by recursion, and they run by it. */
  static final int DEEPEST = 200;

  private final int depth;

  Step(int depth) {
    this.depth = depth;
  }

  /** How many steps follow each other, this one counted. */
  final int depth() {
    return depth;
  }

  abstract void run(RowState state);

  /** Gives a row. */
  static final class Emit extends Step {
    private static final long serialVersionUID = 1L;

    Emit() {
      super(1);
    }

    @Override
    void run(RowState state) {
      state.emit();
    }
  }

  /** Columns that have the same value for all rows of the steps that follow. */
  abstract static class Group extends Step {
    private static final long serialVersionUID = 1L;
    private final Step next;

    private Group(Step next) {
      super(next.depth() + 1);
      this.next = next;
    }

    @Override
    final void run(RowState state) {
      int depth = state.push(this);
      next.run(state);
      state.pop(depth);
    }

    final Step next() {
      return next;
    }

    /** Only when a row needs them: a resource without rows cannot fail in a column. */
    abstract void compute(RowState state, Object[] row);
  }

  /** Columns that are at an element. */
  static final class Columns extends Group {
    private static final long serialVersionUID = 1L;
    private final int loop;
    private final ColumnProgram[] columns;

    private Columns(int loop, List<ColumnProgram> columns, Step next) {
      super(next);
      this.loop = loop;
      this.columns = columns.toArray(ColumnProgram[]::new);
    }

    /** Those of selects side by side that are at the same element are one step. */
    static Columns before(Step next, int loop, List<ColumnProgram> columns) {
      if (next instanceof Columns more && more.loop == loop) {
        List<ColumnProgram> both = new ArrayList<>(columns);
        both.addAll(List.of(more.columns));
        return new Columns(loop, both, more.next());
      }
      return new Columns(loop, columns, next);
    }

    @Override
    void compute(RowState state, Object[] row) {
      Object focus = state.focus(loop);
      for (ColumnProgram column : columns) {
        state.at(column.place());
        Object value = column.value(focus, state.frame());
        row[column.slot()] = value;
        if (column.collection()) {
          state.count(((ArrayData) value).numElements());
        }
      }
    }
  }

  /**
   * The columns of a forEachOrNull, and of all in it, where it has no element: the specification's
   * algorithm gives one row, in which each is null (a list is empty) and %rowIndex is 0.
   */
  static final class Blanks extends Group {
    private static final long serialVersionUID = 1L;
    private final int[] slots;
    private final Object[] values;

    Blanks(List<ColumnProgram> columns, Step next) {
      super(next);
      this.slots = columns.stream().mapToInt(ColumnProgram::slot).toArray();
      this.values = columns.stream().map(ColumnProgram::blank).toArray();
    }

    @Override
    void compute(RowState state, Object[] row) {
      for (int i = 0; i < slots.length; i++) {
        row[slots[i]] = values[i];
      }
    }
  }

  /** One round for each element of a path. */
  static final class Loop extends Step {
    private static final long serialVersionUID = 1L;
    private final Place place;
    private final Eval path;
    private final int outer;
    private final int loop;
    private final Step next;
    private final Step none;

    /**
     * @param outer the loop around this one
     * @param none what follows where there are no elements; null for nothing
     */
    Loop(Place place, Eval path, int outer, int loop, Step next, Step none) {
      super(Math.max(next.depth(), none == null ? 0 : none.depth()) + 1);
      this.place = place;
      this.path = path;
      this.outer = outer;
      this.loop = loop;
      this.next = next;
      this.none = none;
    }

    @Override
    void run(RowState state) {
      state.at(place);
      Values elements = state.frame().take();
      path.elements(state.focus(outer), state.frame(), elements);
      for (int i = 0; i < elements.size(); i++) {
        state.focus(loop, elements.get(i), i);
        next.run(state);
      }
      if (none != null && elements.size() == 0) {
        none.run(state);
      }
      state.frame().give();
    }
  }

  /** One round for each branch of a union. */
  static final class Branches extends Step {
    private static final long serialVersionUID = 1L;
    private final Step[] branches;

    Branches(List<Step> branches) {
      super(branches.stream().mapToInt(Step::depth).max().orElse(0) + 1);
      this.branches = branches.toArray(Step[]::new);
    }

    @Override
    void run(RowState state) {
      for (Step branch : branches) {
        branch.run(state);
      }
    }
  }
}
