package io.epicfhir.load.postgres.copy;

import io.epicfhir.load.spi.ColumnType;
import io.epicfhir.load.spi.TableShape;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.execution.vectorized.WritableColumnVector;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.vectorized.ColumnVector;
import org.apache.spark.sql.vectorized.ColumnarArray;

/**
 * A column's values from the memory that Spark reads Parquet into. A value that a file has in its
 * dictionary is read once a batch, whatever number of rows has it.
 */
final class CopyColumn {
  private final TableShape.Column column;
  private final CopyBinary out;
  private ColumnVector vector;
  private WritableColumnVector ids;
  private byte[][] known = new byte[0][];
  private int[] knownIn = new int[0];
  private int batch;

  CopyColumn(TableShape.Column column, CopyBinary out) {
    this.column = column;
    this.out = out;
  }

  /** Whether values of this type of Spark's are taken; any other must become texts first. */
  static boolean takes(TableShape.Column column, DataType spark) {
    if (column.collection()) {
      return spark instanceof ArrayType list && list.elementType().equals(DataTypes.StringType);
    }
    return spark.equals(DataTypes.StringType) || spark.equals(same(column.type()));
  }

  /** The type of which PostgreSQL has the same values. */
  private static DataType same(ColumnType type) {
    return switch (type) {
      case BOOLEAN -> DataTypes.BooleanType;
      case INTEGER -> DataTypes.IntegerType;
      case BIGINT -> DataTypes.LongType;
      default -> DataTypes.StringType;
    };
  }

  TableShape.Column column() {
    return column;
  }

  /**
   * Goes on to the next batch.
   *
   * @return whether a row has a value in it
   */
  boolean begin(ColumnVector next, int rows) {
    vector = next;
    batch++;
    boolean listed = next instanceof WritableColumnVector own && own.hasDictionary();
    ids = listed ? ((WritableColumnVector) next).getDictionaryIds() : null;
    int row = 0;
    while (row < rows && next.isNullAt(row)) {
      row++;
    }
    return row < rows;
  }

  void put(int row) throws SQLException {
    if (vector.isNullAt(row)) {
      out.nulls(1);
    } else if (column.collection()) {
      out.values(column.type(), texts(vector.getArray(row)));
    } else if (vector.dataType().equals(DataTypes.StringType)) {
      putText(row);
    } else {
      putSame(row);
    }
  }

  private void putSame(int row) throws SQLException {
    switch (column.type()) {
      case BOOLEAN -> out.truth(vector.getBoolean(row));
      case INTEGER -> out.integer(vector.getInt(row));
      default -> out.bigint(vector.getLong(row));
    }
  }

  private void putText(int row) throws SQLException {
    if (ids != null) {
      out.encoded(ofDictionary(row));
    } else if (column.type() == ColumnType.TEXT) {
      out.text(vector.getUTF8String(row));
    } else {
      out.encoded(binary(row));
    }
  }

  private byte[] ofDictionary(int row) {
    int id = ids.getDictId(row);
    if (id < known.length && knownIn[id] == batch) {
      return known[id];
    }
    long before = out.nulReplaced();
    byte[] value = binary(row);
    if (out.nulReplaced() == before) { // each row's are counted
      if (id >= known.length) {
        known = Arrays.copyOf(known, 2 * id + 16);
        knownIn = Arrays.copyOf(knownIn, known.length);
      }
      known[id] = value;
      knownIn[id] = batch;
    }
    return value;
  }

  private byte[] binary(int row) {
    byte[] text = vector.getUTF8String(row).getBytes();
    return out.binary(column.type(), PostgresType.whole(column.type(), text));
  }

  private List<byte[]> texts(ColumnarArray list) {
    List<byte[]> texts = new ArrayList<>(list.numElements());
    for (int i = 0; i < list.numElements(); i++) {
      byte[] text = list.isNullAt(i) ? null : list.getUTF8String(i).getBytes();
      texts.add(PostgresType.whole(column.type(), text));
    }
    return texts;
  }
}
