package io.epicfhir.extract.source.answer;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.extract.source.request.Ask;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What an answer that is no success means: later, or never. A 5xx is never the last word, also
 * where the server puts it in an OperationOutcome: that it has failed once says nothing of the next
 * try.
 */
public final class Answers {
  private static final Set<Integer> BUSY = Set.of(429, 503);
  private static final Set<Integer> GATEWAY = Set.of(408, 502, 504);
  private static final Set<Integer> PASSING = Set.of(408, 429);

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
            + outcome
                .map(o -> " (" + o.codes() + ")")
                .orElse(reply.isWebPage() ? " (a web page)" : "");
    boolean passing =
        status >= 500
            || PASSING.contains(status)
            || (ask.repeatable() && asksForPatience(status, outcome));
    if (passing && (ask.repeatable() || didNothing(status, outcome))) {
      throw new PassingFailure(
          answer + requestId(reply), status, ofRequest(status, outcome), codes, wait(reply, clock));
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
    return new MaybeDone(
        ExitCode.UNAVAILABLE,
        "Cannot tell whether the server carried out the request: "
            + ask.what()
            + ", "
            + answer
            + "; rerun: the next try sends it again"
            + ask.at(),
        cause);
  }

  /**
   * Makes sure that an answer is the JSON object that was asked for. What is none, such as a
   * gateway's page or nothing, and an OperationOutcome that asks for patience, may be another thing
   * at the next try.
   */
  public static void requireObject(Reply reply, Clock clock) throws PassingFailure {
    Optional<Outcome> patience = reply.outcome().filter(Outcome::passing);
    if (reply.status() == 200 && patience.isEmpty() && reply.isObject()) {
      return;
    }
    String what =
        patience
            .map(o -> " (" + o.codes() + ")")
            .orElse(reply.isWebPage() ? " (a web page)" : " and no JSON object");
    throw new PassingFailure(
        "the server answered " + reply.status() + what + requestId(reply),
        reply.status(),
        false,
        List.of(),
        wait(reply, clock));
  }

  private static Optional<Duration> wait(Reply reply, Clock clock) {
    return RetryAfter.of(reply.header("Retry-After"), reply.header("Date"), clock);
  }

  /** 4xx with a code of FHIR's that says that a later try may succeed. */
  private static boolean asksForPatience(int status, Optional<Outcome> outcome) {
    boolean settled = status == 401 || status == 410;
    return status >= 400 && !settled && outcome.filter(Outcome::passing).isPresent();
  }

  /**
   * Whether the server says that it has done nothing of what was asked for: it is busy, or it
   * failed, in FHIR's words, and does not say that it may come yet.
   */
  private static boolean didNothing(int status, Optional<Outcome> outcome) {
    return BUSY.contains(status) || outcome.filter(o -> o.severe() && !o.passing()).isPresent();
  }

  /** A 4xx is about the request, whatever it says; a 5xx where the server is not down. */
  private static boolean ofRequest(int status, Optional<Outcome> outcome) {
    boolean down = BUSY.contains(status) || GATEWAY.contains(status);
    return !down && (status < 500 || outcome.filter(Outcome::busy).isEmpty());
  }

  /** Of the server's own text only words that name nobody. */
  private static String reason(Outcome outcome) {
    return outcome.words().isEmpty()
        ? ""
        : "; its OperationOutcome mentions " + String.join(", ", outcome.words());
  }

  /** What the server's operator finds the request by. */
  public static String requestId(Reply reply) {
    return reply.requestId().map(id -> " [the server's request id: " + id + "]").orElse("");
  }

  private static String advice(int status) {
    if (status >= 300 && status < 400) {
      return ", a redirect that is not followed because it points to something other than what was requested;"
          + " if the server has moved, put its new address into source.base-url";
    }
    return switch (status) {
      case 401, 403 -> "; check the client's registration and source.scopes";
      case 404, 410 -> "; check that it exists and that the client may see it";
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
