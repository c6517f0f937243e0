package io.epicfhir.extract.crawl.cohort;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.extract.crawl.fetch.Answer;
import io.epicfhir.extract.crawl.fetch.PageFetch;
import io.epicfhir.extract.crawl.pages.Entry;
import io.epicfhir.extract.crawl.pages.OutcomeCode;
import io.epicfhir.extract.crawl.pages.OutcomePolicy;
import io.epicfhir.extract.crawl.pages.Page;
import io.epicfhir.extract.crawl.pages.SearchTally;
import io.epicfhir.extract.crawl.settings.CohortSettings;
import io.epicfhir.extract.crawl.settings.CrawlSettings;
import io.epicfhir.extract.source.request.Link;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Searches that find patients, page by page. */
final class PatientSearch {
  private static final String PATIENT = "Patient";
  private static final Set<Integer> NO_POST = Set.of(404, 405, 415, 501);
  private static final String A_SEARCH = "a search of patients";

  private final CrawlSettings settings;
  private final URI base;
  private final PageFetch fetch;

  PatientSearch(CrawlSettings settings, URI base, PageFetch fetch) {
    this.settings = settings;
    this.base = base;
    this.fetch = fetch;
  }

  /** A search's first page, and the address that its next link is relative to. */
  private record First(URI url, Supplier<Answer> page) {}

  private First byGet(String query) {
    URI url = url(query, settings.pageSize());
    return new First(url, () -> fetch.page(PATIENT, query, url, 1));
  }

  /** An MRN in an address would stand in the logs of every server on the way. */
  private First first(String query) {
    if (settings.cohort().mrnSearch() == CohortSettings.MrnSearch.GET) {
      return byGet(query);
    }
    URI url = URI.create(base + "/Patient/_search");
    String form = query + "&_count=" + settings.pageSize();
    return new First(url, () -> posted(fetch.posted(PATIENT, url, form)));
  }

  private static Answer posted(Answer answer) {
    if (answer instanceof Answer.Refused no && NO_POST.contains(no.status())) {
      throw refused(
          "POST Patient/_search",
          "the server does not support searches by POST; set crawl.patients.mrn-search = get (MRNs then appear in"
              + " URLs and in server logs)");
    }
    return answer;
  }

  /** The ids of all patients that a search finds; its address may be shown. */
  List<String> all(String query) {
    return search(byGet(query));
  }

  /** The id of the first patient that a search finds; empty where there is none. */
  List<String> one(String query) {
    return found(page(fetch.page(PATIENT, query, url(query, 1), 1), A_SEARCH)).toList();
  }

  /** The ids of the patients with an identifier, in the way that the settings say. */
  List<String> byIdentifier(String query) {
    return search(first(query));
  }

  /** A search whose session expires begins again, as a crawl's others do. */
  private List<String> search(First first) {
    for (int restart = 0; restart < settings.restarts(); restart++) {
      Optional<List<String>> found = once(first, false);
      if (found.isPresent()) {
        return found.get();
      }
    }
    return once(first, true).orElseThrow();
  }

  /** Empty where the session expired, unless this is the last try. */
  private Optional<List<String>> once(First first, boolean last) {
    List<String> ids = new ArrayList<>();
    SearchTally tally = new SearchTally();
    Set<URI> seen = new LinkedHashSet<>();
    URI url = first.url();
    for (int number = 1; number <= settings.maxPages(); number++) {
      Answer answer = number == 1 ? first.page().get() : fetch.page(PATIENT, A_SEARCH, url, number);
      if (answer instanceof Answer.Expired && !last) {
        return Optional.empty();
      }
      Page page = page(answer, A_SEARCH);
      tally.took(page.entries(), page.total());
      found(page).forEach(ids::add);
      if (page.next().isEmpty()) {
        requireComplete(tally.missing().stream().toList(), A_SEARCH);
        return Optional.of(ids);
      }
      URI next = following(url, page.next());
      if (!seen.add(url) || seen.contains(next)) {
        throw refused(A_SEARCH, "its next link leads to a page that came before");
      }
      url = next;
    }
    throw refused(A_SEARCH, "it has more pages than crawl.max-pages");
  }

  private URI url(String query, int count) {
    return URI.create(base + "/Patient?" + query + "&_count=" + count);
  }

  private static Stream<String> found(Page page) {
    return page.entries().stream()
        .filter(e -> e.type().equals(PATIENT) && e.matched() && !e.id().isEmpty())
        .map(Entry::id);
  }

  private static URI following(URI url, String next) {
    try {
      return Link.resolve(url, next);
    } catch (IllegalArgumentException e) {
      throw refused(A_SEARCH, "its next link cannot be read");
    }
  }

  /**
   * A page that is there and complete.
   *
   * @param what it is of, for messages
   */
  Page page(Answer answer, String what) {
    if (!(answer instanceof Answer.Got got)) {
      throw notFound(answer, what);
    }
    requireComplete(got.page().outcomes(), what);
    return got.page();
  }

  private static JobException notFound(Answer answer, String what) {
    if (answer instanceof Answer.Expired) {
      return refused(what, "its session expires again and again");
    }
    if (!(answer instanceof Answer.Refused refused)) {
      return refused(what, "the server does not have it");
    }
    String why = "the server refused it (" + String.join(", ", refused.names()) + ")";
    String said = refused.said().isEmpty() ? why : why + ": " + refused.said();
    return refused.isServersTrouble()
        ? new JobException(
            ExitCode.UNAVAILABLE, "Cannot find the patients by " + what + ": " + said)
        : refused(what, said);
  }

  private void requireComplete(List<OutcomeCode> codes, String what) {
    Set<String> bad = OutcomePolicy.of(settings).incomplete(codes);
    if (!OutcomePolicy.of(settings).accepted(bad)) {
      throw new JobException(
          ExitCode.DATA_REFUSED,
          "Cannot find the patients by "
              + what
              + ": the server's answer may be incomplete "
              + bad
              + "; narrow crawl.patients.search, extend the client's permissions, or add the code to"
              + " crawl.accepted-errors to crawl only the patients that were found");
    }
  }

  private static JobException refused(String what, String why) {
    return new JobException(
        ExitCode.REFUSED,
        "Cannot find the patients by "
            + what
            + ": "
            + why
            + "; check crawl.patients and the client's permissions");
  }
}
