package io.epicfhir.extract.bulk;

import io.epicfhir.common.Lake;
import io.epicfhir.common.Landing;
import io.epicfhir.common.Landings;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;

/**
 * Until when the lake knows a group, and so from when on an incremental export asks for changes:
 * the server's time of the group's newest landing. Only a landing counts that had asked for all the
 * types wanted now: a type that is new in the settings needs its whole past.
 */
public final class Since {
  private final Lake lake;

  public Since(Lake lake) {
    this.lake = lake;
  }

  /** Empty where everything is asked for. */
  public Optional<Instant> of(String group, BulkSettings bulk) {
    return bulk.mode() == BulkSettings.Mode.FULL
        ? Optional.empty()
        : newest(group, bulk).map(Landing::transactionTime);
  }

  /**
   * The landing that holds whatever changed before a time: an export has no end, so one that began
   * later brought that, too.
   */
  public Optional<Landing> covering(String group, BulkSettings bulk, Instant time) {
    return newest(group, bulk).filter(landing -> !landing.transactionTime().isBefore(time));
  }

  private Optional<Landing> newest(String group, BulkSettings bulk) {
    return new Landings(lake)
        .all().stream()
            .filter(landing -> landing.group().equals(group))
            .filter(landing -> bulk.mode() != BulkSettings.Mode.FULL || landing.since() == null)
            .filter(landing -> covers(landing, bulk))
            .max(Comparator.comparing(Landing::transactionTime));
  }

  private boolean covers(Landing landing, BulkSettings bulk) {
    return new ExportLedger(lake, landing.exportId())
        .started()
        .map(
            started ->
                started.asked().types().containsAll(bulk.types())
                    && started.asked().typeFilters().equals(bulk.typeFilters()))
        .orElse(false);
  }
}
