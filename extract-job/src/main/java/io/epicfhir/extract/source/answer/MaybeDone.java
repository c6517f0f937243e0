package io.epicfhir.extract.source.answer;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;

/**
 * The failure of a request that must not be repeated, where the server may have done what it asks
 * for. After every other failure it has not: it said no, or the request never reached it.
 */
public final class MaybeDone extends JobException {
  private static final long serialVersionUID = 1L;

  /** With the cause, which may be null. */
  public MaybeDone(ExitCode code, String message, Exception cause) {
    super(code, message, cause);
  }
}
