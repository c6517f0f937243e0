package io.epicfhir.extract.preflight;

import io.epicfhir.extract.crawl.search.SearchTrials.Trial;
import io.epicfhir.extract.preflight.Finding.State;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** What the searches of one patient say about the site, a line a type. */
final class SearchFindings {
  private final Map<String, List<Trial>> byType;
  private final State refused;

  /**
   * @param refused what a refused search is: a failure to a crawl, a limit to a bulk export
   */
  SearchFindings(List<Trial> trials, State refused) {
    this.byType =
        trials.stream()
            .collect(Collectors.groupingBy(Trial::type, TreeMap::new, Collectors.toList()));
    this.refused = refused;
  }

  void tell(Findings findings) {
    byType.forEach(
        (type, trials) -> {
          int resources = trials.stream().mapToInt(Trial::resources).sum();
          boolean more = trials.stream().anyMatch(Trial::more);
          List<String> bad =
              trials.stream()
                  .filter(t -> !t.codes().isEmpty())
                  .map(t -> t.search() + " " + t.codes())
                  .toList();
          String found = (more ? "more than " : "") + resources + " of one patient";
          if (bad.isEmpty()) {
            findings.add("search " + type, State.WORKS, found);
          } else {
            findings.add(
                "search " + type,
                refused,
                found + "; refused or incomplete: " + String.join(", ", bad));
          }
        });
  }

  /** The types of which every search was refused. */
  Set<String> refusedTypes() {
    Set<String> types = new TreeSet<>();
    byType.forEach(
        (type, trials) -> {
          if (trials.stream().noneMatch(t -> t.codes().isEmpty())) {
            types.add(type);
          }
        });
    return types;
  }

  int resources() {
    return sum(Trial::resources);
  }

  /** How many of them carry meta.lastUpdated. */
  int dated() {
    return sum(Trial::dated);
  }

  private int sum(java.util.function.ToIntFunction<Trial> of) {
    return byType.values().stream().flatMap(List::stream).mapToInt(of).sum();
  }
}
