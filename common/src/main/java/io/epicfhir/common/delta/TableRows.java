package io.epicfhir.common.delta;

import io.delta.kernel.Scan;
import io.delta.kernel.data.ArrayValue;
import io.delta.kernel.data.ColumnVector;
import io.delta.kernel.data.FilteredColumnarBatch;
import io.delta.kernel.data.Row;
import io.delta.kernel.engine.Engine;
import io.delta.kernel.engine.FileReadResult;
import io.delta.kernel.internal.InternalScanFileUtils;
import io.delta.kernel.internal.SnapshotImpl;
import io.delta.kernel.internal.data.ScanStateRow;
import io.delta.kernel.internal.util.Utils;
import io.delta.kernel.types.ArrayType;
import io.delta.kernel.types.BooleanType;
import io.delta.kernel.types.DataType;
import io.delta.kernel.types.DoubleType;
import io.delta.kernel.types.IntegerType;
import io.delta.kernel.types.LongType;
import io.delta.kernel.types.StringType;
import io.delta.kernel.types.StructType;
import io.delta.kernel.utils.CloseableIterator;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.fs.Path;

/**
 * The rows of a table of few rows, read in this process without a Spark job: each value as the
 * UTF-8 of its text, a list as a list of such.
 */
public final class TableRows {
  private final Engine engine;
  private final Path table;
  private final SnapshotImpl snapshot;
  private final StructType columns;

  TableRows(Engine engine, Path table, SnapshotImpl snapshot) {
    this.engine = engine;
    this.table = table;
    this.snapshot = snapshot;
    this.columns = snapshot.getSchema();
  }

  /** Takes a row: {@code byte[]}, {@code List<byte[]>} or null for each column, in order. */
  public interface Reader {
    /** One row; the array is the reader's own. */
    void row(Object... values) throws Exception;
  }

  /** Whether the text of all columns' values is known here, as it is of what views have. */
  public boolean areTexts() {
    return columns.fields().stream().allMatch(field -> isText(field.getDataType()));
  }

  private static boolean isText(DataType type) {
    return type instanceof ArrayType list
        ? isText(list.getElementType()) && !(list.getElementType() instanceof ArrayType)
        : type instanceof StringType
            || type instanceof BooleanType
            || type instanceof IntegerType
            || type instanceof LongType
            || type instanceof DoubleType;
  }

  /**
   * Reads all rows.
   *
   * @throws Exception of the reader; {@link io.epicfhir.common.JobException} where a file cannot be
   *     read
   */
  public void read(Reader reader) throws Exception {
    Scan scan = snapshot.getScanBuilder().build();
    Row state = scan.getScanState(engine);
    try (CloseableIterator<FilteredColumnarBatch> files = scan.getScanFiles(engine)) {
      while (files.hasNext()) {
        try (CloseableIterator<Row> rows = files.next().getRows()) {
          while (rows.hasNext()) {
            file(state, rows.next(), reader);
          }
        }
      }
    }
  }

  private void file(Row state, Row file, Reader reader) throws Exception {
    try (CloseableIterator<FilteredColumnarBatch> batches = batches(state, file)) {
      while (hasNext(batches)) {
        try (CloseableIterator<Row> rows = batches.next().getRows()) {
          while (rows.hasNext()) {
            Row row = rows.next();
            Object[] values = new Object[columns.length()];
            Arrays.setAll(values, i -> value(row, i));
            reader.row(values);
          }
        }
      }
    }
  }

  private CloseableIterator<FilteredColumnarBatch> batches(Row state, Row file) {
    return KernelFailure.told(
        "read a file of",
        table,
        () -> {
          CloseableIterator<FileReadResult> read =
              engine
                  .getParquetHandler()
                  .readParquetFiles(
                      Utils.singletonCloseableIterator(
                          InternalScanFileUtils.getAddFileStatus(file)),
                      ScanStateRow.getPhysicalDataReadSchema(state),
                      Optional.empty());
          return Scan.transformPhysicalData(engine, state, file, read.map(FileReadResult::getData));
        });
  }

  private boolean hasNext(CloseableIterator<FilteredColumnarBatch> batches) {
    return KernelFailure.told("read a file of", table, batches::hasNext);
  }

  private Object value(Row row, int column) {
    if (row.isNullAt(column)) {
      return null;
    }
    DataType type = columns.at(column).getDataType();
    if (type instanceof ArrayType) {
      return texts(row.getArray(column));
    }
    if (type instanceof StringType) {
      return utf8(row.getString(column));
    }
    if (type instanceof BooleanType) {
      return utf8(Boolean.toString(row.getBoolean(column)));
    }
    if (type instanceof IntegerType) {
      return utf8(Integer.toString(row.getInt(column)));
    }
    return utf8(
        type instanceof LongType
            ? Long.toString(row.getLong(column))
            : Double.toString(row.getDouble(column)));
  }

  private static List<byte[]> texts(ArrayValue list) {
    ColumnVector elements = list.getElements();
    DataType type = elements.getDataType();
    List<byte[]> texts = new ArrayList<>(list.getSize());
    for (int i = 0; i < list.getSize(); i++) {
      texts.add(elements.isNullAt(i) ? null : utf8(element(elements, type, i)));
    }
    return texts;
  }

  private static String element(ColumnVector elements, DataType type, int i) {
    if (type instanceof StringType) {
      return elements.getString(i);
    }
    if (type instanceof BooleanType) {
      return Boolean.toString(elements.getBoolean(i));
    }
    if (type instanceof IntegerType) {
      return Integer.toString(elements.getInt(i));
    }
    return type instanceof LongType
        ? Long.toString(elements.getLong(i))
        : Double.toString(elements.getDouble(i));
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
