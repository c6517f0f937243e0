package io.epicfhir.transform.views;

import java.util.List;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.ColumnWriteStore;
import org.apache.parquet.column.ColumnWriter;
import org.apache.parquet.io.api.Binary;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.BooleanType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.IntegerType;
import org.apache.spark.sql.types.LongType;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.Platform;
import org.apache.spark.unsafe.types.UTF8String;

/** Gives rows of texts, booleans, whole numbers and lists of them to Parquet's columns. */
final class RowColumns {
  private static final int VALUE = 1;
  private static final int EMPTY_LIST = 1;
  private static final int NULL_ITEM = 2;
  private static final int ITEM = 3;

  /** What a column holds. */
  private enum Kind {
    TEXT,
    BOOLEAN,
    INTEGER,
    LONG;

    static Kind of(DataType type) {
      if (type instanceof BooleanType) {
        return BOOLEAN;
      }
      if (type instanceof IntegerType) {
        return INTEGER;
      }
      return type instanceof LongType ? LONG : TEXT;
    }
  }

  private final ColumnWriteStore store;
  private final ColumnWriter[] columns;
  private final DataType[] types;
  private final Kind[] kinds;

  /**
   * @param leaves the Parquet columns, one for each field
   */
  RowColumns(StructType schema, List<ColumnDescriptor> leaves, ColumnWriteStore store) {
    this.store = store;
    this.columns = leaves.stream().map(store::getColumnWriter).toArray(ColumnWriter[]::new);
    this.types = new DataType[columns.length];
    this.kinds = new Kind[columns.length];
    for (int i = 0; i < columns.length; i++) {
      types[i] = schema.apply(i).dataType();
      kinds[i] = Kind.of(types[i] instanceof ArrayType array ? array.elementType() : types[i]);
    }
  }

  void write(InternalRow row) {
    for (int i = 0; i < columns.length; i++) {
      // Asked first: a row of a columnar batch gives a null as false or 0.
      Object value = row.isNullAt(i) ? null : row.get(i, types[i]);
      if (value == null) {
        columns[i].writeNull(0, 0);
      } else if (value instanceof ArrayData list) {
        list(columns[i], kinds[i], list, ((ArrayType) types[i]).elementType());
      } else {
        value(columns[i], kinds[i], value, 0, VALUE);
      }
    }
    store.endRecord();
  }

  private static void list(ColumnWriter column, Kind kind, ArrayData list, DataType type) {
    int size = list.numElements();
    if (size == 0) {
      column.writeNull(0, EMPTY_LIST);
    }
    for (int i = 0; i < size; i++) {
      int repeats = i == 0 ? 0 : 1;
      if (list.isNullAt(i)) {
        column.writeNull(repeats, NULL_ITEM);
      } else {
        value(column, kind, list.get(i, type), repeats, ITEM);
      }
    }
  }

  private static void value(ColumnWriter column, Kind kind, Object value, int repeats, int level) {
    switch (kind) {
      case TEXT -> column.write(binary((UTF8String) value), repeats, level);
      case BOOLEAN -> column.write(((Boolean) value).booleanValue(), repeats, level);
      case INTEGER -> column.write(((Integer) value).intValue(), repeats, level);
      case LONG -> column.write(((Long) value).longValue(), repeats, level);
    }
  }

  /** The bytes as they lie; Parquet copies those that it keeps. */
  private static Binary binary(UTF8String text) {
    if (text.getBaseObject() instanceof byte[] bytes) {
      int from = (int) (text.getBaseOffset() - Platform.BYTE_ARRAY_OFFSET);
      return Binary.fromReusedByteArray(bytes, from, text.numBytes());
    }
    return Binary.fromReusedByteArray(text.getBytes());
  }
}
