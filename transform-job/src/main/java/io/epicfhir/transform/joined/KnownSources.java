package io.epicfhir.transform.joined;

import io.epicfhir.common.lake.Lake;
import io.epicfhir.transform.lookups.LookupResults;
import io.epicfhir.transform.sqlviews.SqlView;
import io.epicfhir.transform.sqlviews.SqlView.Dependency;
import io.epicfhir.transform.sqlviews.SqlView.Kind;
import io.epicfhir.transform.sqlviews.TableOrder;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The tables that SQLViews may read in this run: those that are what they should be. */
final class KnownSources {
  private final Lake lake;
  private final Map<String, Source> tables;
  private final LookupResults lookups;

  /**
   * @param views by name
   */
  KnownSources(Lake lake, Map<String, Source> views, LookupResults lookups) {
    this.lake = lake;
    this.tables = new ConcurrentHashMap<>(views);
    this.lookups = lookups;
  }

  /** Adds a joined table that is up to date now. */
  void add(String name, Source table) {
    tables.put(name, table);
  }

  /** What a dependency is; empty where this run could not bring it up to date. */
  Optional<Source> of(Dependency dependency) {
    String name = dependency.name();
    if (dependency.kind() != Kind.LOOKUP) {
      return Optional.ofNullable(tables.get(name));
    }
    Optional<Source> there =
        lookups
            .table(name)
            .map(
                state ->
                    Source.of(
                        "lookups/" + name,
                        lake.paths().lookup(name),
                        state.deltaVersion(),
                        state.identity(),
                        state.bytes()));
    return there.isPresent() || lookups.isKnown(name)
        ? there
        : dependency.optional().map(c -> Source.missing(name, lake.paths().lookup(name), c));
  }

  /** The bytes of what the largest of some SQLViews reads. */
  long mostRead(TableOrder order) {
    return order.views().stream().mapToLong(this::read).max().orElse(0);
  }

  /** The bytes of what a SQLView reads, as far as that is there by now. */
  long read(SqlView view) {
    return view.dependencies().stream()
        .flatMap(dependency -> of(dependency).stream())
        .mapToLong(Source::bytes)
        .sum();
  }
}
