package io.epicfhir.transform.delta;

import io.epicfhir.common.spark.ParquetBatches;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.vectorized.ColumnarBatch;
import org.roaringbitmap.RoaringBitmap;

/**
 * The rows of Parquet files, read by this thread with Spark's own reader: no session, no job. A
 * column that a file lacks is null.
 */
public final class FileRows {
  private final Configuration hadoop;
  private final SelectedRows selected;

  /**
   * @param columns those that are read, in order
   */
  public FileRows(Configuration hadoop, StructType columns) {
    this.hadoop = ParquetBatches.settings(hadoop, columns);
    this.selected = new SelectedRows(this.hadoop, columns);
  }

  /** Takes a row. */
  @FunctionalInterface
  public interface Taker {
    /**
     * One row, good until the next one comes.
     *
     * @param position its number in the file
     */
    void row(InternalRow row, int position);
  }

  /** A file's content cannot be read to its end. */
  public static final class Unreadable extends RuntimeException {
    private static final long serialVersionUID = 2L;
    private final String file;

    Unreadable(Path file, Exception cause) {
      super("Cannot read a file of the lake to its end", cause);
      this.file = file.toString();
    }

    /** Which. */
    public Path file() {
      return new Path(file);
    }
  }

  /**
   * Reads a file's rows.
   *
   * @param gone positions that are passed over
   * @throws Unreadable where the reader stumbles, whatever the reason
   */
  public void read(Path file, Optional<RoaringBitmap> gone, Taker taker) {
    try (ParquetBatches batches = new ParquetBatches(hadoop, file, Unreadable::new)) {
      ColumnarBatch batch = batches.rows();
      int first = 0;
      while (batches.next()) {
        for (int i = 0; i < batch.numRows(); i++) {
          int position = first + i;
          if (gone.isEmpty() || !gone.get().contains(position)) {
            taker.row(batch.getRow(i), position);
          }
        }
        first += batch.numRows();
      }
    }
  }

  /**
   * Reads some of a file's rows, in order; the others cost little.
   *
   * @param only their positions
   * @throws Unreadable where the reader stumbles, whatever the reason
   */
  public void readOnly(Path file, RoaringBitmap only, Taker taker) {
    if (!only.isEmpty() && !selected.read(file, only, taker)) {
      read(
          file,
          Optional.empty(),
          (row, position) -> {
            if (only.contains(position)) {
              taker.row(row, position);
            }
          });
    }
  }
}
