package io.epicfhir.transform.views;

import io.epicfhir.common.RowGroups;
import java.io.IOException;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.column.ColumnWriteStore;
import org.apache.parquet.column.ParquetProperties;
import org.apache.parquet.compression.CompressionCodecFactory.BytesInputCompressor;
import org.apache.parquet.hadoop.CodecFactory;
import org.apache.parquet.hadoop.ColumnChunkPageWriteStore;
import org.apache.parquet.hadoop.ParquetFileWriter;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.hadoop.util.HadoopOutputFile;
import org.apache.parquet.schema.MessageType;
import org.apache.spark.package$;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.execution.datasources.parquet.ParquetReadSupport;
import org.apache.spark.sql.execution.datasources.parquet.SparkToParquetSchemaConverter;
import org.apache.spark.sql.internal.SQLConf;

/**
 * Writes a view's rows to one Parquet file that is as Spark would have written it. Texts go from
 * the resource's bytes to the file without being decoded. The footer has no least and greatest
 * values: they would be patient data.
 */
public final class ViewParquet implements AutoCloseable {
  private static final int FEWEST_ROWS = 100;
  private static final int MOST_ROWS_BETWEEN_LOOKS = 10_000;

  private final Configuration hadoop;
  private final Path path;
  private final ViewFile shape;
  private final MessageType schema;
  private final ParquetProperties properties;
  private final CodecFactory codecs;
  private final BytesInputCompressor compressor;
  private final ParquetFileWriter file;
  private ColumnChunkPageWriteStore pages;
  private ColumnWriteStore store;
  private RowColumns columns;
  private long rows;
  private long rowsInGroup;
  private long nextLook = FEWEST_ROWS;
  private boolean closed;

  /**
   * A finished file.
   *
   * @param bytes its size
   */
  public record Written(Path path, long rows, long bytes) {}

  /** Begins a file, which must not exist. */
  public ViewParquet(Configuration hadoop, Path path, ViewFile shape) throws IOException {
    this.hadoop = hadoop;
    this.path = path;
    this.shape = shape;
    this.schema = new SparkToParquetSchemaConverter(new SQLConf()).convert(shape.schema());
    this.properties = properties(shape);
    this.codecs = new CodecFactory(hadoop, properties.getPageSizeThreshold());
    this.compressor = codecs.getCompressor(CompressionCodecName.ZSTD);
    this.file =
        new ParquetFileWriter(
            HadoopOutputFile.fromPath(path, hadoop),
            schema,
            ParquetFileWriter.Mode.CREATE,
            RowGroups.BYTES,
            ParquetWriter.MAX_PADDING_SIZE_DEFAULT,
            properties.getColumnIndexTruncateLength(),
            properties.getStatisticsTruncateLength(),
            true);
    file.start();
    beginGroup();
  }

  private static ParquetProperties properties(ViewFile shape) {
    ParquetProperties.Builder properties =
        ParquetProperties.builder()
            .withWriterVersion(ParquetProperties.WriterVersion.PARQUET_1_0)
            .withValuesWriterFactory(new TextEncodings())
            .withDictionaryEncoding(true)
            .withPageWriteChecksumEnabled(true)
            .withStatisticsEnabled(false)
            .withSizeStatisticsEnabled(false);
    shape.varied().forEach(name -> properties.withDictionaryEncoding(name, false));
    return properties.build();
  }

  /** Adds a row; its bytes may change after that. */
  public void write(InternalRow row) throws IOException {
    columns.write(row);
    rows++;
    rowsInGroup++;
    if (rowsInGroup >= nextLook) {
      look();
    }
  }

  /**
   * Ends the row group where it is large enough; looking takes time, so it is done now and then.
   */
  private void look() throws IOException {
    long bytes = store.getBufferedSize();
    long rowBytes = Math.max(1, bytes / rowsInGroup);
    if (bytes > RowGroups.BYTES - 2 * rowBytes) {
      endGroup();
      beginGroup();
    } else {
      long half = (rowsInGroup + RowGroups.BYTES / rowBytes) / 2;
      nextLook = Math.min(Math.max(FEWEST_ROWS, half), rowsInGroup + MOST_ROWS_BETWEEN_LOOKS);
    }
  }

  private void beginGroup() {
    pages =
        new ColumnChunkPageWriteStore(
            compressor,
            schema,
            properties.getAllocator(),
            properties.getColumnIndexTruncateLength(),
            true);
    store = properties.newColumnWriteStore(schema, pages, pages);
    columns = new RowColumns(shape.schema(), schema.getColumns(), store);
    rowsInGroup = 0;
    nextLook = FEWEST_ROWS;
  }

  private void endGroup() throws IOException {
    if (rowsInGroup > 0) {
      file.startBlock(rowsInGroup);
      store.flush();
      pages.flushToFileWriter(file);
      file.endBlock();
    }
    store.close();
    pages.close();
  }

  /** Finishes the file. */
  public Written finish() throws IOException {
    endGroup();
    // Spark and Delta take files for their own by these.
    file.end(
        Map.of(
            "org.apache.spark.version",
            package$.MODULE$.SPARK_VERSION_SHORT(),
            ParquetReadSupport.SPARK_METADATA_KEY(),
            shape.schema().json()));
    closed = true;
    codecs.release();
    return new Written(path, rows, path.getFileSystem(hadoop).getFileStatus(path).getLen());
  }

  /** Takes away a file that was not finished. */
  @Override
  public void close() throws IOException {
    if (!closed) {
      closed = true;
      try {
        file.close();
      } finally {
        codecs.release();
        takeAway();
      }
    }
  }

  private void takeAway() throws IOException {
    FileSystem files = path.getFileSystem(hadoop);
    if (!files.delete(path, false) && files.exists(path)) {
      throw new IOException("Cannot delete " + path + ", which is incomplete; delete it by hand");
    }
  }
}
