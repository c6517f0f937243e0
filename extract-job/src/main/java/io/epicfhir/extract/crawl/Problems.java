package io.epicfhir.extract.crawl;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which of the server's codes mean that something is missing, by the settings of now.
 *
 * @param accepted codes that the run lives with
 * @param incomplete codes that mean missing data also as warnings
 */
record Problems(Set<String> accepted, Set<String> incomplete) {
  static Problems of(CrawlSettings settings) {
    return new Problems(settings.acceptedErrors(), settings.incompleteCodes());
  }

  /** The codes that mean missing data; accepted ones too. */
  Set<String> of(List<OutcomeCode> codes) {
    Set<String> bad = new TreeSet<>();
    for (OutcomeCode code : codes) {
      boolean nothing = code.code().equals(OutcomeCode.NOTHING_FOUND);
      if (!nothing && (code.severe() || incomplete.contains(code.code()))) {
        bad.add(code.code());
      }
    }
    return bad;
  }

  boolean accepted(Set<String> codes) {
    return accepted.containsAll(codes);
  }
}
