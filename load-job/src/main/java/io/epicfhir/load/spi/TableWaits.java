package io.epicfhir.load.spi;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;

/** Rows do not fit those of another loaded table; once that one is loaded, too, they may. */
public final class TableWaits extends JobException {
  private static final long serialVersionUID = 1L;

  public TableWaits(String message, Throwable cause) {
    super(ExitCode.DATA_REFUSED, message, cause);
  }
}
