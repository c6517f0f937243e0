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
  private final BulkSettings bulk;
  private final Optional<Landing> newest;

  /** Of a group; reads every landing once. */
  public Since(Lake lake, String group, BulkSettings bulk) {
    this.lake = lake;
    this.bulk = bulk;
    this.newest =
        new Landings(lake)
            .all().stream()
                .filter(landing -> landing.group().equals(group))
                .filter(landing -> !full() || landing.since() == null)
                .filter(this::covers)
                .max(Comparator.comparing(Landing::transactionTime));
  }

  /** Empty where everything is asked for. */
  public Optional<Instant> from() {
    return full() ? Optional.empty() : newest.map(Landing::transactionTime);
  }

  /**
   * The landing that holds whatever changed before a time: an export has no end, so one that began
   * later brought that, too.
   */
  public Optional<Landing> covering(Instant time) {
    return newest.filter(landing -> !landing.transactionTime().isBefore(time));
  }

  private boolean full() {
    return bulk.mode() == BulkSettings.Mode.FULL;
  }

  private boolean covers(Landing landing) {
    return new ExportLedger(lake, landing.exportId())
        .started()
        .map(
            started ->
                started.asked().types().containsAll(bulk.types())
                    && started.asked().typeFilters().equals(bulk.typeFilters()))
        .orElse(false);
  }
}
