package io.epicfhir.extract.source.answer;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.extract.source.request.Ask;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Tells what an answer that is no success means: later, or never. */
public final class Answers {
  private static final Set<Integer> BUSY = Set.of(429, 503);
  private static final Set<Integer> GATEWAY = Set.of(408, 502, 504);

  private Answers() {}

  /**
   * Returns for a 2xx answer.
   *
   * @throws PassingFailure where a later try may succeed
   * @throws JobException {@link ExitCode#REFUSED} where none will; {@link ExitCode#UNAVAILABLE}
   *     where it is not known whether a request that must not be repeated was carried out
   */
  public static void check(Ask ask, Reply reply, Clock clock) throws PassingFailure {
    int status = reply.status();
    if (status >= 200 && status < 300) {
      return;
    }
    Optional<Outcome> outcome = reply.outcome();
    List<String> codes = outcome.map(Outcome::ownCodes).orElse(List.of());
    String answer =
        "the server answered "
            + status
            + outcome.map(o -> " (" + o.codes() + ")").orElse(isHtml(reply) ? " (a web page)" : "");
    boolean known = BUSY.contains(status);
    boolean passing = known || GATEWAY.contains(status) || serverTrouble(status, outcome);
    if (passing && (known || ask.repeatable())) {
      throw new PassingFailure(
          answer + requestId(reply),
          status,
          ofRequest(status, outcome),
          codes,
          RetryAfter.of(reply.header("Retry-After"), reply.header("Date"), clock));
    }
    if (passing) {
      throw lost(ask, answer + requestId(reply), null);
    }
    throw ServerRefusal.because(
        reply,
        codes,
        "Cannot "
            + ask.what()
            + ": "
            + answer
            + outcome.map(Answers::reason).orElse("")
            + advice(status)
            + requestId(reply)
            + ask.at());
  }

  /** A request that must not be repeated may or may not have been carried out. */
  public static JobException lost(Ask ask, String answer, Exception cause) {
    return new JobException(
        ExitCode.UNAVAILABLE,
        "Cannot tell whether the server did it: "
            + ask.what()
            + ", "
            + answer
            + "; rerun: the next try asks again"
            + ask.at(),
        cause);
  }

  /** 5xx: an OperationOutcome decides; without one (a proxy's page) it may pass. */
  private static boolean serverTrouble(int status, Optional<Outcome> outcome) {
    return status >= 500 && outcome.map(o -> o.passing() || !o.severe()).orElse(true);
  }

  private static boolean ofRequest(int status, Optional<Outcome> outcome) {
    boolean down = BUSY.contains(status) || GATEWAY.contains(status);
    return status >= 500 && !down && outcome.filter(Outcome::busy).isEmpty();
  }

  private static boolean isHtml(Reply reply) {
    return reply.contentType().contains("html");
  }

  /** Of the server's own text only words that name nobody. */
  private static String reason(Outcome outcome) {
    return outcome.words().isEmpty()
        ? ""
        : "; its reason names " + String.join(", ", outcome.words());
  }

  /** What the server's operator finds the request by. */
  public static String requestId(Reply reply) {
    return reply.requestId().map(id -> " [the server's request id: " + id + "]").orElse("");
  }

  private static String advice(int status) {
    if (status >= 300 && status < 400) {
      return ", a redirect that is not followed, as it leads to something else than what was asked"
          + " for; where the server has moved, put its new address into source.base-url";
    }
    return switch (status) {
      case 401, 403 -> "; check the application's registration and source.scopes";
      case 404, 410 -> "; check that it exists and that the application may see it";
      default -> "; see the server's log for this request";
    };
  }

  /** A web page that came with 200 is a proxy's; other names of NDJSON are let through. */
  public static boolean isNdjson(String contentType) throws PassingFailure {
    if (contentType.contains("html")) {
      throw new PassingFailure("a web page in place of the file", Optional.empty());
    }
    return contentType.isEmpty()
        || contentType.contains("json")
        || contentType.contains("octet-stream")
        || contentType.contains("gzip")
        || contentType.contains("text/plain");
  }
}
