package io.epicfhir.extract.crawl.landing;

import io.epicfhir.extract.bronze.Rejection;
import java.util.Map;
import java.util.TreeMap;

/**
 * What became of one type's resources: received = written + duplicates + unchanged + rejected +
 * optedOut.
 */
public final class TypeCounts {
  public final String type;
  public long received;
  public long written;
  public long duplicates;
  public long unchanged;
  public long rejected;
  public long optedOut;

  /** Brought by searches, and not kept: they belong to patients outside the cohort. */
  public long outside;

  public long deleted;
  long unconfirmed;
  public long kept;
  long oddLastUpdated;
  public long ms;

  /** How many were rejected, by reason. */
  public final Map<String, Long> reasons = new TreeMap<>();

  TypeCounts(String type) {
    this.type = type;
  }

  void rejected(String reason) {
    rejected++;
    reasons.merge(reason, 1L, Long::sum);
  }

  void rejected(Rejection rejection) {
    rejected(rejection.reason());
  }
}
