package io.epicfhir.common.lake;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.StorageFailure;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;
import org.apache.hadoop.fs.ChecksumException;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.HadoopReadOptions;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.column.page.PageReader;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.util.HadoopInputFile;

/** Whether a bronze file is what its landing says: by its footer, or by every page. */
public final class LandedFile {
  private LandedFile() {}

  /**
   * What is wrong with the file by its footer: it is away, cut, or of another number of rows; empty
   * where nothing is.
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
      return Optional.of("it is missing");
    } catch (ChecksumException e) {
      return Optional.of("the file system's checksum of it is wrong");
    } catch (IOException e) {
      throw StorageFailure.of("read " + path, e);
    }
  }

  /**
   * The same, and by every page: for a file that somebody has reason to doubt.
   *
   * @throws JobException {@link ExitCode#STORAGE} where it cannot be looked at
   */
  public static Optional<String> anyProblem(Lake lake, Landing.File file) {
    return problem(lake, file).or(() -> pageProblem(lake, file));
  }

  /**
   * The same by reading every page and its checksum.
   *
   * @throws JobException {@link ExitCode#STORAGE} where it cannot be looked at
   */
  public static Optional<String> pageProblem(Lake lake, Landing.File file) {
    Path path = lake.paths().at(file.path());
    try {
      return readable(lake, path);
    } catch (FileNotFoundException e) {
      return Optional.of("it is missing");
    } catch (IOException e) {
      throw StorageFailure.of("read " + path, e);
    }
  }

  /** Where all bytes can be read, whatever Parquet stumbles over is in the file. */
  private static Optional<String> readable(Lake lake, Path path) throws IOException {
    try (FSDataInputStream bytes = path.getFileSystem(lake.hadoop()).open(path)) {
      bytes.transferTo(OutputStream.nullOutputStream());
    } catch (ChecksumException e) {
      return Optional.of("the file system's checksum of it is wrong");
    }
    try (ParquetFileReader reader =
        ParquetFileReader.open(
            HadoopInputFile.fromPath(path, lake.hadoop()),
            HadoopReadOptions.builder(lake.hadoop()).usePageChecksumVerification(true).build())) {
      for (PageReadStore group = reader.readNextRowGroup();
          group != null;
          group = reader.readNextRowGroup()) {
        for (ColumnDescriptor column :
            reader.getFooter().getFileMetaData().getSchema().getColumns()) {
          readPages(group.getPageReader(column));
        }
      }
      return Optional.empty();
    } catch (RuntimeException | IOException e) {
      return Optional.of("a page of it is damaged");
    }
  }

  private static void readPages(PageReader pages) {
    pages.readDictionaryPage();
    while (pages.readPage() != null) {
      // Reading it is what looks at its checksum.
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
      return Optional.of("it is not a complete Parquet file");
    }
  }
}
