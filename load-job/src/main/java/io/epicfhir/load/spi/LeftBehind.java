package io.epicfhir.load.spi;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;

/** What a purge says where it could not take everything out. */
public final class LeftBehind {
  private LeftBehind() {}

  /** Rows of persons on the list are still there although they were taken out. */
  public static JobException in(String where) {
    return new JobException(
        ExitCode.DATA_REFUSED,
        "Cannot remove the listed patients from "
            + where
            + ": rows that name one of them are there again; if another job writes there, wait until it ends, then rerun");
  }
}
