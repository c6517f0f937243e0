package io.epicfhir.transform.views;

import io.epicfhir.transform.fhirpath.eval.Eval;
import java.io.Serializable;
import java.util.List;

/** A view as a program that makes rows of one resource; it has no state of its own. */
final class RowProgram implements Serializable {
  private static final long serialVersionUID = 1L;

  /** A condition that a resource must meet. */
  record Condition(Place place, Eval path) implements Serializable {}

  private final String view;
  private final Condition[] where;
  private final Step first;
  private final int loops;
  private final int columns;

  RowProgram(String view, List<Condition> where, Step first, int loops, int columns) {
    this.view = view;
    this.where = where.toArray(Condition[]::new);
    this.first = first;
    this.loops = loops;
    this.columns = columns;
  }

  String view() {
    return view;
  }

  RowState state() {
    return new RowState(loops, columns);
  }

  /** Whether the resource that the state is at counts for the view. */
  boolean letsThrough(RowState state) {
    for (Condition condition : where) {
      state.at(condition.place());
      if (condition.path().value(state.focus(0), state.frame()) != Boolean.TRUE) {
        return false;
      }
    }
    return true;
  }

  void run(RowState state) {
    first.run(state);
  }
}
