package io.epicfhir.extract.bulk.files;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;

/** The manifest's links no longer lead to its files; a fresh manifest may have fresh ones. */
public final class LinksExpired extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean mayPass;

  /** By the word of the server that has the files. */
  public LinksExpired(String message) {
    this(message, false);
  }

  /**
   * @param mayPass whether only a gateway's web page said so of a link
   */
  LinksExpired(String message, boolean mayPass) {
    super(message);
    this.mayPass = mayPass;
  }

  /** Whether a gateway's web page said it, and not the server that has the files. */
  public boolean mayPass() {
    return mayPass;
  }

  /** For the person on call, where a fresh manifest did not help. */
  public JobException given(String whatNext) {
    return new JobException(ExitCode.UNAVAILABLE, getMessage() + "; " + whatNext, this);
  }
}
