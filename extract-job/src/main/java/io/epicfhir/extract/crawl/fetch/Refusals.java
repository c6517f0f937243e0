package io.epicfhir.extract.crawl.fetch;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.extract.crawl.pages.OutcomeCode;
import io.epicfhir.extract.source.answer.BrokenBody;
import io.epicfhir.extract.source.answer.PassingFailure;
import io.epicfhir.extract.source.answer.ServerRefusal;
import io.epicfhir.extract.source.answer.TooLong;
import io.epicfhir.extract.source.request.Ask;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** What a failed request means: a refusal of itself, something that is gone, or the run's end. */
final class Refusals {
  /** What came after all tries is no whole answer, such as a web page. */
  static final String BROKEN = "broken-answer";

  /** Nothing came after all tries, from a server that answers others. */
  static final String NO_ANSWER = "no-answer";

  /**
   * A redirect to another origin or to no address, or an answer beyond the limits of the source.
   */
  static final String UNUSABLE = "unusable-answer";

  /** What a proxy or a busy server says: it may hold for all requests. */
  static final Set<Integer> PERHAPS_DOWN = Set.of(408, 429, 502, 503, 504);

  private static final int UNAUTHORIZED = 401;
  private static final int GONE = 410;
  private static final int NOT_FOUND = 404;

  private final Ask metadata;
  private final Consumer<Ask> asking;
  private final FailuresInARow errors;
  private final FailuresInARow refusals;

  /**
   * @param metadata asks for the server's metadata
   * @param asking sends a request; throws where it fails
   */
  Refusals(Ask metadata, Consumer<Ask> asking) {
    this.metadata = metadata;
    this.asking = asking;
    this.errors = new FailuresInARow(metadata, asking);
    this.refusals = new FailuresInARow(metadata, asking);
  }

  /** The server has given what this asked for, and would do so again. */
  void succeeded(Ask ask) {
    errors.succeeded(ask);
    refusals.succeeded(ask);
  }

  /** The server has answered. */
  void answered() {
    errors.end();
    refusals.end();
  }

  /**
   * Of a page of a search.
   *
   * @param later whether it is not the first page: then it is the session that is not there
   */
  Answer ofSearch(About about, JobException failure, boolean later) {
    Answer answer = of(about, failure);
    int status = answer instanceof Answer.Refused refused ? refused.status() : 0;
    return status == GONE || (status == NOT_FOUND && later) ? new Answer.Expired() : answer;
  }

  /** Of a read: gone only where the FHIR server itself says that the resource is not there. */
  Answer ofRead(About about, JobException failure) {
    Answer answer = of(about, failure);
    boolean gone =
        answer instanceof Answer.Refused
            && ServerRefusal.of(failure).filter(ServerRefusal::saysNotThere).isPresent();
    return gone ? new Answer.Gone() : answer;
  }

  private Answer of(About about, JobException failure) {
    if (failure.getCause() instanceof TooLong) {
      return Answer.Refused.because(0, PageFetch.TOO_LONG, failure.getMessage());
    }
    if (failure.getCause() instanceof IOException lost) {
      String code = lost instanceof BrokenBody ? BROKEN : NO_ANSWER;
      requireServer(about, code, true, failure);
      return Answer.Refused.because(0, code, failure.getMessage());
    }
    if (failure.getCause() == null && failure.exitCode() == ExitCode.REFUSED) {
      return ofThis(about, 0, List.of(UNUSABLE), "", failure);
    }
    Optional<ServerRefusal> refusal = ServerRefusal.of(failure);
    int status = refusal.map(ServerRefusal::status).orElse(0);
    List<String> codes = refusal.map(ServerRefusal::codes).orElse(List.of());
    if (failure.getCause() instanceof PassingFailure passing) { // the last of all tries
      status = passing.status();
      codes = passing.codes();
    }
    if (status < 300) {
      throw failure;
    }
    if (codes.contains(OutcomeCode.EXPIRED)) {
      answered();
      return new Answer.Expired();
    }
    List<String> names = codes.isEmpty() ? List.of("http-" + status) : codes;
    String location = refusal.flatMap(ServerRefusal::location).orElse("");
    if (status == UNAUTHORIZED) {
      return ofThis(about, status, names, location, failure);
    }
    boolean dayIsOver = codes.contains(PageFetch.DAILY_LIMIT); // whatever status it comes with
    boolean perhapsDown = PERHAPS_DOWN.contains(status) && !dayIsOver;
    if (status >= 500 || perhapsDown) {
      requireServer(about, String.valueOf(status), perhapsDown, failure);
    } else {
      answered();
    }
    return refused(status, names, location, failure);
  }

  private static Answer refused(
      int status, List<String> names, String location, JobException failure) {
    return new Answer.Refused(
        status,
        names.stream().map(code -> new OutcomeCode(true, code)).toList(),
        location,
        failure.getMessage());
  }

  /**
   * One that is refused for a reason that can hold for all requests: where it does, the run ends.
   */
  private Answer ofThis(
      About about, int status, List<String> names, String location, JobException failure) {
    if (refusals.isEverything(about.type(), about.subject())) {
      throw failure;
    }
    return refused(status, names, location, failure);
  }

  /** One request that fails for good is one thing; a server that is down is another. */
  private void requireServer(
      About about, String answer, boolean perhapsDown, JobException failure) {
    if (errors.isEverything(about.type(), about.subject())) {
      throw new JobException(
          ExitCode.UNAVAILABLE,
          "Cannot continue the crawl: the server answered "
              + FailuresInARow.MOST
              + " requests in a row with errors such as "
              + answer
              + "; rerun when the server has recovered",
          failure);
    }
    if (perhapsDown) {
      try {
        asking.accept(metadata);
      } catch (JobException e) {
        failure.addSuppressed(e);
        throw failure;
      }
    }
  }
}
