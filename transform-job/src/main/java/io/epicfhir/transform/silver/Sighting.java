package io.epicfhir.transform.silver;

import java.util.Comparator;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * That an export holds a resource, and which content it has there.
 *
 * @param obsolete whether its source made a full export of the type later
 * @param lastUpdated null where the resource has none
 * @param text the resource
 */
record Sighting(
    ExportFact export,
    boolean obsolete,
    UTF8String version,
    UTF8String number,
    Long lastUpdated,
    long contentHash,
    boolean subsetted,
    UTF8String sourceFile,
    Long sourceLine,
    UTF8String text) {
  private static final Comparator<UTF8String> TEXTS =
      Comparator.nullsFirst(Comparator.naturalOrder());
  private static final Comparator<Long> LONGS = Comparator.nullsFirst(Comparator.naturalOrder());

  /** Among sightings of one rank, so that the choice does not depend on who comes first. */
  static final Comparator<Sighting> PLACE =
      Comparator.comparing((Sighting s) -> s.export().source(), TEXTS)
          .thenComparing(s -> s.export().incremental())
          .thenComparing(Sighting::version, TEXTS)
          .thenComparing(Sighting::lastUpdated, LONGS)
          .thenComparing(Sighting::subsetted)
          .thenComparing(s -> s.export().exportId(), TEXTS)
          .thenComparing(Sighting::sourceFile, TEXTS)
          .thenComparing(Sighting::sourceLine, LONGS);

  /** Whether it says that it was updated after it was reported. */
  boolean capped() {
    return lastUpdated != null && lastUpdated > export.time();
  }

  /** Its last_updated, never later than its export; the export's time where it has none. */
  long orderTime() {
    return lastUpdated == null ? export.time() : Math.min(lastUpdated, export.time());
  }

  Rank rank(int contentClass) {
    return new Rank(
        contentClass, orderTime(), number, export.time(), export.commitTime(), contentHash);
  }
}
