package io.epicfhir.load.spi;

import io.epicfhir.common.DamagedFile;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.StorageFailure;
import io.epicfhir.common.delta.ChangedParts.Part;
import io.epicfhir.common.delta.TableLog;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.spark.ParquetBatches;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.execution.vectorized.ConstantColumnVector;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.vectorized.ColumnVector;
import org.apache.spark.sql.vectorized.ColumnarBatch;
import org.roaringbitmap.RoaringBitmap;

/**
 * The rows of {@link ViewChanges} where they are few, read by this thread with Spark's own Parquet
 * reader: no session, no job. Of files that only lost rows nothing but the resource's column is
 * read.
 */
public final class ChangedRows {
  /** More rows that came are worth a Spark job. */
  private static final long MOST_CAME = 200_000;

  /** Of more rows one column is worth a Spark job. */
  private static final long MOST_READ = 10_000_000;

  private final Lake lake;
  private final ViewSnapshot view;
  private final List<Part> parts;

  private ChangedRows(Lake lake, ViewSnapshot view, List<Part> parts) {
    this.lake = lake;
    this.view = view;
    this.parts = parts;
  }

  /** Empty where they are not few, or where a file does not say how many rows it has. */
  static Optional<ChangedRows> of(Lake lake, ViewSnapshot view, List<Part> parts) {
    long came = 0;
    long read = 0;
    for (Part part : parts) {
      long rows = part.file().rows().orElse(MOST_READ + 1) + part.file().deletedRows();
      read += rows;
      came += part.gone() ? 0 : rows;
    }
    return came <= MOST_CAME && read <= MOST_READ
        ? Optional.of(new ChangedRows(lake, view, parts))
        : Optional.empty();
  }

  /**
   * Takes rows.
   *
   * @param <E> what it throws
   */
  public interface Taker<E extends Exception> {
    /**
     * Some rows, good until the next ones come.
     *
     * @param rows in the columns of {@link ChangedRows#schema}
     * @param chosen which of them are meant, by their number among them
     */
    void rows(ColumnarBatch rows, IntPredicate chosen) throws E;
  }

  /** The view's columns, then {@link ViewChanges#COMMIT} and {@link ViewChanges#GONE}. */
  public StructType schema() {
    return view.schema().add(ViewChanges.COMMIT, "bigint").add(ViewChanges.GONE, "boolean");
  }

  /**
   * Reads them.
   *
   * @throws E of the taker
   * @throws JobException where a file cannot be read
   */
  public <E extends Exception> void read(Taker<E> taker) throws E {
    TableLog log = TableLog.of(lake, view.path());
    for (Part part : parts) {
      RoaringBitmap listed =
          part.only().orElseGet(() -> log.deletedRows(part.file()).orElseThrow());
      read(part, listed, taker);
    }
  }

  private <E extends Exception> void read(Part part, RoaringBitmap listed, Taker<E> taker)
      throws E {
    Path file = part.file().in(view.path());
    boolean only = part.only().isPresent();
    StructType columns = part.gone() ? resource() : view.schema();
    Configuration settings = ParquetBatches.settings(lake.hadoop(), columns);
    try (ParquetBatches batches = new ParquetBatches(settings, file, this::unreadable)) {
      ColumnarBatch read = batches.rows();
      ColumnarBatch rows = new ColumnarBatch(columns(part, read));
      int first = 0;
      while (batches.next()) {
        int before = first;
        rows.setNumRows(read.numRows());
        taker.rows(rows, row -> listed.contains(before + row) == only);
        first += read.numRows();
      }
    }
  }

  private StructType resource() {
    return new StructType(new StructField[] {view.schema().apply(TableShape.RESOURCE_ID)});
  }

  /** Those that are read, in their places; a row that went has nothing but its resource. */
  private ColumnVector[] columns(Part part, ColumnarBatch read) {
    List<ColumnVector> all = new ArrayList<>();
    for (StructField field : view.schema().fields()) {
      if (!part.gone()) {
        all.add(read.column(all.size()));
      } else if (field.name().equals(TableShape.RESOURCE_ID)) {
        all.add(read.column(0));
      } else {
        ConstantColumnVector unknown =
            new ConstantColumnVector(ParquetBatches.MOST, field.dataType());
        unknown.setNull();
        all.add(unknown);
      }
    }
    ConstantColumnVector commit = new ConstantColumnVector(ParquetBatches.MOST, DataTypes.LongType);
    commit.setLong(part.commit());
    ConstantColumnVector gone =
        new ConstantColumnVector(ParquetBatches.MOST, DataTypes.BooleanType);
    gone.setBoolean(part.gone());
    all.add(commit);
    all.add(gone);
    return all.toArray(ColumnVector[]::new);
  }

  /** The reader stumbles over damaged bytes in many ways, and over a storage by an IOException. */
  private RuntimeException unreadable(Path file, Exception e) {
    if (e instanceof InterruptedException) {
      return new IllegalStateException("Interrupted while a file was read", e);
    }
    Optional<Throwable> storage = StorageFailure.in(e);
    if (storage.isEmpty() || DamagedFile.in(e).isPresent()) {
      return DamagedFile.of("the table " + view.name(), file.toString(), e);
    }
    return new JobException(
        ExitCode.STORAGE,
        "Cannot read the file %s of the table %s: %s; %s"
            .formatted(
                file, view.name(), StorageFailure.why(storage.get()), StorageFailure.CHECK_DISKS),
        e);
  }
}
