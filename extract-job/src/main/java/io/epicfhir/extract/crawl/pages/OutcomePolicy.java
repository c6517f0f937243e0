package io.epicfhir.extract.crawl.pages;

import io.epicfhir.extract.crawl.settings.CrawlSettings;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which of the server's codes mean that an answer may lack something. Only an answer without any
 * outcome, or with harmless codes alone, counts as complete: whatever severity the server gives to
 * the others, they can mean that it held data back.
 *
 * @param accepted codes that the run lives with; an answer with one is incomplete all the same
 * @param harmless codes that say nothing about missing data
 */
public record OutcomePolicy(Set<String> accepted, Set<String> harmless) {
  public static OutcomePolicy of(CrawlSettings settings) {
    return new OutcomePolicy(settings.acceptedErrors(), settings.harmlessCodes());
  }

  /** The codes that make an answer incomplete; accepted ones too. */
  public Set<String> incomplete(List<OutcomeCode> codes) {
    Set<String> bad = new TreeSet<>();
    codes.stream()
        .map(OutcomeCode::code)
        .filter(code -> !harmless.contains(code))
        .forEach(bad::add);
    return bad;
  }

  public boolean accepted(Set<String> codes) {
    return accepted.containsAll(codes);
  }
}
