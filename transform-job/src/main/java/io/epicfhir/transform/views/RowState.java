package io.epicfhir.transform.views;

import io.epicfhir.transform.fhirpath.eval.EvaluationException;
import io.epicfhir.transform.fhirpath.eval.Frame;
import java.util.Arrays;
import org.apache.spark.unsafe.types.UTF8String;

/** Where a view's program is: the elements that its loops are at, and the rows so far. */
final class RowState {
  /** Two lists side by side in a resource of a few megabytes would fill any memory. */
  static final int MOST_VALUES = 10_000_000;

  /** The room for rows that is kept for the next resource. */
  private static final int KEPT_ROWS = 10_000;

  private final int columns;
  private final Frame frame;
  private final Object[] focuses;
  private final Object[] row;
  private Step.Group[] groups = new Step.Group[4];
  private int active;
  private int computed;
  private Object[][] rows = new Object[4][];
  private int size;
  private long values;
  private Place place = Place.NONE;

  /**
   * @param loops how many loops the view has
   * @param columns how many columns, without the resource's key
   */
  RowState(int loops, int columns) {
    this.columns = columns;
    this.frame = new Frame(loops);
    this.focuses = new Object[loops + 1];
    this.row = new Object[columns + 1];
  }

  void start(UTF8String key, Object[] resource, boolean labelUnread) {
    frame.start(key, resource, labelUnread);
    focuses[0] = resource;
    row[columns] = key;
    active = 0;
    computed = 0;
    size = 0;
    values = 0;
    if (rows.length > KEPT_ROWS) {
      rows = new Object[4][];
    }
  }

  Frame frame() {
    return frame;
  }

  /** What is being evaluated now, should it fail. */
  void at(Place newPlace) {
    place = newPlace;
  }

  Place place() {
    return place;
  }

  Object focus(int loop) {
    return focuses[loop];
  }

  void focus(int loop, Object element, int index) {
    focuses[loop] = element;
    frame.rowIndex(loop, index);
  }

  /** Columns that the rows to come have; to be taken away by their depth. */
  int push(Step.Group group) {
    if (active == groups.length) {
      groups = Arrays.copyOf(groups, 2 * active);
    }
    groups[active] = group;
    return active++;
  }

  void pop(int depth) {
    active = depth;
    computed = Math.min(computed, depth);
  }

  /** Takes down a row of the columns that are active. */
  void emit() {
    while (computed < active) {
      groups[computed].compute(this, row);
      computed++;
    }
    if (size == rows.length) {
      rows = Arrays.copyOf(rows, 2 * size);
    }
    Object[] kept = rows[size];
    if (kept == null) {
      kept = new Object[columns + 1];
      rows[size] = kept;
    }
    System.arraycopy(row, 0, kept, 0, row.length);
    count(row.length);
    size++;
  }

  /** Counts values that are kept until the resource is done; lists have many in a column. */
  void count(int more) {
    values += more;
    if (values > MOST_VALUES) {
      throw EvaluationException.tooManyRows(MOST_VALUES);
    }
  }

  int size() {
    return size;
  }

  Object[] row(int index) {
    return rows[index];
  }
}
