package io.epicfhir.transform;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.StorageFailure;
import java.util.Optional;
import java.util.function.Consumer;

/** What a failure of Spark means for the person on call. Spark's own messages may quote data. */
public final class Failures {
  private Failures() {}

  /**
   * The failure with an exit code, or as a defect. Spark throws checked exceptions without
   * declaring them: a caller must catch every Exception.
   *
   * @param table what was worked on, for example {@code silver Observation}
   */
  public static RuntimeException of(String table, Throwable failure) {
    if (failure instanceof JobException known) {
      return known;
    }
    return UnreadFile.in(failure)
        .map(file -> storage(table, file.sentence() + "; " + file.remedy(), failure))
        .or(() -> JobException.in(failure)) // a task of Spark may have said it
        .or(() -> storage(table, failure))
        .map(RuntimeException.class::cast)
        .orElseGet(
            () -> new IllegalStateException("Cannot bring " + table + " up to date", failure));
  }

  /**
   * Does some tables' work. Whatever ends it ends nothing else: Spark throws checked exceptions
   * without declaring them, and a plan that nests too deep, or a class that is missing, ends in an
   * error of the JVM.
   *
   * @param failed gets what ended it
   * @return whether it came to its end
   */
  public static boolean attempt(Runnable work, Consumer<Throwable> failed) {
    try {
      work.run();
      return true;
    } catch (Exception | StackOverflowError | LinkageError e) {
      failed.accept(e);
      return false;
    }
  }

  /**
   * What is said of one table whose work failed.
   *
   * @throws JobException where the storage failed, which is all tables' affair
   */
  public static RuntimeException ofTable(String table, Throwable failure) {
    RuntimeException told = of(table, failure);
    if (told instanceof JobException known && known.exitCode() == ExitCode.STORAGE) {
      throw known;
    }
    return told;
  }

  private static Optional<JobException> storage(String table, Throwable failure) {
    return StorageFailure.in(failure)
        .map(
            cause ->
                storage(
                    table,
                    StorageFailure.why(cause)
                        + "; "
                        + StorageFailure.advice(cause, StorageFailure.CHECK_DISKS),
                    failure));
  }

  private static JobException storage(String table, String why, Throwable failure) {
    return new JobException(
        ExitCode.STORAGE, "Cannot bring " + table + " up to date: " + why, failure);
  }

  /** What began it. */
  public static Throwable root(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null && root.getCause() != root) {
      root = root.getCause();
    }
    return root;
  }
}
