package io.epicfhir.transform.delta;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.mapred.FileSplit;
import org.apache.hadoop.mapreduce.TaskAttemptID;
import org.apache.hadoop.mapreduce.task.TaskAttemptContextImpl;
import org.apache.parquet.hadoop.ParquetInputFormat;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.execution.datasources.parquet.ParquetReadSupport;
import org.apache.spark.sql.execution.datasources.parquet.VectorizedParquetRecordReader;
import org.apache.spark.sql.internal.SQLConf;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.vectorized.ColumnarBatch;
import org.roaringbitmap.RoaringBitmap;

/**
 * The rows of Parquet files, read by this thread with Spark's own reader: no session, no job. A
 * column that a file lacks is null.
 */
public final class FileRows {
  private static final int BATCH = 4096;

  private final Configuration hadoop;
  private final SelectedRows selected;

  /**
   * @param columns those that are read, in order
   */
  public FileRows(Configuration hadoop, StructType columns) {
    this.hadoop = new Configuration(hadoop);
    this.hadoop.set(ParquetInputFormat.READ_SUPPORT_CLASS, ParquetReadSupport.class.getName());
    this.hadoop.set(ParquetReadSupport.SPARK_ROW_REQUESTED_SCHEMA(), columns.json());
    this.hadoop.setBoolean("parquet.page.verify-checksum.enabled", true);
    // What Spark's own scan gives its reader: the defaults, but for the case of names.
    this.hadoop.setBoolean(SQLConf.CASE_SENSITIVE().key(), true);
    this.hadoop.setBoolean(SQLConf.PARQUET_BINARY_AS_STRING().key(), false);
    this.hadoop.setBoolean(SQLConf.PARQUET_INT96_AS_TIMESTAMP().key(), true);
    this.hadoop.setBoolean(SQLConf.PARQUET_INFER_TIMESTAMP_NTZ_ENABLED().key(), true);
    this.hadoop.setBoolean(SQLConf.LEGACY_PARQUET_NANOS_AS_LONG().key(), false);
    this.hadoop.setBoolean(SQLConf.NESTED_SCHEMA_PRUNING_ENABLED().key(), true);
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
    VectorizedParquetRecordReader reader = open(file);
    try {
      ColumnarBatch batch = reader.resultBatch();
      int first = 0;
      while (next(reader, file)) {
        for (int i = 0; i < batch.numRows(); i++) {
          int position = first + i;
          if (gone.isEmpty() || !gone.get().contains(position)) {
            taker.row(batch.getRow(i), position);
          }
        }
        first += batch.numRows();
      }
    } finally {
      close(reader, file);
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

  private static void close(VectorizedParquetRecordReader reader, Path file) {
    try {
      reader.close();
    } catch (IOException e) {
      throw new Unreadable(file, e);
    }
  }

  private VectorizedParquetRecordReader open(Path file) {
    VectorizedParquetRecordReader reader = new VectorizedParquetRecordReader(false, BATCH);
    try {
      long length = file.getFileSystem(hadoop).getFileStatus(file).getLen();
      reader.initialize(
          new FileSplit(file, 0, length, new String[0]),
          new TaskAttemptContextImpl(hadoop, new TaskAttemptID()));
      reader.initBatch(new StructType(), InternalRow.empty());
      reader.enableReturningBatches();
      return reader;
    } catch (FileNotFoundException e) {
      throw new Unreadable(file, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Unreadable(file, e);
    } catch (IOException | RuntimeException e) {
      close(reader, file);
      throw new Unreadable(file, e);
    }
  }

  private static boolean next(VectorizedParquetRecordReader reader, Path file) {
    try {
      return reader.nextBatch();
    } catch (IOException | RuntimeException e) {
      throw new Unreadable(file, e);
    }
  }
}
