package io.epicfhir.extract.crawl.references;

import io.epicfhir.extract.crawl.index.IndexFolder;
import io.epicfhir.extract.crawl.index.KnownResources;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What the group's earlier exports and their reads brought, by type: as the indexes tell, and where
 * the newest ones are lost, as bronze does.
 */
final class EarlierResources {
  private final IndexFolder index;
  private final Set<String> wanted;
  private final BulkHydration.Export export;
  private final Map<String, Known> types = new HashMap<>();

  /**
   * What is known of a type.
   *
   * @param byReference whether an earlier export had it read, or may have
   * @param lost whether the index of something is lost, so that it is not known how it came
   */
  private record Known(KnownResources resources, boolean byReference, boolean lost) {}

  /**
   * Of what came before an export.
   *
   * @param wanted the types that are read by reference
   */
  EarlierResources(IndexFolder index, Set<String> wanted, BulkHydration.Export export) {
    this.index = index;
    this.wanted = Set.copyOf(wanted);
    this.export = export;
  }

  IndexFolder index() {
    return index;
  }

  /** The types of which anything is known. */
  Set<String> types() {
    Set<String> all = new TreeSet<>(index.types());
    wanted.stream().filter(type -> !all.contains(type) && isLost(type)).forEach(all::add);
    return all;
  }

  KnownResources of(String type) {
    return known(type).resources();
  }

  /** Whether an earlier export had some of the type read, or may have. */
  boolean isByReference(String type) {
    return known(type).byReference();
  }

  /**
   * Whether of some of the type it is not known how it came: only a read tells what became of it.
   */
  boolean isLost(String type) {
    return known(type).lost();
  }

  private Known known(String type) {
    return types.computeIfAbsent(type, this::look);
  }

  private Known look(String type) {
    KnownResources known = index.known(type, export.group(), export.before());
    // Of a type that is never read by reference bronze alone tells that an export had it.
    KnownResources resources =
        wanted.contains(type) ? known.exportedWhereComplete() : known.fromExports();
    boolean[] found = new boolean[2];
    resources.read(
        seen -> {
          found[0] |= !seen.bySearch();
          found[1] |= seen.lost();
        });
    return new Known(resources, found[0], found[1]);
  }
}
