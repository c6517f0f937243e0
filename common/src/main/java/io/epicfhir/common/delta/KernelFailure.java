package io.epicfhir.common.delta;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.StorageFailure;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.hadoop.fs.Path;

/**
 * What Kernel's failures mean. Their own messages are never shown: some hold a whole line of the
 * log, and so the values in it.
 */
final class KernelFailure {
  private KernelFailure() {}

  /**
   * Calls Kernel.
   *
   * @param verb completes "Cannot … the log of the Delta table"
   * @throws JobException {@link ExitCode#STORAGE} where the log cannot be used
   */
  static <T> T told(String verb, Path table, Callable<T> call) {
    try {
      return call.call();
    } catch (JobException e) {
      throw e;
    } catch (Exception e) {
      throw of(verb, table, e);
    }
  }

  static JobException of(String verb, Path table, Exception failure) {
    Optional<Throwable> storage = StorageFailure.in(failure);
    return new JobException(
        ExitCode.STORAGE,
        "Cannot %s the log of the Delta table %s: %s; %s"
            .formatted(
                verb,
                table,
                StorageFailure.why(storage.orElse(failure)),
                storage.isPresent()
                    ? StorageFailure.advice(
                        failure,
                        "check that the lake exists, is writable and is not full, and that the table's"
                            + " _delta_log is complete")
                    : "check the table's _delta_log; if it cannot be repaired, move the table's folder away and"
                        + " rerun from transform, which rebuilds it"),
        withoutMessages(failure));
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
