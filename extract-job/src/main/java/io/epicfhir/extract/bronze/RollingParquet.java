package io.epicfhir.extract.bronze;

import io.epicfhir.common.JobException;
import io.epicfhir.common.RowGroups;
import io.epicfhir.common.StorageFailure;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.conf.ParquetConfiguration;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.api.WriteSupport;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.hadoop.util.HadoopOutputFile;
import org.apache.parquet.io.OutputFile;

/**
 * Writes rows to zstd Parquet files and begins a new file when one has its size. There are no
 * minimum and maximum values in the footers: they would be patient data.
 */
public final class RollingParquet<T> implements AutoCloseable {
  private final Configuration hadoop;
  private final IntFunction<Path> paths;
  private final Supplier<WriteSupport<T>> support;
  private final String widest;
  private final long targetSize;
  private final List<Written> written = new ArrayList<>();
  private ParquetWriter<T> writer;
  private Path path;
  private long rows;

  /** A finished file. */
  public record Written(Path path, long rows, long bytes) {}

  /**
   * @param paths gives each file its place, by its number from 0 on
   * @param widest the column that never repeats, which gets no dictionary
   * @param targetSize bytes after which a new file begins
   */
  public RollingParquet(
      Configuration hadoop,
      IntFunction<Path> paths,
      Supplier<WriteSupport<T>> support,
      String widest,
      long targetSize) {
    this.hadoop = hadoop;
    this.paths = paths;
    this.support = support;
    this.widest = widest;
    this.targetSize = targetSize;
  }

  public void write(T row) {
    try {
      if (writer == null) {
        path = paths.apply(written.size());
        writer = open(path);
      }
      writer.write(row);
      rows++;
      if ((rows & 0xFF) == 0 && writer.getDataSize() >= targetSize) {
        finish();
      }
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** Finishes the last file; there is none where there was no row. */
  public List<Written> written() {
    try {
      finish();
    } catch (IOException e) {
      throw failed(e);
    }
    return List.copyOf(written);
  }

  /**
   * Lets go of a file that was not finished, and of the room it takes: on a full disk the run's
   * report needs it.
   */
  @Override
  public void close() {
    if (writer != null) {
      try {
        closeUnfinished();
      } catch (IOException e) {
        throw failed(e);
      }
    }
  }

  private void closeUnfinished() throws IOException {
    try {
      writer.close();
    } finally {
      path.getFileSystem(hadoop).delete(path, false);
    }
  }

  private void finish() throws IOException {
    if (writer != null) {
      writer.close();
      writer = null;
      long bytes = path.getFileSystem(hadoop).getFileStatus(path).getLen();
      written.add(new Written(path, rows, bytes));
      rows = 0;
    }
  }

  private ParquetWriter<T> open(Path file) throws IOException {
    return new Builder<>(HadoopOutputFile.fromPath(file, hadoop), support.get())
        .withConf(hadoop)
        .withCompressionCodec(CompressionCodecName.ZSTD)
        .withRowGroupSize(RowGroups.BYTES)
        .withDictionaryEncoding(widest, false)
        // What differs from row to row: a dictionary of it would be built and thrown away.
        .withDictionaryEncoding("id", false)
        .withDictionaryEncoding("last_updated", false)
        .withDictionaryEncoding("source_line", false)
        .withStatisticsEnabled(false)
        .build();
  }

  private JobException failed(IOException e) {
    return StorageFailure.of("write " + path, e);
  }

  private static final class Builder<T> extends ParquetWriter.Builder<T, Builder<T>> {
    private final WriteSupport<T> support;

    Builder(OutputFile file, WriteSupport<T> support) {
      super(file);
      this.support = support;
    }

    @Override
    protected Builder<T> self() {
      return this;
    }

    @Override
    protected WriteSupport<T> getWriteSupport(ParquetConfiguration conf) {
      return support;
    }

    @Override
    @SuppressWarnings("deprecation") // abstract still
    protected WriteSupport<T> getWriteSupport(Configuration conf) {
      return support;
    }
  }
}
