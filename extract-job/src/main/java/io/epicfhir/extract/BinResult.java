package io.epicfhir.extract;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import java.util.List;

/**
 * What a task did; all that comes back from it to the driver.
 *
 * @param files one for each file taken in
 * @param bronze the Parquet files of resources
 * @param quarantine the Parquet files of what could not be taken in
 * @param traffic requests, retries, bytes
 * @param failure why the task stopped; null where it did not
 */
record BinResult(
    List<FileResult> files,
    List<StagedFile> bronze,
    List<StagedFile> quarantine,
    Traffic.Sums traffic,
    Failure failure) {

  /**
   * A failure that another attempt of the task would only repeat.
   *
   * @param gone whether the file's link leads nowhere
   */
  record Failure(ExitCode exitCode, String message, boolean gone) {
    static Failure of(JobException e) {
      return new Failure(e.exitCode(), e.getMessage(), ServerRefusal.gone(e));
    }
  }
}
