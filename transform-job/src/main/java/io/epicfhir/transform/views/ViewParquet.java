package io.epicfhir.transform.views;

import io.epicfhir.common.RowGroups;
import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.conf.ParquetConfiguration;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.api.WriteSupport;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.hadoop.util.HadoopOutputFile;
import org.apache.parquet.io.OutputFile;
import org.apache.spark.sql.catalyst.InternalRow;

/**
 * Writes a view's rows to one Parquet file that is as Spark would have written it. Texts go from
 * the resource's bytes to the file without being decoded. The footer has no least and greatest
 * values: they would be patient data.
 */
public final class ViewParquet implements AutoCloseable {
  private final Configuration hadoop;
  private final Path path;
  private final ParquetWriter<InternalRow> writer;
  private long rows;
  private boolean closed;

  /**
   * A finished file.
   *
   * @param bytes its size
   */
  public record Written(Path path, long rows, long bytes) {}

  /** Begins a file, which must not exist. */
  public ViewParquet(Configuration hadoop, Path path, ViewFile file) throws IOException {
    this.hadoop = hadoop;
    this.path = path;
    Builder builder =
        new Builder(HadoopOutputFile.fromPath(path, hadoop), new RowWriteSupport(file.schema()))
            .withConf(hadoop)
            .withCompressionCodec(CompressionCodecName.ZSTD)
            .withRowGroupSize(RowGroups.BYTES)
            .withPageWriteChecksumEnabled(true)
            .withStatisticsEnabled(false);
    for (String name : file.varied()) {
      builder.withDictionaryEncoding(name, false);
    }
    writer = builder.build();
  }

  /** Adds a row; its bytes may change after that. */
  public void write(InternalRow row) throws IOException {
    writer.write(row);
    rows++;
  }

  /** Finishes the file. */
  public Written finish() throws IOException {
    closed = true;
    writer.close();
    return new Written(path, rows, path.getFileSystem(hadoop).getFileStatus(path).getLen());
  }

  /** Takes away a file that was not finished. */
  @Override
  public void close() throws IOException {
    if (!closed) {
      closed = true;
      try {
        writer.close();
      } finally {
        path.getFileSystem(hadoop).delete(path, false);
      }
    }
  }

  private static final class Builder extends ParquetWriter.Builder<InternalRow, Builder> {
    private final RowWriteSupport support;

    Builder(OutputFile file, RowWriteSupport support) {
      super(file);
      this.support = support;
    }

    @Override
    protected Builder self() {
      return this;
    }

    @Override
    protected WriteSupport<InternalRow> getWriteSupport(ParquetConfiguration conf) {
      return support;
    }

    @Override
    @SuppressWarnings("deprecation") // abstract still
    protected WriteSupport<InternalRow> getWriteSupport(Configuration conf) {
      return support;
    }
  }
}
