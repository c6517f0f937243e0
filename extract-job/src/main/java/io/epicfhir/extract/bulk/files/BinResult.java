package io.epicfhir.extract.bulk.files;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.extract.source.request.Traffic;
import java.util.List;

/**
 * What a task did; all that comes back from it to the driver.
 *
 * @param files one for each file taken in
 * @param traffic requests, retries, bytes
 * @param failure why the task stopped; null where it did not
 */
public record BinResult(List<FileReceipt> files, Traffic.Sums traffic, Failure failure) {

  /**
   * A failure that another attempt of the task would only repeat.
   *
   * @param gone whether the file's link leads nowhere
   */
  public record Failure(ExitCode exitCode, String message, boolean gone) {}

  /** Fails as the tasks did, where one did. */
  public static void requireAll(List<BinResult> results) {
    List<Failure> failures =
        results.stream().map(BinResult::failure).filter(f -> f != null).toList();
    if (failures.isEmpty()) {
      return;
    }
    if (failures.stream().anyMatch(Failure::gone)) {
      throw new LinksExpired(failures.get(0).message());
    }
    Failure first = failures.get(0);
    for (Failure failure : failures) {
      // Where one failure will repeat itself, a retry that another one asks for is in vain.
      if (failure.exitCode() != ExitCode.UNAVAILABLE && failure.exitCode() != ExitCode.STORAGE) {
        first = failure;
      }
    }
    throw new JobException(
        first.exitCode(),
        first.message()
            + (failures.size() > 1 ? " (and " + (failures.size() - 1) + " more failed)" : ""));
  }
}
