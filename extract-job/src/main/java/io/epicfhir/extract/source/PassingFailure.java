package io.epicfhir.extract.source;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The server answered, but not with what was asked for, and may do so later. */
public final class PassingFailure extends Exception {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final transient List<String> codes;
  private final transient Optional<Duration> retryAfter;

  /**
   * @param message what was answered, without patient data
   * @param retryAfter how long the server asks to wait
   */
  PassingFailure(String message, Optional<Duration> retryAfter) {
    this(message, 0, List.of(), retryAfter);
  }

  /**
   * As above, with the answer's status and codes.
   *
   * @param status of the answer; 0 for none
   * @param codes of its OperationOutcome; maybe none
   */
  PassingFailure(String message, int status, List<String> codes, Optional<Duration> retryAfter) {
    super(message);
    this.status = status;
    this.codes = List.copyOf(codes);
    this.retryAfter = retryAfter;
  }

  /** The HTTP status; 0 where it is not an answer's status that failed. */
  public int status() {
    return status;
  }

  /** The codes of the answer's OperationOutcome, the server's own before FHIR's; maybe none. */
  public List<String> codes() {
    return codes;
  }

  public Optional<Duration> retryAfter() {
    return retryAfter;
  }
}
