package io.epicfhir.common;

import java.io.EOFException;
import java.io.IOException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.ChecksumException;
import org.apache.parquet.io.ParquetDecodingException;
import org.apache.spark.SparkThrowable;

/**
 * A data file of the lake whose bytes are not the ones that were written: another try reads the
 * same ones, so it is data that is refused, and no storage that is away.
 */
public final class DamagedFile {
  /**
   * Makes Parquet compare each page with its checksum; without it flipped bits are read as data.
   */
  public static final String VERIFY = "parquet.page.verify-checksum.enabled";

  /** What to do about a file that nothing can compute again. */
  public static final String REMEDY =
      "restore the file from a backup; if the file is intact and only its hidden .crc file is"
          + " outdated, delete the .crc file";

  /** How Hadoop names the file that does not fit its checksum. */
  private static final Pattern CHECKSUM = Pattern.compile("Checksum error: (\\S+) at \\d+");

  private DamagedFile() {}

  /**
   * The end of a job, or of a table's part of it.
   *
   * @param table completes "Cannot read a file of"
   */
  public static JobException of(String table, String file, Throwable cause) {
    return new JobException(
        ExitCode.DATA_REFUSED,
        "Cannot read a file of %s: %s is damaged; restore it from a backup, or delete the table and rerun from transform. If the file is intact and only its hidden .crc file is outdated, delete the .crc file"
            .formatted(table, file),
        cause);
  }

  /** The file, or {@code a file} where nobody says which; empty where nothing is damaged. */
  public static Optional<String> in(Throwable failure) {
    String file = "a file";
    boolean damaged = false;
    boolean unread = false;
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      damaged |= isDamage(cause);
      unread |= isUnread(cause);
      file = named(cause).orElse(file);
    }
    // Spark's reader stumbles over damaged bytes in many ways, and over a storage by an
    // IOException.
    damaged |= unread && StorageFailure.in(failure).isEmpty();
    return damaged ? Optional.of(file) : Optional.empty();
  }

  private static boolean isDamage(Throwable cause) {
    return cause instanceof ChecksumException
        || cause instanceof ParquetDecodingException
        || cause instanceof EOFException
        // Parquet's words for a footer or a page's head, in exceptions of no class of their own.
        || (cause instanceof IOException
            && String.valueOf(cause.getMessage()).startsWith("can not read class "))
        || String.valueOf(cause.getMessage()).contains("is not a Parquet file");
  }

  private static boolean isUnread(Throwable cause) {
    return cause instanceof SparkThrowable said
        && "FAILED_READ_FILE.NO_HINT".equals(said.getCondition());
  }

  /** The file that does not fit its checksum, by Hadoop's word on it; empty where it names none. */
  static Optional<String> named(ChecksumException cause) {
    Matcher file = CHECKSUM.matcher(String.valueOf(cause.getMessage()));
    return file.find() ? Optional.of(file.group(1)) : Optional.empty();
  }

  private static Optional<String> named(Throwable cause) {
    if (cause instanceof ChecksumException unfit) {
      return named(unfit);
    }
    return cause instanceof SparkThrowable said
            && String.valueOf(said.getCondition()).startsWith("FAILED_READ_FILE")
        ? Optional.ofNullable(said.getMessageParameters().get("path"))
        : Optional.empty();
  }
}
