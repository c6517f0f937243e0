package io.epicfhir.extract.crawl.fetch;

import io.epicfhir.common.JobException;
import io.epicfhir.extract.crawl.pages.Page;
import io.epicfhir.extract.crawl.pages.PageScan;
import io.epicfhir.extract.crawl.pages.References;
import io.epicfhir.extract.source.SourceClient;
import io.epicfhir.extract.source.answer.Answers;
import io.epicfhir.extract.source.answer.Reply;
import io.epicfhir.extract.source.request.Ask;
import io.epicfhir.extract.source.request.Traffic;
import java.io.IOException;
import java.net.URI;
import java.util.Optional;

/**
 * Asks for pages and resources. What the server says about one search or read is an answer, a 5xx
 * after all tries and a redirect to another origin too; what holds for all of them (no sign-in, no
 * server) ends the run.
 */
public final class PageFetch {
  public static final String TOO_LONG = "too-long";

  /** Epic's code of its daily limit of documents. */
  public static final String DAILY_LIMIT = "4135";

  public static final String FHIR = "application/fhir+json";

  /** The media type of a document of which nothing announced one. */
  public static final String ANY_TYPE = "*/*";

  private static final int OK = 200;
  private static final int LONGEST_METADATA = 64 << 20;

  private final SourceClient client;
  private final Traffic traffic;
  private final References references;
  private final int longest;
  private final Refusals refusals;

  public PageFetch(SourceClient client, Traffic traffic, References references, int longest) {
    this.client = client;
    this.traffic = traffic;
    this.references = references;
    this.longest = longest;
    URI metadata = URI.create(references.base() + "metadata");
    this.refusals =
        new Refusals(
            Ask.get("read " + metadata, metadata, FHIR),
            ask -> client.fetch(ask, traffic, Math.max(longest, LONGEST_METADATA)));
  }

  /** Which references of what comes are looked for. */
  public References references() {
    return references;
  }

  /**
   * One page of a search.
   *
   * @param what names the search without its patient
   * @param patient whose search it is; never shown
   * @param number the page's, from 1 on
   */
  public Answer page(String what, String patient, URI url, int number) {
    return page(new About(what, patient), Ask.get("search " + what, url, FHIR), number);
  }

  /** The first page of a search by POST. */
  public Answer posted(String what, URI url, String query) {
    return page(new About(what, query), Ask.search("search " + what, url, FHIR, query), 1);
  }

  private Answer page(About about, Ask ask, int number) {
    try {
      Answer answer = fetch(ask, longest, reply -> PageScan.page(reply.body(), references));
      answered(answer, number == 1 && ask.repeatable() ? Optional.of(ask) : Optional.empty());
      boolean expired = answer instanceof Answer.Got got && got.page().expired();
      return expired ? new Answer.Expired() : answer;
    } catch (JobException e) {
      return refusals.ofSearch(about, e, number > 1);
    }
  }

  /**
   * A resource by its id.
   *
   * @param id as it is asked for; never shown
   */
  public Answer resource(String type, String id, URI url) {
    Ask ask = Ask.get("read " + type, url, FHIR);
    try {
      Answer answer = fetch(ask, longest, reply -> PageScan.resource(reply.body(), references));
      answered(answer, Optional.of(ask));
      return answer;
    } catch (JobException e) {
      return refusals.ofRead(new About(type, id), e);
    }
  }

  /**
   * A document by its id, as a Binary resource whatever the server sends it as.
   *
   * @param accept the media type that is asked for
   * @param announced the media type by what points to it; {@link #ANY_TYPE} where that is not known
   * @param most bytes of the longest Binary
   */
  public Answer document(URI url, String id, String accept, String announced, int most) {
    Ask ask = Ask.get("read Binary", url, accept);
    try {
      Answer answer =
          client.fetch(
              ask,
              traffic,
              Math.min(most, longest),
              reply -> {
                String type = reply.header("Content-Type").orElse("");
                Optional<String> odd = RawDocument.problem(reply, announced);
                return odd.isPresent()
                    ? odd(ask, reply, odd.get())
                    : new Answer.Got(
                        RawDocument.page(id, type, reply.body(), references), trace(ask, reply));
              });
      answered(answer, Optional.empty());
      boolean tooLong =
          answer instanceof Answer.Got got
              && got.page().entries().stream().anyMatch(entry -> entry.length() > most);
      return tooLong ? Answer.Refused.because(0, TOO_LONG) : answer;
    } catch (JobException e) {
      return refusals.ofRead(new About(RawDocument.BINARY, id), e);
    }
  }

  private interface Scan {
    Page read(Reply reply) throws IOException;
  }

  /** Only 200 comes with all that was asked for: 202 announces it, 206 is a part of it. */
  private Answer fetch(Ask ask, int most, Scan scan) {
    return client.fetch(
        ask,
        traffic,
        most,
        reply ->
            reply.status() == OK
                ? new Answer.Got(scan.read(reply), trace(ask, reply))
                : odd(ask, reply, "http-" + reply.status()));
  }

  private static String trace(Ask ask, Reply reply) {
    return (Answers.requestId(reply) + ask.at()).strip();
  }

  private static Answer odd(Ask ask, Reply reply, String code) {
    String said = "Cannot " + ask.what() + ": the server answered " + reply.status();
    String why = code.startsWith("http-") ? "" : " (" + code + ")";
    return Answer.Refused.because(reply.status(), code, said + why + " " + trace(ask, reply));
  }

  private void answered(Answer answer, Optional<Ask> again) {
    if (answer instanceof Answer.Got && again.isPresent()) {
      refusals.succeeded(again.get());
    } else {
      refusals.answered();
    }
  }
}
