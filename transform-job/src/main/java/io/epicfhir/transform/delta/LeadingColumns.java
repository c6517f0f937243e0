package io.epicfhir.transform.delta;

import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeRow;
import org.apache.spark.sql.types.StructType;

/**
 * A row without its columns behind the first ones. Spark's flat rows begin with a word for each 64
 * columns and then have one word a column, so that the same bytes serve for fewer columns.
 */
final class LeadingColumns {
  private static final int COLUMNS_A_WORD = 64;

  private final StructType columns;
  private final UnsafeRow flat;

  LeadingColumns(StructType columns) {
    this.columns = columns;
    this.flat = new UnsafeRow(columns.length());
  }

  /** Good until the next call. */
  InternalRow of(InternalRow row) {
    if (row.numFields() <= columns.length()) {
      return row;
    }
    if (row instanceof UnsafeRow whole && whole.numFields() <= COLUMNS_A_WORD) {
      flat.pointTo(whole.getBaseObject(), whole.getBaseOffset(), whole.getSizeInBytes());
      return flat;
    }
    Object[] values = new Object[columns.length()];
    for (int i = 0; i < values.length; i++) {
      values[i] = InternalRows.value(row, i, columns.apply(i).dataType());
    }
    return new GenericInternalRow(values);
  }
}
