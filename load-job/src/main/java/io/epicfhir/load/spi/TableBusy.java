package io.epicfhir.load.spi;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;

/** Somebody else holds the table; a later try may succeed. */
public final class TableBusy extends JobException {
  private static final long serialVersionUID = 1L;

  public TableBusy(String message, Throwable cause) {
    super(ExitCode.STORAGE, message, cause);
  }
}
