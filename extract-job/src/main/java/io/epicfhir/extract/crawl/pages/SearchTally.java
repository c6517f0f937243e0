package io.epicfhir.extract.crawl.pages;

import java.util.Collection;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Counts a search's matches over its pages, each id once, and compares them with {@code
 * Bundle.total}. A total that is smaller than what came does no harm: servers estimate.
 */
public final class SearchTally {
  /** The search ended with fewer matches than its total. */
  static final String FEWER_THAN_TOTAL = "fewer-than-total";

  private final Set<String> ids = new HashSet<>();
  private long withoutId;
  private long total = Page.NO_TOTAL;

  /** Takes in a page. */
  public void took(Collection<Entry> entries, long pageTotal) {
    total = Math.max(total, pageTotal);
    for (Entry entry : entries) {
      boolean counts =
          entry.matched()
              && (entry.kind() == Entry.Kind.RESOURCE || entry.kind() == Entry.Kind.SUBSETTED);
      if (counts && entry.id().isEmpty()) {
        withoutId++;
      } else if (counts) {
        ids.add(entry.id());
      }
    }
  }

  /** At the search's end: the code of what is missing. */
  public Optional<OutcomeCode> missing() {
    return ids.size() + withoutId < total
        ? Optional.of(new OutcomeCode(true, FEWER_THAN_TOTAL))
        : Optional.empty();
  }
}
