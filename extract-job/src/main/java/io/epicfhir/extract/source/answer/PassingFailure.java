package io.epicfhir.extract.source.answer;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The server answered, but not with what was asked for, and may do so later. */
public final class PassingFailure extends Exception {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final boolean ofRequest;
  private final transient List<String> codes;
  private final transient Optional<Duration> retryAfter;

  /**
   * @param message what was answered, without patient data
   * @param retryAfter how long the server asks to wait
   */
  public PassingFailure(String message, Optional<Duration> retryAfter) {
    this(message, 0, false, List.of(), retryAfter);
  }

  /**
   * @param message what was answered, without patient data
   * @param status of the answer; 0 for none
   * @param ofRequest whether it is this request that the server fails at, as far as is known
   * @param codes of its OperationOutcome; maybe none
   * @param retryAfter how long the server asks to wait
   */
  public PassingFailure(
      String message,
      int status,
      boolean ofRequest,
      List<String> codes,
      Optional<Duration> retryAfter) {
    super(message);
    this.status = status;
    this.ofRequest = ofRequest;
    this.codes = List.copyOf(codes);
    this.retryAfter = retryAfter;
  }

  /** The HTTP status; 0 where it is not an answer's status that failed. */
  public int status() {
    return status;
  }

  /**
   * Whether it is this request that the server fails at, and not the server that is down or has too
   * much to do.
   */
  public boolean ofRequest() {
    return ofRequest;
  }

  /** The codes of the answer's OperationOutcome, the server's own before FHIR's; maybe none. */
  public List<String> codes() {
    return codes;
  }

  public Optional<Duration> retryAfter() {
    return retryAfter;
  }
}
