package io.epicfhir.extract.crawl;

import io.epicfhir.extract.bronze.Rejection;
import java.util.Map;
import java.util.TreeMap;

/**
 * What became of one type's resources: received = written + duplicates + unchanged + rejected +
 * optedOut.
 */
final class TypeCounts {
  final String type;
  long received;
  long written;
  long duplicates;
  long unchanged;
  long rejected;
  long optedOut;
  long deleted;
  long unconfirmed;
  long kept;
  long oddLastUpdated;
  long ms;
  final Map<String, Long> reasons = new TreeMap<>();

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
