package io.epicfhir.extract.crawl.landing;

import io.epicfhir.extract.crawl.index.CrawlIndex;
import io.epicfhir.extract.crawl.index.Readings;
import java.util.HashMap;
import java.util.Map;

/** What it means that resources of a type, which the last crawl saw, were not taken by this one. */
final class Absences {
  private final String type;
  private final CrawlWays ways;
  private final Map<String, Outside> outside = new HashMap<>();

  private record Outside(String patient, long readAt) {}

  Absences(String type, CrawlWays ways) {
    this.type = type;
    this.ways = ways;
  }

  /** A read says of the resource that it belongs to a patient outside the cohort. */
  void outside(String id, String patient, long readAt) {
    outside.put(id, new Outside(patient, readAt));
  }

  /** When a read said so; 0 where none did. */
  long outsideAt(String id) {
    return outside.containsKey(id) ? outside.get(id).readAt() : 0;
  }

  /**
   * Nothing where the id was read all the same; else what the crawl knows of it, and gone where the
   * server says so of its id.
   */
  Absence of(Readings readings, CrawlIndex.Seen seen) {
    if (readings.seen(seen.id())) {
      return Absence.UNKNOWN;
    }
    Absence absence = ways.absent(type, seen);
    Outside read = outside.get(seen.id());
    if (absence == Absence.UNKNOWN && read != null) {
      absence = ways.outside(seen, read.patient());
    }
    return absence == Absence.UNKNOWN && readings.isGone(seen.id()) ? Absence.GONE : absence;
  }
}
