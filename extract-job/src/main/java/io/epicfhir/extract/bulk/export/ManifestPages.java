package io.epicfhir.extract.bulk.export;

import io.epicfhir.common.JobException;
import io.epicfhir.extract.bulk.manifest.Manifest;
import io.epicfhir.extract.source.answer.Answers;
import io.epicfhir.extract.source.answer.PassingFailure;
import io.epicfhir.extract.source.answer.Reply;
import io.epicfhir.extract.source.answer.ServerRefusal;
import java.io.IOException;
import java.net.URI;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads a manifest to its last page. */
final class ManifestPages {
  private static final int MOST_PAGES = 100_000;

  private final BulkExport bulk;
  private final Clock clock;
  private final List<String> texts = new ArrayList<>();
  private Reply reply;
  private URI url;
  private boolean asking;

  /** From the answer to a status request on. */
  ManifestPages(BulkExport bulk, Clock clock, URI statusUrl, Reply first) {
    this.bulk = bulk;
    this.clock = clock;
    this.url = statusUrl;
    this.reply = first;
  }

  /**
   * The pages, verbatim.
   *
   * @throws PassingFailure where a page is not there or is no JSON object: its link may have
   *     expired, or a gateway answered, so the next look begins with the first page again
   * @throws JobException where a page cannot be used
   */
  List<String> read() throws IOException, PassingFailure {
    Set<URI> seen = new HashSet<>();
    Optional<URI> next = taken();
    while (next.isPresent()) {
      if (!seen.add(next.get()) || seen.size() > MOST_PAGES) {
        throw Manifest.refused("its next links form a loop");
      }
      url = next.get();
      reply = page();
      next = taken();
    }
    return texts;
  }

  private Optional<URI> taken() throws PassingFailure {
    Answers.requireObject(reply, clock);
    texts.add(reply.text());
    return Manifest.next(reply.text(), reply.from().orElse(url));
  }

  private Reply page() throws IOException, PassingFailure {
    try {
      asking = true;
      Reply page = bulk.manifestPage(url);
      asking = false;
      return page;
    } catch (JobException e) {
      if (ServerRefusal.of(e).isEmpty()) {
        throw e;
      }
      throw new PassingFailure(
          "its manifest could not be read to the end (" + e.getMessage() + ")", Optional.empty());
    }
  }

  /** Whether it was a request for a page that failed, and not the manifest. */
  boolean asking() {
    return asking;
  }

  /** What was read, for a person to look at. */
  String verbatim() {
    return String.join("\n", texts);
  }

  /** The same refusal with where the page came from. */
  JobException located(JobException refusal) {
    return new JobException(
        refusal.exitCode(),
        refusal.getMessage() + Answers.requestId(reply) + bulk.at(url),
        refusal.getCause());
  }
}
