package io.epicfhir.extract.crawl.settings;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What is asked for each patient, in one fixed order. */
public final class SearchPlan {
  private final List<Search> searches = new ArrayList<>();
  private final Map<String, Search> byKey = new HashMap<>();

  /**
   * The plan of a crawl.
   *
   * @param since from when on changes are asked for, by type; a type that is not there is asked for
   *     in full
   */
  public SearchPlan(CrawlSettings settings, Map<String, Instant> since) {
    settings
        .searches()
        .forEach(
            (type, templates) -> {
              String changed =
                  since.containsKey(type) ? settings.changedSince().getOrDefault(type, "") : "";
              String narrowed =
                  changed.isEmpty() ? "" : Search.filled(changed, "", since.get(type).toString());
              for (String template : templates) {
                Search search = new Search(searches.size(), type, template, narrowed);
                searches.add(search);
                byKey.put(search.key(), search);
              }
            });
  }

  public List<Search> searches() {
    return searches;
  }

  /** Whether any type is narrowed to what changed. */
  public boolean narrows() {
    return searches.stream().anyMatch(s -> !s.narrowed().isEmpty());
  }

  public int size() {
    return searches.size();
  }

  public List<Search> of(String type) {
    return searches.stream().filter(s -> s.type().equals(type)).toList();
  }

  /** A search by its type and template, as the spool names it; empty where it is asked no more. */
  public Optional<Search> find(String key) {
    return Optional.ofNullable(byKey.get(key));
  }
}
