package io.epicfhir.extract.crawl.search;

import io.epicfhir.extract.crawl.cohort.Merges;
import io.epicfhir.extract.crawl.index.CrawlIndex;
import io.epicfhir.extract.crawl.settings.Search;
import io.epicfhir.extract.crawl.settings.SearchPlan;
import java.util.List;

/** What this crawl would have seen again if it were still where it was. */
public final class Expectations {
  private final SearchPlan plan;
  private final Units units;
  private final Merges merges;

  public Expectations(SearchPlan plan, Units units, Merges merges) {
    this.plan = plan;
    this.units = units;
    this.merges = merges;
  }

  /**
   * Whether the search that had found the resource, or had brought it along, was asked again, for
   * all of the type, and was answered in full; for a merged patient, the survivor's.
   */
  public boolean wouldSee(CrawlIndex.Seen seen) {
    return seen.bySearch()
        && plan.find(seen.broughtBy())
            .filter(search -> search.narrowed().isEmpty())
            .filter(search -> complete(seen.patient(), search.type()))
            .isPresent();
  }

  /**
   * Whether the search that had found the resource, or had brought it along, is asked no more, as
   * the plan was changed, while all that is asked for its type now was answered in full.
   */
  public boolean isAskedOtherwise(CrawlIndex.Seen seen) {
    List<Search> now = isOfPlan(seen) ? List.of() : plan.of(type(seen));
    return !now.isEmpty()
        && now.stream().allMatch(search -> search.narrowed().isEmpty())
        && complete(seen.patient(), type(seen));
  }

  /** Whether nothing asks for the type any more that had found the resource of a patient here. */
  public boolean isAskedNoMore(CrawlIndex.Seen seen) {
    return !isOfPlan(seen) && plan.of(type(seen)).isEmpty() && units.has(seen.patient());
  }

  private boolean isOfPlan(CrawlIndex.Seen seen) {
    return !seen.bySearch() || plan.find(seen.broughtBy()).isPresent();
  }

  private static String type(CrawlIndex.Seen seen) {
    return Search.type(seen.broughtBy());
  }

  private boolean complete(String patient, String type) {
    return units.complete(patient, type)
        || merges.survivor(patient).filter(s -> units.complete(s, type)).isPresent();
  }
}
