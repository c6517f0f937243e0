package io.epicfhir.load;

import io.epicfhir.common.DamagedFile;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.StorageFailure;
import io.epicfhir.load.spi.LakeTable;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** What is said of tables that could not be loaded. */
final class LoadFailures {
  /** Of several failures the one that ends the run: first the one that a retry may mend. */
  private static final List<ExitCode> BY_WEIGHT =
      List.of(
          ExitCode.STORAGE,
          ExitCode.DATA_REFUSED,
          ExitCode.REFUSED,
          ExitCode.SETTINGS,
          ExitCode.UNAVAILABLE,
          ExitCode.DEFECT);

  private LoadFailures() {}

  /** Spark's own messages may quote data; only what was written for people passes. */
  static JobException of(LakeTable table, Throwable failure) {
    Optional<JobException> known = JobException.in(failure);
    if (known.isPresent()) {
      return known.get();
    }
    Optional<String> damaged = DamagedFile.in(failure);
    if (damaged.isPresent()) {
      return DamagedFile.of(table.toString(), damaged.get(), failure);
    }
    return StorageFailure.in(failure)
        .map(
            cause ->
                new JobException(
                    ExitCode.STORAGE,
                    "Cannot load "
                        + table
                        + ": "
                        + StorageFailure.why(cause)
                        + "; "
                        + StorageFailure.CHECK_DISKS,
                    failure))
        .orElseGet(
            () ->
                new JobException(
                    ExitCode.DEFECT,
                    "Cannot load " + table + ": " + failure.getClass().getName(),
                    failure));
  }

  /** One line a failure, and the exit code of the one that weighs most. */
  static JobException together(List<JobException> failures) {
    ExitCode exitCode =
        BY_WEIGHT.stream()
            .filter(code -> failures.stream().anyMatch(f -> f.exitCode() == code))
            .findFirst()
            .orElse(ExitCode.DEFECT);
    JobException all =
        new JobException(
            exitCode,
            failures.stream().map(Throwable::getMessage).collect(Collectors.joining("\n")),
            failures.get(0));
    failures.stream().skip(1).forEach(all::addSuppressed);
    return all;
  }
}
