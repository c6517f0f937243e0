package io.epicfhir.common;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.ChecksumException;
import org.apache.hadoop.fs.FSError;
import org.apache.hadoop.fs.Path;
import org.apache.spark.memory.SparkOutOfMemoryError;

/** What a storage's failure means for the person on call. */
public final class StorageFailure {
  /**
   * The operating system's words that are shown as they are. Any other message is not: it may name
   * what must not stand in a report.
   */
  private static final List<String> KNOWN =
      List.of(
          "No space left on device",
          "Disk quota exceeded",
          "Read-only file system",
          "Permission denied",
          "Input/output error");

  /** What to do where a table's work met a storage's failure. */
  public static final String CHECK_DISKS =
      "check that the lake and Spark's local disks exist, are writable and are not full";

  private StorageFailure() {}

  /**
   * The end of a job that could not use the lake.
   *
   * @param what completes "Cannot …": verb and path
   * @param cause what was caught, or null where the file system gave no reason
   */
  public static JobException of(String what, IOException cause) {
    return new JobException(
        ExitCode.STORAGE,
        "Cannot "
            + what
            + ": "
            + (cause == null ? "the file system refused" : why(cause))
            + "; "
            + advice(cause, "check that the lake exists, is writable and is not full"),
        cause);
  }

  /**
   * What the person on call is to do: of a damaged file another thing than of a disk.
   *
   * @param failure what was caught, or null
   * @param ofDisk the advice of any other failure
   */
  public static String advice(Throwable failure, String ofDisk) {
    return isDamage(failure) ? DamagedFile.REMEDY : ofDisk;
  }

  /**
   * The same, with the part that was written removed: on a full disk it takes the room of what is
   * to come, the report first.
   *
   * @param part a file that nobody will look at again
   */
  public static JobException of(String what, IOException cause, Path part, Configuration hadoop) {
    JobException failure = of(what, cause);
    try {
      part.getFileSystem(hadoop).delete(part, false);
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
    return failure;
  }

  /** A storage's failure among the causes, or empty where there is none. */
  public static Optional<Throwable> in(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof IOException || cause instanceof FSError || isSpill(cause)) {
        return Optional.of(cause);
      }
    }
    return Optional.empty();
  }

  /**
   * The end of a job that met a full or closed disk where nobody reckoned with it, for example in
   * Spark's own files; empty where the operating system said nothing of the kind.
   */
  public static Optional<JobException> ofDisk(Throwable failure) {
    return in(failure)
        .map(StorageFailure::why)
        .filter(KNOWN::contains)
        .map(
            why ->
                new JobException(
                    ExitCode.STORAGE, "Cannot continue: " + why + "; " + CHECK_DISKS, failure));
  }

  /** What Spark makes of a disk that does not take what memory cannot hold; it has no cause. */
  private static boolean isSpill(Throwable cause) {
    return cause instanceof SparkOutOfMemoryError error
        && "SPILL_OUT_OF_MEMORY".equals(error.getCondition());
  }

  /** In a few words, fit for a report: the operating system's, else the exception's class. */
  public static String why(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof AccessDeniedException) {
        return "Permission denied";
      }
      if (cause instanceof ChecksumException unfit) {
        return DamagedFile.named(unfit).orElse("a file") + " does not match its checksum";
      }
      String message = String.valueOf(cause.getMessage());
      Optional<String> known = KNOWN.stream().filter(message::contains).findFirst();
      if (known.isPresent()) {
        return known.get();
      }
    }
    return failure.getClass().getSimpleName();
  }

  private static boolean isDamage(Throwable failure) {
    Throwable cause = failure;
    while (cause != null && !(cause instanceof ChecksumException)) {
      cause = cause.getCause();
    }
    return cause != null;
  }
}
