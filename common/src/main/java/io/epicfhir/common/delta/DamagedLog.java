package io.epicfhir.common.delta;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.epicfhir.common.DamagedFile;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.StorageFailure;
import java.io.FileNotFoundException;

/**
 * The log of a table cannot be read, because files of it are missing or damaged. Another try reads
 * the same, so it is this table's affair, and no storage that is away: other tables go on.
 */
public final class DamagedLog extends JobException {
  private static final long serialVersionUID = 1L;

  DamagedLog(String message, Throwable cause) {
    super(ExitCode.DATA_REFUSED, message, cause);
  }

  /**
   * Whether what ended work on a table lies in the table's own files: one of them is missing, or
   * its bytes are not the ones that were written. Where no storage failed at all, a reader stumbled
   * over what it read.
   */
  public static boolean isDamage(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof DamagedLog || cause instanceof JsonProcessingException) {
        return true;
      }
    }
    return DamagedFile.in(failure).isPresent()
        || StorageFailure.in(failure).isEmpty()
        || isMissing(failure);
  }

  /** Java says of a file that may not be read, too, that it is not found. */
  static boolean isMissing(Throwable failure) {
    return StorageFailure.in(failure).filter(FileNotFoundException.class::isInstance).isPresent()
        && StorageFailure.ofDisk(failure).isEmpty();
  }
}
