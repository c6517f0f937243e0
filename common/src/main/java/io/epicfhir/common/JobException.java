package io.epicfhir.common;

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

  /** What kind of failure this is. */
  public ExitCode exitCode() {
    return exitCode;
  }
}
