package io.epicfhir.extract.source;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;

/** The cause of a {@link JobException}: the server said no, with this status. */
public final class ServerRefusal extends Exception {
  private static final long serialVersionUID = 1L;

  private final int status;

  private ServerRefusal(int status) {
    super("status " + status);
    this.status = status;
  }

  static JobException because(int status, String message) {
    return new JobException(ExitCode.REFUSED, message, new ServerRefusal(status));
  }

  /** Whether the failure is a server's word that what was asked for is not there, or no longer. */
  public static boolean gone(JobException failure) {
    return failure.getCause() instanceof ServerRefusal refusal
        && (refusal.status == 404 || refusal.status == 410);
  }

  /**
   * Whether the answer to a status request means that the export will never be ready: not where
   * only the sign-in failed.
   */
  public static boolean endsExport(JobException failure) {
    return failure.getCause() instanceof ServerRefusal refusal
        && refusal.status != 401
        && refusal.status != 403;
  }
}
