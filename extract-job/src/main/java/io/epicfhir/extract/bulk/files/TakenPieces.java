package io.epicfhir.extract.bulk.files;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.extract.bronze.LineSplitter;
import io.epicfhir.extract.bulk.manifest.FileLabel;
import io.epicfhir.extract.bulk.manifest.RemoteFile;
import io.epicfhir.extract.source.answer.BrokenBody;
import java.io.IOException;
import java.util.zip.CRC32C;

/** The pieces of a file that its tries took so far: how many, and a checksum of their bytes. */
final class TakenPieces {
  private final CRC32C bytes = new CRC32C();
  private long count;

  /** The splitter's piece was taken. */
  void add(LineSplitter lines) {
    bytes.update(lines.buffer(), lines.offset(), lines.length());
    count++;
  }

  /**
   * Leaves behind, at a new try, what earlier ones took.
   *
   * @throws BrokenBody where the file ends before
   * @throws JobException {@link ExitCode#UNAVAILABLE} where these are other bytes now
   */
  void passOver(LineSplitter lines, RemoteFile file) throws IOException {
    CRC32C again = new CRC32C();
    for (long i = 0; i < count; i++) {
      if (!lines.next()) {
        throw new BrokenBody("the file ended earlier than at the last try");
      }
      again.update(lines.buffer(), lines.offset(), lines.length());
    }
    if (again.getValue() != bytes.getValue()) {
      throw new JobException(
          ExitCode.UNAVAILABLE,
          "Cannot resume file "
              + FileLabel.of(file.type(), file.name())
              + ": the server sent different bytes at the second try; rerun, which downloads the whole file again");
    }
  }
}
