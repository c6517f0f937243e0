package io.epicfhir.sandbox.store;

import io.epicfhir.sandbox.lines.SearchIndex;
import io.epicfhir.sandbox.lines.StoredLine;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The store's content between two reloads; it never changes, so that exports and searches that
 * began with it also end with it.
 *
 * @param byType lines of each type in the order of the files
 * @param deletions of resources that are absent now
 * @param indexes filled by the first search of a type
 */
public record Generation(
    Map<String, List<StoredLine>> byType,
    List<Deletion> deletions,
    Map<String, SearchIndex> indexes) {

  /** A resource that is gone, and whose patient was this, or empty. */
  public record Deletion(String type, String id, String patient, Instant at) {}

  Generation(Map<String, List<StoredLine>> byType, List<Deletion> deletions) {
    this(byType, deletions, new ConcurrentHashMap<>());
  }

  public List<StoredLine> lines(String type) {
    return byType.getOrDefault(type, List.of());
  }

  public SearchIndex index(String type) {
    return indexes.computeIfAbsent(type, t -> SearchIndex.of(lines(t)));
  }
}
