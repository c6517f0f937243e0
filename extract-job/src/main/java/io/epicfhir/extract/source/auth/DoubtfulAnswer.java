package io.epicfhir.extract.source.auth;

import io.epicfhir.common.JobException;
import java.time.Duration;
import java.util.Optional;

/** An answer at sign-in that is no answer to it, and may be one at the next try. */
final class DoubtfulAnswer extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient JobException refusal;
  private final transient Optional<Duration> retryAfter;

  /**
   * @param refusal what it means where it stays
   * @param retryAfter how long the server asks to wait
   */
  DoubtfulAnswer(JobException refusal, Optional<Duration> retryAfter) {
    super(refusal.getMessage());
    this.refusal = refusal;
    this.retryAfter = retryAfter;
  }

  JobException refusal() {
    return refusal;
  }

  Optional<Duration> retryAfter() {
    return retryAfter;
  }
}
