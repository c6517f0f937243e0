package io.epicfhir.extract.source;

import java.time.Duration;
import java.util.Optional;

/** The server answered, but not with what was asked for, and may do so later. */
public final class PassingFailure extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient Optional<Duration> retryAfter;

  /**
   * @param message what was answered, without patient data
   * @param retryAfter how long the server asks to wait
   */
  PassingFailure(String message, Optional<Duration> retryAfter) {
    super(message);
    this.retryAfter = retryAfter;
  }

  public Optional<Duration> retryAfter() {
    return retryAfter;
  }
}
