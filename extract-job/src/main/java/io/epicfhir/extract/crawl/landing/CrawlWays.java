package io.epicfhir.extract.crawl.landing;

import io.epicfhir.extract.crawl.index.CrawlIndex;
import java.util.List;
import java.util.function.Consumer;

/** What the crawl knows of searches and patients. */
public interface CrawlWays {
  /** A search's name, without a patient. */
  String name(String search);

  /** Whether a resource of these patients, whom a search did not ask for, is not kept. */
  default boolean excludes(List<String> patients) {
    return false;
  }

  /** Whether this crawl would have seen the resource again if it were still there. */
  boolean wouldSee(CrawlIndex.Seen seen);

  /** What the index is to tell of a resource that was there before and was not read again. */
  default CrawlIndex.Seen carried(String type, CrawlIndex.Seen seen) {
    return seen;
  }

  /** Gives the ids of a type's resources that came beside the spool. */
  default void beside(String type, Consumer<String> ids) {}

  /** How many these are. */
  default long besideRows(String type) {
    return 0;
  }

  /** What becomes of a resource that was there before and is not now. */
  default Absence absent(String type, CrawlIndex.Seen seen) {
    return Absence.UNKNOWN;
  }

  /**
   * What becomes of a resource that was there before, and of which a read says that it belongs to a
   * patient outside the cohort.
   */
  Absence outside(CrawlIndex.Seen seen, String patient);
}
