package io.epicfhir.load.parquet;

import io.epicfhir.common.lake.Lake;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.util.HadoopInputFile;

/**
 * A Parquet file of an export, as its directory and its footer describe it.
 *
 * @param modified when it was written, in milliseconds since 1970: a file is written once
 */
record ParquetFile(String name, long bytes, long modified, long rows) {

  /** The files of a folder, by name; none where there is no folder. */
  static List<ParquetFile> in(Lake lake, Path folder) {
    List<ParquetFile> files = new ArrayList<>();
    for (FileStatus file : lake.list(folder)) {
      if (file.getPath().getName().endsWith(".parquet")) {
        files.add(of(lake, file));
      }
    }
    files.sort(Comparator.comparing(ParquetFile::name));
    return files;
  }

  private static ParquetFile of(Lake lake, FileStatus file) {
    try (ParquetFileReader reader =
        ParquetFileReader.open(HadoopInputFile.fromStatus(file, lake.hadoop()))) {
      return new ParquetFile(
          file.getPath().getName(),
          file.getLen(),
          file.getModificationTime(),
          reader.getRecordCount());
    } catch (IOException | RuntimeException e) {
      // What is no Parquet file any more has no rows.
      return new ParquetFile(file.getPath().getName(), file.getLen(), -1, 0);
    }
  }
}
