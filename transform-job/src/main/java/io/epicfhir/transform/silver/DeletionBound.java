package io.epicfhir.transform.silver;

import io.epicfhir.common.settings.SettingsReader;
import java.util.Map;
import java.util.TreeMap;

/**
 * How many resources of a type may go in one run although no server said that they are gone: a full
 * export or a crawl no longer holds them. Beyond it nothing goes before somebody has accepted it.
 *
 * @param number so many may always go, as long as at least half of the type stays
 * @param share or so large a share of the type's resources
 */
public record DeletionBound(long number, double share) {
  /** Where the settings do not say. */
  public static final DeletionBound DEFAULT = new DeletionBound(5, 0.05);

  private static final String NUMBER = "max-inferred-deletions.number";
  private static final String SHARE = "max-inferred-deletions.share";

  /** Reads {@code max-inferred-deletions}. */
  public static DeletionBound from(SettingsReader reader) {
    return new DeletionBound(
        reader.has(NUMBER) ? reader.number(NUMBER, 0, Integer.MAX_VALUE) : DEFAULT.number(),
        reader.has(SHARE) ? reader.fraction(SHARE, 0, 1) : DEFAULT.share());
  }

  /**
   * How many of a type may go.
   *
   * @param live how many it has
   */
  long allowed(long live) {
    long most = Math.max(number, (long) (share * live));
    // Of a handful of resources half may go, of two or three all but one, and the only one may.
    long half = Math.max(1, live < 4 ? live - 1 : live / 2);
    return Math.min(most, half);
  }

  /**
   * The types of which more would go than may.
   *
   * @param live resources by type
   * @param released how many would go, by type
   * @param accepted how many somebody has accepted, by type
   */
  Map<String, Long> exceeded(
      Map<String, Long> live, Map<String, Long> released, Map<String, Long> accepted) {
    Map<String, Long> beyond = new TreeMap<>();
    released.forEach(
        (type, gone) -> {
          long may =
              Math.max(allowed(live.getOrDefault(type, 0L)), accepted.getOrDefault(type, 0L));
          if (gone > may) {
            beyond.put(type, gone);
          }
        });
    return beyond;
  }
}
