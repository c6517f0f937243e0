package io.epicfhir.common;

import java.util.Optional;

/**
 * Ends a job with a stable exit code and a message for the person on call; never holds patient
 * data.
 */
public class JobException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ExitCode exitCode;

  /**
   * @param exitCode what kind of failure this is
   * @param message "Cannot verb thing: value; what to do"
   */
  public JobException(ExitCode exitCode, String message) {
    this(exitCode, message, null);
  }

  /**
   * @param exitCode what kind of failure this is
   * @param message "Cannot verb thing: value; what to do"
   * @param cause what was caught, or null
   */
  public JobException(ExitCode exitCode, String message, Throwable cause) {
    super(message, cause);
    this.exitCode = exitCode;
  }

  /** The one among a failure and its causes that was thrown last. */
  public static Optional<JobException> in(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof JobException known) {
        return Optional.of(known);
      }
    }
    return Optional.empty();
  }

  /** What kind of failure this is. */
  public ExitCode exitCode() {
    return exitCode;
  }
}
