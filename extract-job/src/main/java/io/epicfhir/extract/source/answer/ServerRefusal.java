package io.epicfhir.extract.source.answer;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** The cause of a {@link JobException}: the server said no, with this status. */
public final class ServerRefusal extends Exception {
  private static final long serialVersionUID = 1L;

  /** The code of an answer that never came whole, or was something else than FHIR. */
  public static final String UNREADABLE = "unreadable-answer";

  private final int status;
  private final transient List<String> codes;
  private final transient Optional<String> location;
  private final transient String words;
  private final boolean webPage;

  private ServerRefusal(
      int status, List<String> codes, Optional<String> location, String words, boolean webPage) {
    super("status " + status);
    this.webPage = webPage;
    this.status = status;
    this.codes = codes;
    this.location = location;
    this.words = words;
  }

  public static JobException because(int status, List<String> codes, String message) {
    return new JobException(
        ExitCode.REFUSED, message, new ServerRefusal(status, codes, Optional.empty(), "", false));
  }

  static JobException because(Reply reply, List<String> codes, String message) {
    return new JobException(
        ExitCode.REFUSED,
        message,
        new ServerRefusal(
            reply.status(), codes, reply.header("Location"), reply.text(), reply.isWebPage()));
  }

  /**
   * The refusal that a failure comes from; empty where it comes from something else. A request that
   * failed at every try with 500 or its like counts: it is this request that the server cannot
   * answer. So does an answer that never came whole, with status 200 and {@link #UNREADABLE}. A
   * server that is down (502, 503, 504, 429, code transient, no connection) refuses nothing.
   */
  public static Optional<ServerRefusal> of(JobException failure) {
    if (failure.getCause() instanceof ServerRefusal refusal) {
      return Optional.of(refusal);
    }
    if (failure.getCause() instanceof PassingFailure passing && passing.ofRequest()) {
      return Optional.of(
          new ServerRefusal(passing.status(), passing.codes(), Optional.empty(), "", false));
    }
    return failure.getCause() instanceof BrokenBody
        ? Optional.of(new ServerRefusal(200, List.of(UNREADABLE), Optional.empty(), "", false))
        : Optional.empty();
  }

  /** The HTTP status: 3xx for a redirect that was not followed, 4xx, or 5xx. */
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

  /** Whether the answer's words have something in them; they may name patients. */
  public boolean says(Pattern pattern) {
    return pattern.matcher(words).find();
  }

  /**
   * Whether the FHIR server itself says that the resource does not exist or was deleted: by 404
   * with an OperationOutcome of that meaning, or by 410 with one that does not mean something else.
   * A gateway without a route answers with a web page or other text.
   */
  public boolean saysNotThere() {
    if (status != 404 && status != 410) {
      return false;
    }
    boolean goneByStatus = status == 410;
    return Outcome.of(words.getBytes(StandardCharsets.UTF_8))
        .map(outcome -> outcome.notThere(goneByStatus))
        .orElse(goneByStatus && words.isBlank());
  }

  /** Whether the failure is a server's word that what was asked for is not there, or no longer. */
  public static boolean gone(JobException failure) {
    return failure.getCause() instanceof ServerRefusal refusal
        && (refusal.status == 404 || refusal.status == 410);
  }

  /**
   * Whether the answer to a status request means that the export will never be ready: it is not
   * there, or the server refuses the request in FHIR's words. Not where only the sign-in failed, or
   * where a gateway's page says so: exports take days, and outlive that.
   */
  public static boolean endsExport(JobException failure) {
    return (gone(failure) && !byGateway(failure))
        || (failure.getCause() instanceof ServerRefusal refusal
            && refusal.status >= 400
            && refusal.status < 500
            && refusal.status != 401
            && refusal.status != 403
            && !refusal.codes.isEmpty());
  }

  /**
   * Whether a 404 may be the word of something before the server, such as a proxy without a route
   * while the server is started anew: it has text, and none of FHIR's words.
   */
  public static boolean maybeNoRoute(JobException failure) {
    return failure.getCause() instanceof ServerRefusal refusal
        && refusal.status == 404
        && refusal.codes.isEmpty()
        && !refusal.words.isBlank();
  }

  /** Whether a web page says it: a gateway before the server, which knows nothing of FHIR. */
  public static boolean byGateway(JobException failure) {
    return failure.getCause() instanceof ServerRefusal refusal && refusal.webPage;
  }
}
