package io.epicfhir.transform.silver;

import io.epicfhir.common.lake.Lake;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/** The ids of silver's resources that are not deleted, read in this process. */
public final class LiveResources {
  private LiveResources() {}

  /**
   * Those of a type that are wanted.
   *
   * @param wanted asked by several threads at once
   */
  public static Set<String> of(Lake lake, String type, Predicate<String> wanted) {
    SilverTable table = new SilverTable(lake);
    Map<ResourceKey, SilverRow> rows =
        table
            .log()
            .snapshot()
            .map(
                now ->
                    SilverIndex.of(
                        lake,
                        table.path(),
                        now,
                        Set.of(type),
                        key -> wanted.test(key.id().toString())))
            .orElse(Map.of());
    Set<String> live = new TreeSet<>();
    rows.forEach(
        (key, row) -> {
          if (!row.deleted()) {
            live.add(key.id().toString());
          }
        });
    return live;
  }
}
