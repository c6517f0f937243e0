package io.epicfhir.extract.crawl;

import io.epicfhir.extract.crawl.cohort.Merges;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Patients who others were merged into since the last crawl: their history is fetched in full, of
 * those outside the cohort too.
 */
final class Survivors {
  private final Set<String> askedInFull = new HashSet<>();

  /**
   * Those of whom there is more to ask.
   *
   * @param inside patients of the crawl, each once in all of it
   * @param outside who are not asked for yet
   */
  record Found(List<String> inside, List<String> outside) {}

  /**
   * Those who stand for a patient of the crawl, or are one themselves.
   *
   * @param before merges that the last crawl knew, as "retired survivor"
   * @param asked whether a patient is one of the crawl's
   */
  Found find(Merges merges, Set<String> before, Predicate<String> asked) {
    List<String> inside = new ArrayList<>();
    Set<String> outside = new LinkedHashSet<>();
    for (String retired : merges.all().keySet()) {
      // Who stays out is not searched for: nor do the retired patient's records come.
      String survivor = merges.survivor(retired).filter(s -> !merges.staysOut(s)).orElse("");
      boolean isAsked = asked.test(survivor);
      boolean ours = asked.test(retired) || isAsked;
      if (ours && !survivor.isEmpty() && !isAsked) {
        outside.add(survivor);
      }
      boolean isNew = !before.contains(retired + " " + survivor);
      if (ours && isNew && askedInFull.add(survivor) && isAsked) {
        inside.add(survivor);
      }
    }
    return new Found(inside, List.copyOf(outside));
  }

  /** Whether the patient's history is fetched in full, for a merge. */
  boolean askedInFull(String patient) {
    return askedInFull.contains(patient);
  }
}
