package io.epicfhir.transform.joined;

import java.util.Collection;
import java.util.Set;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;

/** Sets of values in Spark's own form. */
final class KeyValues {
  private KeyValues() {}

  /** Adds a value that may lie in a row that does not stay; null is one like any other. */
  static void add(Set<Object> values, Object value) {
    if (!values.contains(value)) {
      values.add(value instanceof UTF8String text ? text.copy() : value);
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
