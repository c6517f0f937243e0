package io.epicfhir.common.delta;

import io.delta.kernel.Scan;
import io.delta.kernel.data.ArrayValue;
import io.delta.kernel.data.ColumnVector;
import io.delta.kernel.data.ColumnarBatch;
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
import io.delta.kernel.types.DateType;
import io.delta.kernel.types.DoubleType;
import io.delta.kernel.types.IntegerType;
import io.delta.kernel.types.LongType;
import io.delta.kernel.types.StringType;
import io.delta.kernel.types.StructType;
import io.delta.kernel.types.TimestampType;
import io.delta.kernel.utils.CloseableIterator;
import io.epicfhir.common.DamagedFile;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.StorageFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.catalyst.util.DateFormatter;
import org.apache.spark.sql.catalyst.util.DateFormatter$;
import org.apache.spark.sql.catalyst.util.TimestampFormatter;
import org.apache.spark.sql.catalyst.util.TimestampFormatter$;

/**
 * The rows of a table of few rows, read in this process without a Spark job: each value as the
 * UTF-8 of its text, a list as a list of such.
 */
public final class TableRows {
  /** Spark's own, so that a value has the same text whichever way a table is read. */
  private static final class Formats {
    private static final DateFormatter DAY = DateFormatter$.MODULE$.apply();

    /** As microseconds since 1970, in UTC. */
    private static final TimestampFormatter INSTANT =
        TimestampFormatter$.MODULE$.getFractionFormatter(ZoneOffset.UTC);
  }

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

  /**
   * Takes a row: {@code byte[]}, {@code List<byte[]>} or null for each column, in order.
   *
   * @param <E> what it throws
   */
  public interface Reader<E extends Exception> {
    /** One row; the array is the reader's own. */
    void row(Object... values) throws E;
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
            || type instanceof DoubleType
            || type instanceof DateType
            || type instanceof TimestampType;
  }

  /**
   * Reads all rows.
   *
   * @throws E of the reader
   * @throws JobException where a file cannot be read
   */
  public <E extends Exception> void read(Reader<E> reader) throws E {
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
    } catch (IOException e) {
      throw KernelFailure.of("read", table, e);
    }
  }

  private <E extends Exception> void file(Row state, Row file, Reader<E> reader)
      throws E, IOException {
    String path = InternalScanFileUtils.getAddFileStatus(file).getPath();
    try (CloseableIterator<FilteredColumnarBatch> batches =
        readable(path, () -> batches(state, file))) {
      while (readable(path, batches::hasNext)) {
        FilteredColumnarBatch batch = readable(path, batches::next);
        rows(batch, reader);
      }
    }
  }

  /**
   * What is read of a data file.
   *
   * @throws JobException of a storage that is away, or of a file that is damaged
   */
  private <T> T readable(String path, Callable<T> read) {
    try {
      return read.call();
    } catch (Exception e) {
      Optional<Throwable> storage = StorageFailure.in(e);
      if (storage.isPresent() && DamagedFile.in(e).isEmpty()) {
        throw new JobException(
            ExitCode.STORAGE,
            "Cannot read the file %s of the Delta table %s: %s; %s"
                .formatted(
                    path, table, StorageFailure.why(storage.get()), StorageFailure.CHECK_DISKS),
            KernelFailure.withoutMessages(e));
      }
      // Kernel and Parquet stumble over damaged bytes in many ways.
      throw DamagedFile.of("the Delta table " + table, path, KernelFailure.withoutMessages(e));
    }
  }

  private <E extends Exception> void rows(FilteredColumnarBatch batch, Reader<E> reader) throws E {
    ColumnarBatch all = batch.getData();
    Optional<ColumnVector> live = batch.getSelectionVector();
    ColumnVector[] vectors = new ColumnVector[columns.length()];
    Arrays.setAll(vectors, all::getColumnVector);
    for (int i = 0; i < all.getSize(); i++) {
      int row = i;
      if (live.filter(selected -> selected.isNullAt(row) || !selected.getBoolean(row)).isEmpty()) {
        Object[] values = new Object[vectors.length];
        Arrays.setAll(values, column -> value(vectors[column], row));
        reader.row(values);
      }
    }
  }

  private CloseableIterator<FilteredColumnarBatch> batches(Row state, Row file) throws IOException {
    CloseableIterator<FileReadResult> read =
        engine
            .getParquetHandler()
            .readParquetFiles(
                Utils.singletonCloseableIterator(InternalScanFileUtils.getAddFileStatus(file)),
                ScanStateRow.getPhysicalDataReadSchema(state),
                Optional.empty());
    return Scan.transformPhysicalData(engine, state, file, read.map(FileReadResult::getData));
  }

  private static Object value(ColumnVector column, int row) {
    if (column.isNullAt(row)) {
      return null;
    }
    return column.getDataType() instanceof ArrayType
        ? values(column.getArray(row))
        : utf8(text(column, row));
  }

  private static List<byte[]> values(ArrayValue list) {
    ColumnVector elements = list.getElements();
    List<byte[]> values = new ArrayList<>(list.getSize());
    for (int i = 0; i < list.getSize(); i++) {
      values.add(elements.isNullAt(i) ? null : utf8(text(elements, i)));
    }
    return values;
  }

  private static String text(ColumnVector column, int row) {
    DataType type = column.getDataType();
    if (type instanceof StringType) {
      return column.getString(row);
    }
    if (type instanceof BooleanType) {
      return Boolean.toString(column.getBoolean(row));
    }
    if (type instanceof IntegerType) {
      return Integer.toString(column.getInt(row));
    }
    if (type instanceof DateType) {
      return Formats.DAY.format(column.getInt(row));
    }
    if (type instanceof TimestampType) {
      return Formats.INSTANT.format(column.getLong(row));
    }
    return type instanceof LongType
        ? Long.toString(column.getLong(row))
        : Double.toString(column.getDouble(row));
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
