package io.epicfhir.extract.crawl.landing;

import io.epicfhir.extract.crawl.search.Units;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What is odd about a crawl whose searches were all answered in full: each can be right, and each
 * is what a wrong list of patients or a narrowed right looks like. For a person to decide.
 */
public final class CohortDoubts {
  private CohortDoubts() {}

  /** One sentence for each, in counts. */
  public static List<String> of(Units units, Collection<TypeCounts> counts) {
    List<String> doubts = new ArrayList<>();
    int patients = units.patients().size();
    if (counts.stream().allMatch(type -> type.received == 0)) {
      doubts.add(
          "All searches of "
              + patients
              + " patients were answered, and none returned a resource. Check that crawl.patients selects"
              + " patients of this server, and that the client may read their records.");
    }
    long without = units.withoutPatient();
    if (without > 0) {
      doubts.add(
          "The search for Patient returns nothing for "
              + without
              + " of "
              + patients
              + " patients of the cohort. Check that crawl.patients is up to date.");
    }
    Map<String, Long> outside = outside(counts);
    if (!outside.isEmpty()) {
      doubts.add(
          "Searches returned resources of patients outside the cohort, which were dropped: "
              + outside
              + ". The server may ignore the patient parameter of a search. Correct crawl.searches,"
              + " or set the type to [] there.");
    }
    return doubts;
  }

  /** By type, what searches brought and is not kept. */
  static Map<String, Long> outside(Collection<TypeCounts> counts) {
    Map<String, Long> outside = new TreeMap<>();
    counts.stream()
        .filter(type -> type.outside > 0)
        .forEach(type -> outside.put(type.type, type.outside));
    return outside;
  }
}
