package io.epicfhir.transform.delta;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.BoundReference;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.InterpretedUnsafeProjection;
import org.apache.spark.sql.catalyst.expressions.UnsafeProjection;
import org.apache.spark.sql.catalyst.expressions.UnsafeRow;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Rows of some columns as rows of all columns, the others null, in bytes of their own: equal rows
 * are equal bytes. Without code that is compiled for it: the rows are few.
 */
public final class FlatRows {
  private final StructType all;
  private final int[] at;
  private final UnsafeProjection flat;

  /**
   * @param some the columns that rows have
   * @param all the columns that they get
   */
  public FlatRows(StructType some, StructType all) {
    this.all = all;
    List<String> names = Arrays.asList(some.fieldNames());
    this.at = Arrays.stream(all.fieldNames()).mapToInt(names::indexOf).toArray();
    List<Expression> references = new ArrayList<>();
    for (StructField field : all.fields()) {
      references.add(new BoundReference(references.size(), field.dataType(), true));
    }
    this.flat =
        InterpretedUnsafeProjection.createProjection(
            CollectionConverters.asScala(references).toIndexedSeq());
  }

  /** A row that stays good. */
  public UnsafeRow of(InternalRow row) {
    Object[] values = new Object[at.length];
    for (int i = 0; i < at.length; i++) {
      values[i] = at[i] < 0 ? null : InternalRows.value(row, at[i], all.apply(i).dataType());
    }
    return flat.apply(new GenericInternalRow(values)).copy();
  }
}
