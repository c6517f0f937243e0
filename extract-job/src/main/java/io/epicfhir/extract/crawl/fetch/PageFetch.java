package io.epicfhir.extract.crawl.fetch;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.extract.crawl.pages.OutcomeCode;
import io.epicfhir.extract.crawl.pages.Page;
import io.epicfhir.extract.crawl.pages.PageScan;
import io.epicfhir.extract.crawl.pages.References;
import io.epicfhir.extract.source.SourceClient;
import io.epicfhir.extract.source.answer.BrokenBody;
import io.epicfhir.extract.source.answer.PassingFailure;
import io.epicfhir.extract.source.answer.ServerRefusal;
import io.epicfhir.extract.source.answer.TooLong;
import io.epicfhir.extract.source.request.Ask;
import io.epicfhir.extract.source.request.Traffic;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Asks for pages and resources. What the server says about one search is an answer, a 5xx after all
 * tries too; what holds for all of them (no sign-in, no server, a link to another origin) ends the
 * run.
 */
public final class PageFetch {
  public static final String TOO_LONG = "too-long";

  /** What came after all tries is no whole answer, such as a web page. */
  static final String BROKEN = "broken-answer";

  /** Nothing came after all tries, from a server that answers others. */
  static final String NO_ANSWER = "no-answer";

  /** Epic's code of its daily limit of documents. */
  public static final String DAILY_LIMIT = "4135";

  public static final String FHIR = "application/fhir+json";

  /** So many different requests in a row that end with 5xx: the server is down. */
  private static final int MOST_IN_A_ROW = 20;

  /** What a proxy or a busy server says: it may hold for all requests. */
  private static final Set<Integer> PERHAPS_DOWN = Set.of(408, 502, 503, 504);

  /** FHIR's code for a type or an operation that the server does not have. */
  private static final String NOT_SUPPORTED = "not-supported";

  private static final int TOO_MANY = 429;
  private static final int LONGEST_METADATA = 64 << 20;

  private final SourceClient client;
  private final Traffic traffic;
  private final References references;
  private final int longest;
  private final AtomicInteger failedInARow = new AtomicInteger();

  public PageFetch(SourceClient client, Traffic traffic, References references, int longest) {
    this.client = client;
    this.traffic = traffic;
    this.references = references;
    this.longest = longest;
  }

  /**
   * One page of a search.
   *
   * @param what names the search without its patient
   * @param number the page's, from 1 on
   */
  public Answer page(String what, URI url, int number) {
    return page(Ask.get("search " + what, url, FHIR), number);
  }

  /** The first page of a search by POST. */
  public Answer posted(String what, URI url, String query) {
    return page(Ask.search("search " + what, url, FHIR, query), 1);
  }

  private Answer page(Ask ask, int number) {
    try {
      Page page =
          client.fetch(ask, traffic, longest, reply -> PageScan.page(reply.body(), references));
      failedInARow.set(0);
      return page.expired() ? new Answer.Expired() : new Answer.Got(page);
    } catch (JobException e) {
      return refused(
          e, status -> status == 410 || (status == 404 && number > 1), (status, codes) -> false);
    }
  }

  /** A resource by its id. */
  public Answer resource(String type, URI url) {
    try {
      Page page =
          client.fetch(
              Ask.get("read " + type, url, FHIR),
              traffic,
              longest,
              reply -> PageScan.resource(reply.body(), references));
      failedInARow.set(0);
      return new Answer.Got(page);
    } catch (JobException e) {
      return refused(e, status -> false, PageFetch::resourceIsGone);
    }
  }

  /**
   * A 404 says that a resource is not there only where it comes from the FHIR server, with an
   * OperationOutcome. A gateway without a route answers 404 with a web page or nothing, and a
   * server that does not know the type says not-supported.
   */
  private static boolean resourceIsGone(int status, List<String> codes) {
    return status == 410 || (status == 404 && !codes.isEmpty() && !codes.contains(NOT_SUPPORTED));
  }

  /**
   * A document by its id, as a Binary resource whatever the server sends it as.
   *
   * @param accept the media type that is asked for
   * @param most bytes of the longest Binary
   */
  public Answer document(URI url, String id, String accept, int most) {
    try {
      Page page =
          client.fetch(
              Ask.get("read Binary", url, accept),
              traffic,
              Math.min(most, longest),
              reply ->
                  RawDocument.page(
                      id, reply.header("Content-Type").orElse(""), reply.body(), references));
      failedInARow.set(0);
      return page.entries().stream().anyMatch(entry -> entry.length() > most)
          ? Answer.Refused.because(0, TOO_LONG)
          : new Answer.Got(page);
    } catch (JobException e) {
      return refused(e, status -> false, (status, codes) -> status == 404 || status == 410);
    }
  }

  private interface Status {
    boolean is(int status);
  }

  private interface StatusAndCodes {
    boolean are(int status, List<String> codes);
  }

  private Answer refused(JobException failure, Status expired, StatusAndCodes gone) {
    if (failure.getCause() instanceof TooLong) {
      return Answer.Refused.because(0, TOO_LONG);
    }
    if (failure.getCause() instanceof IOException lost) {
      String code = lost instanceof BrokenBody ? BROKEN : NO_ANSWER;
      requireServer(code, true, failure);
      return Answer.Refused.because(0, code);
    }
    Optional<ServerRefusal> refusal = ServerRefusal.of(failure);
    int status = refusal.map(ServerRefusal::status).orElse(0);
    List<String> codes = refusal.map(ServerRefusal::codes).orElse(List.of());
    if (failure.getCause() instanceof PassingFailure passing) { // the last of all tries
      status = passing.status();
      codes = passing.codes();
    }
    boolean dayIsOver = codes.contains(DAILY_LIMIT); // whatever status it comes with
    if (status < 300 || status == 401 || (status == TOO_MANY && !dayIsOver)) {
      throw failure;
    }
    if (status >= 500 || PERHAPS_DOWN.contains(status)) {
      requireServer(String.valueOf(status), PERHAPS_DOWN.contains(status), failure);
    } else {
      failedInARow.set(0);
    }
    if (codes.contains(OutcomeCode.EXPIRED) || expired.is(status)) {
      return new Answer.Expired();
    }
    if (gone.are(status, codes)) {
      return new Answer.Gone();
    }
    List<String> names = codes.isEmpty() ? List.of("http-" + status) : codes;
    return new Answer.Refused(
        status,
        names.stream().map(code -> new OutcomeCode(true, code)).toList(),
        refusal.flatMap(ServerRefusal::location).orElse(""));
  }

  /** One request that fails for good is one thing; a server that is down is another. */
  private void requireServer(String answer, boolean perhapsDown, JobException failure) {
    if (failedInARow.incrementAndGet() >= MOST_IN_A_ROW) {
      throw new JobException(
          ExitCode.UNAVAILABLE,
          "Cannot go on with the crawl: the server answered "
              + MOST_IN_A_ROW
              + " requests in a row with errors such as "
              + answer
              + "; rerun when the server is well",
          failure);
    }
    if (perhapsDown) {
      URI metadata = URI.create(references.base() + "metadata");
      try {
        client.fetch(Ask.get("read " + metadata, metadata, FHIR), traffic, LONGEST_METADATA);
      } catch (JobException e) {
        failure.addSuppressed(e);
        throw failure;
      }
    }
  }
}
