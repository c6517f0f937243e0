package io.epicfhir.transform;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.Lake;
import io.epicfhir.common.Landing;
import java.io.FileNotFoundException;
import java.io.IOException;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.util.HadoopInputFile;

/**
 * Checks that bronze is what the landings say, before any table changes: each file is there, as
 * long as it was, whole, and of as many rows. Reads footers only.
 */
final class BronzeFiles {
  private final Lake lake;

  BronzeFiles(Lake lake) {
    this.lake = lake;
  }

  /**
   * Checks every file of the backlog.
   *
   * @throws JobException {@link ExitCode#DATA_REFUSED} naming the export and the file
   */
  void check(Backlog backlog) {
    for (Landing landing : backlog.all()) {
      // Footers are many small reads: on an object store they are worth asking for side by side.
      landing.files().parallelStream().forEach(file -> check(landing, file));
    }
  }

  private void check(Landing landing, Landing.File file) {
    Path path = lake.paths().at(file.path());
    try {
      HadoopInputFile input = HadoopInputFile.fromPath(path, lake.hadoop());
      if (input.getLength() != file.bytes()) {
        throw refuse(
            landing, file, "it has " + input.getLength() + " bytes instead of " + file.bytes());
      }
      long rows = rows(landing, file, input);
      if (rows != file.rows()) {
        throw refuse(landing, file, "it has " + rows + " rows instead of " + file.rows());
      }
    } catch (FileNotFoundException e) {
      throw refuse(landing, file, "it is not there");
    } catch (IOException e) {
      throw new JobException(
          ExitCode.STORAGE, "Cannot read " + path + "; check that the lake is there", e);
    }
  }

  private static long rows(Landing landing, Landing.File file, HadoopInputFile input)
      throws IOException {
    try (ParquetFileReader reader = ParquetFileReader.open(input)) {
      return reader.getRecordCount();
    } catch (RuntimeException e) {
      // Parquet says so where the magic number or the footer is broken.
      throw refuse(landing, file, "it is no whole Parquet file");
    }
  }

  private static JobException refuse(Landing landing, Landing.File file, String why) {
    return new JobException(
        ExitCode.DATA_REFUSED,
        "Cannot take bronze file "
            + file.path()
            + " of export "
            + landing.exportId()
            + ": "
            + why
            + "; run the extract task of "
            + landing.runKey()
            + " again, which lands the export anew");
  }
}
