package io.epicfhir.common.delta;

import io.epicfhir.common.DamagedFile;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.StorageFailure;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.hadoop.fs.ChecksumException;
import org.apache.hadoop.fs.Path;

/**
 * What Kernel's failures mean. Their own messages are never shown: some hold a whole line of the
 * log, and so the values in it.
 */
final class KernelFailure {
  /** The verb of a commit. */
  static final String WRITE = "write";

  private KernelFailure() {}

  /**
   * Calls Kernel, or reads a file of the log.
   *
   * @param verb completes "Cannot … the log of the Delta table"
   * @throws DamagedLog where the log itself is to blame
   * @throws JobException {@link ExitCode#STORAGE} where the storage is
   */
  static <T> T told(String verb, Path table, Callable<T> call) {
    try {
      return call.call();
    } catch (JobException e) {
      // The lake says of a damaged file, too, that the storage cannot read it.
      throw e.exitCode() == ExitCode.STORAGE && DamagedFile.in(e).isPresent()
          ? of(verb, table, e)
          : e;
    } catch (Exception e) {
      throw of(verb, table, e);
    }
  }

  static JobException of(String verb, Path table, Exception failure) {
    Throwable cause = StorageFailure.in(failure).orElse(failure);
    String what =
        "Cannot %s the log of the Delta table %s: %s; "
            .formatted(verb, table, StorageFailure.why(cause));
    if (DamagedLog.isDamage(failure) && !(verb.equals(WRITE) && DamagedLog.isMissing(failure))) {
      return new DamagedLog(what + remedy(table, cause), withoutMessages(failure));
    }
    return new JobException(
        ExitCode.STORAGE,
        what
            + StorageFailure.advice(
                failure,
                "check that the lake exists, is writable and is not full, and that the table's"
                    + " _delta_log is complete"),
        withoutMessages(failure));
  }

  private static String remedy(Path table, Throwable cause) {
    return "restore its _delta_log from a backup; if it cannot be repaired, move the table's folder"
        + " away and rerun from transform"
        + (isSilver(table)
            ? " with types = every resource type, separated by commas, which rebuilds it from bronze"
            : ", which rebuilds it")
        + (cause instanceof ChecksumException
            ? ". If the file is intact and only its hidden .crc file is outdated, delete the .crc"
                + " file"
            : "");
  }

  /** The tables of views and the like lie a folder deeper. */
  private static boolean isSilver(Path table) {
    return table.getName().equals("silver")
        && !List.of("views", "joined", "lookups").contains(table.getParent().getName());
  }

  /** The same failure for a trace: what the messages hold is not for it. */
  static Throwable withoutMessages(Throwable failure) {
    Throwable cause = failure.getCause();
    String name = failure.getClass().getName();
    Throwable copy =
        failure instanceof IOException
            ? new IOException(name, cause == null ? null : withoutMessages(cause))
            : new IllegalStateException(name, cause == null ? null : withoutMessages(cause));
    copy.setStackTrace(failure.getStackTrace());
    return copy;
  }
}
