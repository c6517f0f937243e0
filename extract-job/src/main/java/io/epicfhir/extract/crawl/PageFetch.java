package io.epicfhir.extract.crawl;

import io.epicfhir.common.JobException;
import io.epicfhir.extract.source.Ask;
import io.epicfhir.extract.source.ServerRefusal;
import io.epicfhir.extract.source.SourceClient;
import io.epicfhir.extract.source.TooLong;
import io.epicfhir.extract.source.Traffic;
import java.net.URI;
import java.util.List;
import java.util.Optional;

/**
 * Asks for pages and resources. What the server says about one search is an answer; what holds for
 * all of them (no sign-in, no server, a link to another origin) ends the run.
 */
final class PageFetch {
  static final String TOO_LONG = "too-long";
  private static final String FHIR = "application/fhir+json";

  private final SourceClient client;
  private final Traffic traffic;
  private final References references;
  private final int longest;

  PageFetch(SourceClient client, Traffic traffic, References references, int longest) {
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
  Answer page(String what, URI url, int number) {
    try {
      Page page =
          client.fetch(
              Ask.get("search " + what, url, FHIR),
              traffic,
              longest,
              reply -> PageScan.page(reply.body(), references));
      return page.expired() ? new Answer.Expired() : new Answer.Got(page);
    } catch (JobException e) {
      return refused(e, status -> status == 410 || (status == 404 && number > 1), s -> false);
    }
  }

  /** A resource by its id. */
  Answer resource(String type, URI url, int most) {
    try {
      return new Answer.Got(
          client.fetch(
              Ask.get("read " + type, url, FHIR),
              traffic,
              Math.min(most, longest),
              reply -> {
                String media = reply.contentType();
                if (type.equals(Hydration.BINARY) && !media.isEmpty() && !media.contains("json")) {
                  return raw(reply.body());
                }
                return PageScan.resource(reply.body(), references);
              }));
    } catch (JobException e) {
      return refused(e, status -> false, status -> status == 404 || status == 410);
    }
  }

  /** Servers may send a document as it is, whatever they are asked for. */
  private static Page raw(byte[] body) {
    Entry entry = new Entry(Entry.Kind.RAW, Hydration.BINARY, "", 0, body.length);
    return new Page(Bytes.of(body), List.of(entry), "", List.of(), List.of());
  }

  private interface Status {
    boolean is(int status);
  }

  private static Answer refused(JobException failure, Status expired, Status gone) {
    if (failure.getCause() instanceof TooLong) {
      return Answer.Refused.because(0, TOO_LONG);
    }
    Optional<ServerRefusal> refusal = ServerRefusal.of(failure);
    if (refusal.isEmpty() || refusal.get().status() < 400 || refusal.get().status() == 401) {
      throw failure;
    }
    int status = refusal.get().status();
    List<String> codes = refusal.get().codes();
    if (codes.contains(OutcomeCode.EXPIRED) || expired.is(status)) {
      return new Answer.Expired();
    }
    if (gone.is(status)) {
      return new Answer.Gone();
    }
    return codes.isEmpty()
        ? Answer.Refused.because(status, "http-" + status)
        : new Answer.Refused(
            status, codes.stream().map(code -> new OutcomeCode(true, code)).toList());
  }
}
