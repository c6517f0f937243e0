package io.epicfhir.extract.crawl.search;

import io.epicfhir.common.JobException;
import io.epicfhir.extract.bronze.JsonBytes;
import io.epicfhir.extract.crawl.cohort.Cohort;
import io.epicfhir.extract.crawl.fetch.Answer;
import io.epicfhir.extract.crawl.fetch.PageFetch;
import io.epicfhir.extract.crawl.fetch.Workers;
import io.epicfhir.extract.crawl.pages.Entry;
import io.epicfhir.extract.crawl.pages.OutcomeCode;
import io.epicfhir.extract.crawl.pages.OutcomePolicy;
import io.epicfhir.extract.crawl.pages.Page;
import io.epicfhir.extract.crawl.pages.References;
import io.epicfhir.extract.crawl.pages.SearchTally;
import io.epicfhir.extract.crawl.settings.CrawlSettings;
import io.epicfhir.extract.crawl.settings.Search;
import io.epicfhir.extract.crawl.settings.SearchPlan;
import io.epicfhir.extract.source.SourceClient;
import io.epicfhir.extract.source.request.Link;
import io.epicfhir.extract.source.request.Traffic;
import io.epicfhir.extract.source.settings.SourceSettings;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Tries each search of the plan once, for one patient of the cohort; nothing is kept. */
public final class SearchTrials {
  private final CrawlSettings settings;
  private final SourceSettings source;
  private final SourceClient client;
  private final Traffic traffic;
  private final PageFetch fetch;

  /**
   * How a search went.
   *
   * @param type the resource type
   * @param search its name, without a patient
   * @param resources on the first page
   * @param more whether there is another page
   * @param codes why it was refused, or may be incomplete; empty where it is complete
   * @param dated how many of the resources carry meta.lastUpdated
   */
  public record Trial(
      String type, String search, int resources, boolean more, List<String> codes, int dated) {}

  /** By this client. */
  public SearchTrials(
      CrawlSettings settings, SourceSettings source, SourceClient client, Traffic traffic) {
    this.settings = settings;
    this.source = source;
    this.client = client;
    this.traffic = traffic;
    References none = new References(source.baseUrl() + "/", Set.of(), Set.of());
    this.fetch = new PageFetch(client, traffic, none, settings.maxPageSize());
  }

  /**
   * One patient of the cohort.
   *
   * @throws JobException if the server does not name one
   */
  public String patient() {
    try (Workers workers = new Workers(1)) {
      return new Cohort(settings, source, traffic, client, workers).any();
    }
  }

  /** Tries all searches for the patient, a page each. */
  public List<Trial> of(String patient) {
    List<Trial> trials = new ArrayList<>();
    for (Search search : new SearchPlan(settings, Map.of()).searches()) {
      URI url = search.url(source.baseUrl(), patient, settings.pageSize(), false);
      Answer answer =
          search.read()
              ? fetch.resource(search.type(), patient, url)
              : fetch.page(search.name(), patient, url, 1);
      trials.add(trial(search, answer));
    }
    return trials;
  }

  /** Whether the server narrows a search of a patient by time of change. */
  public boolean searchesByChange(String patient) {
    URI url =
        URI.create(
            source.baseUrl()
                + "/Patient?_id="
                + Link.component(patient)
                + "&_lastUpdated=ge2999-01-01");
    return fetch.page("Patient?_lastUpdated", patient, url, 1) instanceof Answer.Got got
        && got.page().outcomes().stream().allMatch(o -> o.code().equals(OutcomeCode.NOTHING_FOUND))
        && got.page().entries().stream().noneMatch(e -> e.type().equals("Patient"));
  }

  private Trial trial(Search search, Answer answer) {
    if (!(answer instanceof Answer.Got got)) {
      return new Trial(search.type(), search.name(), 0, false, codes(answer), 0);
    }
    Page page = got.page();
    List<Entry> found =
        page.entries().stream().filter(e -> e.type().equals(search.type())).toList();
    Set<String> bad = new TreeSet<>(OutcomePolicy.of(settings).incomplete(page.outcomes()));
    SearchTally tally = new SearchTally();
    tally.took(page.entries(), page.total());
    if (page.next().isEmpty()) {
      tally.missing().ifPresent(code -> bad.add(code.code()));
    }
    int dated = (int) found.stream().filter(entry -> dated(page, entry)).count();
    return new Trial(
        search.type(),
        search.name(),
        found.size(),
        !page.next().isEmpty(),
        List.copyOf(bad),
        dated);
  }

  private static boolean dated(Page page, Entry entry) {
    try {
      return JsonBytes.MAPPER
          .readTree(page.bytes(), entry.offset(), entry.length())
          .path("meta")
          .hasNonNull("lastUpdated");
    } catch (IOException e) {
      return false;
    }
  }

  private static List<String> codes(Answer answer) {
    if (answer instanceof Answer.Refused refused) {
      return refused.codes().stream().map(OutcomeCode::code).distinct().toList();
    }
    return List.of(answer instanceof Answer.Gone ? "not-found" : "expired");
  }
}
