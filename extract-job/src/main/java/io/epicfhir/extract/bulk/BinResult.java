package io.epicfhir.extract.bulk;

import io.epicfhir.common.ExitCode;
import io.epicfhir.extract.source.Traffic;
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
}
