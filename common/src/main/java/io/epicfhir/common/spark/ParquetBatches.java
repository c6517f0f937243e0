package io.epicfhir.common.spark;

import io.epicfhir.common.DamagedFile;
import java.io.IOException;
import java.util.function.BiFunction;
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

/**
 * The rows of a Parquet file, in order, read by this thread with Spark's own reader: no session, no
 * job. A column that the file lacks is null.
 */
public final class ParquetBatches implements AutoCloseable {
  /** So many rows a batch has at most. */
  public static final int MOST = 4096;

  private final VectorizedParquetRecordReader reader =
      new VectorizedParquetRecordReader(false, MOST);

  private final Path file;
  private final BiFunction<Path, Exception, RuntimeException> unreadable;

  /**
   * What Spark's own scan tells its reader: the defaults, but for the case of names.
   *
   * @param columns those that are read, in order
   */
  public static Configuration settings(Configuration hadoop, StructType columns) {
    Configuration settings = new Configuration(hadoop);
    settings.set(ParquetInputFormat.READ_SUPPORT_CLASS, ParquetReadSupport.class.getName());
    settings.set(ParquetReadSupport.SPARK_ROW_REQUESTED_SCHEMA(), columns.json());
    settings.setBoolean(DamagedFile.VERIFY, true);
    settings.setBoolean(SQLConf.CASE_SENSITIVE().key(), true);
    settings.setBoolean(SQLConf.PARQUET_BINARY_AS_STRING().key(), false);
    settings.setBoolean(SQLConf.PARQUET_INT96_AS_TIMESTAMP().key(), true);
    settings.setBoolean(SQLConf.PARQUET_INFER_TIMESTAMP_NTZ_ENABLED().key(), true);
    settings.setBoolean(SQLConf.LEGACY_PARQUET_NANOS_AS_LONG().key(), false);
    settings.setBoolean(SQLConf.NESTED_SCHEMA_PRUNING_ENABLED().key(), true);
    return settings;
  }

  /**
   * Opens a file.
   *
   * @param settings of {@link #settings}
   * @param unreadable what is thrown, here and by the other methods, where the reader stumbles,
   *     whatever the reason: an IOException, or a RuntimeException for damaged bytes of some kinds
   */
  public ParquetBatches(
      Configuration settings, Path file, BiFunction<Path, Exception, RuntimeException> unreadable) {
    this.file = file;
    this.unreadable = unreadable;
    try {
      long length = file.getFileSystem(settings).getFileStatus(file).getLen();
      reader.initialize(
          new FileSplit(file, 0, length, new String[0]),
          new TaskAttemptContextImpl(settings, new TaskAttemptID()));
      reader.initBatch(new StructType(), InternalRow.empty());
      reader.enableReturningBatches();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      close();
      throw unreadable.apply(file, e);
    } catch (IOException | RuntimeException e) {
      close();
      throw unreadable.apply(file, e);
    }
  }

  /** The rows of the last {@link #next}, in the wanted columns; the same object each time. */
  public ColumnarBatch rows() {
    return reader.resultBatch();
  }

  /**
   * Reads the next rows.
   *
   * @return false after the last ones
   */
  public boolean next() {
    try {
      return reader.nextBatch();
    } catch (IOException | RuntimeException e) {
      throw unreadable.apply(file, e);
    }
  }

  @Override
  public void close() {
    try {
      reader.close();
    } catch (IOException e) {
      throw unreadable.apply(file, e);
    }
  }
}
