package io.epicfhir.extract.bulk.files;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;

/** The manifest's links no longer lead to its files; a fresh manifest may have fresh ones. */
public final class LinksExpired extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public LinksExpired(String message) {
    super(message);
  }

  /** For the person on call, where a fresh manifest did not help. */
  public JobException given(String whatNext) {
    return new JobException(ExitCode.UNAVAILABLE, getMessage() + "; " + whatNext, this);
  }
}
