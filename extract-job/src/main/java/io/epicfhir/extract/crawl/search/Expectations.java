package io.epicfhir.extract.crawl.search;

import io.epicfhir.extract.crawl.cohort.Merges;
import io.epicfhir.extract.crawl.index.CrawlIndex;
import io.epicfhir.extract.crawl.settings.SearchPlan;

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

  private boolean complete(String patient, String type) {
    return units.complete(patient, type)
        || merges.survivor(patient).filter(s -> units.complete(s, type)).isPresent();
  }
}
