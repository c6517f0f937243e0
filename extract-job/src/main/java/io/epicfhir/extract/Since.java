package io.epicfhir.extract;

import io.epicfhir.common.Lake;
import io.epicfhir.common.Landing;
import io.epicfhir.common.Landings;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * From when on an incremental export asks for changes: the server's time of the group's newest
 * landing. Only a landing counts that had asked for all the types wanted now: a type that is new in
 * the settings needs its whole past.
 */
final class Since {
  private final Lake lake;

  Since(Lake lake) {
    this.lake = lake;
  }

  Optional<Instant> of(BulkSettings bulk) {
    if (bulk.mode() == BulkSettings.Mode.FULL) {
      return Optional.empty();
    }
    return new Landings(lake)
        .all().stream()
            .filter(landing -> landing.group().equals(bulk.group()))
            .filter(landing -> covers(landing, bulk.types()))
            .map(Landing::transactionTime)
            .max(Comparator.naturalOrder());
  }

  private boolean covers(Landing landing, List<String> types) {
    return new ExportLedger(lake, landing.exportId())
        .started()
        .map(started -> started.types().containsAll(types))
        .orElse(false);
  }
}
