package io.epicfhir.load.spi;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;

/** Rows of a table cannot be read; a new table of the same rows may be well. */
public final class TableDamaged extends JobException {
  private static final long serialVersionUID = 1L;

  private final String why;

  /**
   * A damage.
   *
   * @param why in the target's words
   */
  public TableDamaged(String message, String why, Throwable cause) {
    super(ExitCode.STORAGE, message, cause);
    this.why = why;
  }

  /** See {@link Target.Standing#damage}. */
  public String why() {
    return why;
  }
}
