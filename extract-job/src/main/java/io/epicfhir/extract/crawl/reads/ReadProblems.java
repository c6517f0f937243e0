package io.epicfhir.extract.crawl.reads;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The reads by reference that were refused for reasons that are not accepted.
 *
 * @param codes of the answers, and how many there were
 * @param said of each code one answer in words, with the address and the server's id of the request
 */
public record ReadProblems(Map<String, Long> codes, List<String> said) {
  public ReadProblems {
    codes = Collections.unmodifiableMap(new TreeMap<>(codes));
    said = List.copyOf(said);
  }
}
