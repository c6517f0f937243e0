package io.epicfhir.transform.views;

import io.epicfhir.transform.fhirpath.Form;
import io.epicfhir.transform.fhirpath.eval.Eval;
import io.epicfhir.transform.fhirpath.eval.Frame;
import io.epicfhir.transform.fhirpath.eval.Values;
import java.io.Serializable;
import org.apache.spark.sql.catalyst.util.GenericArrayData;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * How a column is computed.
 *
 * @param slot its place in the row
 * @param collection whether it holds a list
 * @param form what its values become, where the declared type is wider than the path's
 * @param without its value where a forEachOrNull has no element; null for null
 */
record ColumnProgram(
    Place place, int slot, Eval path, boolean collection, Form form, Integer without)
    implements Serializable {
  private static final GenericArrayData EMPTY = new GenericArrayData(new Object[0]);

  /** The value where a forEachOrNull around it has no element. */
  Object blank() {
    if (collection) {
      return EMPTY;
    }
    return without == null ? null : converted(without);
  }

  Object value(Object focus, Frame frame) {
    if (!collection) {
      return converted(path.columnValue(focus, frame));
    }
    Values values = frame.take();
    path.values(focus, frame, values);
    Object[] items = values.toArray();
    frame.give();
    for (int i = 0; i < items.length; i++) {
      items[i] = converted(items[i]);
    }
    return items.length == 0 ? EMPTY : new GenericArrayData(items);
  }

  /**
   * The value as the column's type holds it. Anything else must fail here, where it refuses the
   * resource, and not in the file that holds the rows of all.
   */
  private Object converted(Object value) {
    if (value == null) {
      return null;
    }
    return switch (form) {
      case BOOLEAN -> (Boolean) value;
      case INTEGER -> (Integer) value;
      case LONG -> value instanceof Integer whole ? (Object) whole.longValue() : (Long) value;
      default ->
          value instanceof Number number
              ? UTF8String.fromString(number.toString())
              : (UTF8String) value;
    };
  }
}
