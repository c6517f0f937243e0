package io.epicfhir.extract.bulk.files;

import io.epicfhir.common.JobException;
import io.epicfhir.extract.source.answer.ServerRefusal;

/** A file's link leads nowhere, or no longer does: a fresh manifest may have a fresh one. */
final class GoneFile extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient JobException refusal;

  GoneFile(JobException refusal) {
    super(refusal.getMessage(), refusal);
    this.refusal = refusal;
  }

  /** What the server answered. */
  JobException refusal() {
    return refusal;
  }

  /** Whether a gateway's web page says so, which may pass. */
  boolean mayPass() {
    return ServerRefusal.byGateway(refusal);
  }
}
