package io.epicfhir.load;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;

/** Somebody else holds the table; a later try may succeed. */
final class TableBusy extends JobException {
  private static final long serialVersionUID = 1L;

  TableBusy(String message, Throwable cause) {
    super(ExitCode.STORAGE, message, cause);
  }
}
