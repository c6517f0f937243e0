package io.epicfhir.extract.bronze;

import io.epicfhir.common.StorageFailure;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.HadoopReadOptions;
import org.apache.parquet.column.ParquetProperties;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.ParquetFileWriter;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.apache.parquet.hadoop.util.HadoopOutputFile;

/** Puts the row groups of several bronze files into one, as they are: nothing is decoded. */
final class ParquetJoin {
  private ParquetJoin() {}

  /** Writes the joined file anew; the sources stay. */
  static void join(Configuration hadoop, List<Path> sources, Path to) {
    try {
      ParquetFileWriter writer =
          new ParquetFileWriter(
              HadoopOutputFile.fromPath(to, hadoop),
              BronzeRows.SCHEMA,
              ParquetFileWriter.Mode.OVERWRITE,
              ParquetWriter.DEFAULT_BLOCK_SIZE,
              ParquetWriter.MAX_PADDING_SIZE_DEFAULT,
              ParquetProperties.DEFAULT_COLUMN_INDEX_TRUNCATE_LENGTH,
              ParquetProperties.DEFAULT_STATISTICS_TRUNCATE_LENGTH,
              ParquetProperties.DEFAULT_PAGE_WRITE_CHECKSUM_ENABLED);
      writer.start();
      for (Path source : sources) {
        append(hadoop, source, writer);
      }
      writer.end(Map.of());
    } catch (IOException e) {
      throw StorageFailure.of("write " + to, e, to, hadoop);
    }
  }

  /** Options of this configuration: the writer's own way reads Hadoop's XML files for each file. */
  private static void append(Configuration hadoop, Path source, ParquetFileWriter writer)
      throws IOException {
    try (ParquetFileReader reader =
        ParquetFileReader.open(
            HadoopInputFile.fromPath(source, hadoop), HadoopReadOptions.builder(hadoop).build())) {
      reader.appendTo(writer);
    }
  }
}
