package io.epicfhir.common;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.Optional;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.util.HadoopInputFile;

/** Whether a bronze file is what its landing says. Reads the footer only. */
public final class LandedFile {
  private LandedFile() {}

  /**
   * What is wrong with the file: it is away, cut, or of another number of rows; empty where nothing
   * is.
   *
   * @throws JobException {@link ExitCode#STORAGE} where it cannot be looked at
   */
  public static Optional<String> problem(Lake lake, Landing.File file) {
    Path path = lake.paths().at(file.path());
    try {
      HadoopInputFile input = HadoopInputFile.fromPath(path, lake.hadoop());
      if (input.getLength() != file.bytes()) {
        return Optional.of("it has " + input.getLength() + " bytes instead of " + file.bytes());
      }
      return rows(input, file);
    } catch (FileNotFoundException e) {
      return Optional.of("it is not there");
    } catch (IOException e) {
      throw StorageFailure.of("read " + path, e);
    }
  }

  private static Optional<String> rows(HadoopInputFile input, Landing.File file)
      throws IOException {
    try (ParquetFileReader reader = ParquetFileReader.open(input)) {
      long rows = reader.getRecordCount();
      return rows == file.rows()
          ? Optional.empty()
          : Optional.of("it has " + rows + " rows instead of " + file.rows());
    } catch (RuntimeException e) {
      // Parquet says so where the magic number or the footer is broken.
      return Optional.of("it is no whole Parquet file");
    }
  }
}
