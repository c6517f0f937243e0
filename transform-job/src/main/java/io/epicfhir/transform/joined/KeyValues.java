package io.epicfhir.transform.joined;

import java.util.Collection;
import java.util.Set;
import java.util.function.Function;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * The different values that rows have of one expression, in Spark's own form; null is one like any
 * other.
 *
 * @param of the value of a row
 * @param found those of the rows so far
 */
record KeyValues(Function<InternalRow, Object> of, Set<Object> found) {
  /** Takes the value of a row, which need not stay. */
  void take(InternalRow row) {
    Object value = of.apply(row);
    if (!found.contains(value)) {
      found.add(value instanceof UTF8String text ? text.copy() : value);
    }
  }

  /** The columns of these names, in the table's order. */
  static StructType columns(StructType all, Collection<String> names) {
    StructType some = new StructType();
    for (StructField field : all.fields()) {
      some = names.contains(field.name()) ? some.add(field) : some;
    }
    return some;
  }
}
