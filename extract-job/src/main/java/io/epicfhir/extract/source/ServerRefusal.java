package io.epicfhir.extract.source;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import java.util.List;
import java.util.Optional;

/** The cause of a {@link JobException}: the server said no, with this status. */
public final class ServerRefusal extends Exception {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final transient List<String> codes;
  private final transient Optional<String> location;

  ServerRefusal(int status, List<String> codes, Optional<String> location) {
    super("status " + status);
    this.status = status;
    this.codes = codes;
    this.location = location;
  }

  static JobException because(int status, List<String> codes, String message) {
    return because(new ServerRefusal(status, codes, Optional.empty()), message);
  }

  static JobException because(ServerRefusal refusal, String message) {
    return new JobException(ExitCode.REFUSED, message, refusal);
  }

  /** The refusal that a failure comes from; empty where it comes from something else. */
  public static Optional<ServerRefusal> of(JobException failure) {
    return failure.getCause() instanceof ServerRefusal refusal
        ? Optional.of(refusal)
        : Optional.empty();
  }

  /** The HTTP status. */
  public int status() {
    return status;
  }

  /** The codes of the answer's OperationOutcome, the server's own before FHIR's; maybe none. */
  public List<String> codes() {
    return codes;
  }

  /** Where a redirect that was not followed leads. */
  public Optional<String> location() {
    return location;
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
