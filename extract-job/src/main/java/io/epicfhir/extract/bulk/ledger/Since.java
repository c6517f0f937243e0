package io.epicfhir.extract.bulk.ledger;

import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import io.epicfhir.extract.bronze.WithdrawnExports;
import io.epicfhir.extract.bulk.settings.BulkSettings;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Until when the lake knows a group, and so from when on an incremental export asks for changes:
 * the server's time of the group's newest landing. Only a landing counts that had asked for all the
 * types wanted now: a type that is new in the settings needs its whole past. What a withdrawn
 * export brought is asked for again.
 */
public final class Since {
  private final BulkSettings bulk;
  private final Instant now;
  private final List<Known> chain;
  private final List<Landing> lost;

  /**
   * A landing and what was asked for.
   *
   * @param doubted whether the server left open that data are missing, which nobody has accepted:
   *     what was asked for is then asked for again
   */
  private record Known(Landing landing, ExportLedger.Started started, boolean doubted) {
    /**
     * Until when it holds what changed. A time that is later than the landing itself is no time
     * that the server can have had: the time of asking stands in for it.
     */
    Instant reach() {
      Instant time = landing.transactionTime();
      return time.isAfter(landing.landedAt()) ? started.startedAt() : time;
    }

    /** Until when it surely covers: whatever the server's clock says, not beyond the asking. */
    Instant covers() {
      Instant time = landing.transactionTime();
      return time.isAfter(started.startedAt()) ? started.startedAt() : time;
    }
  }

  /** Of a group; reads every landing once. */
  public Since(Lake lake, String group, BulkSettings bulk, Instant now) {
    this.bulk = bulk;
    this.now = now;
    this.lost = new WithdrawnExports(lake).withoutSuccessor(group);
    this.chain =
        new Landings(lake)
            .all().stream()
                .filter(landing -> landing.group().equals(group))
                .map(landing -> known(lake, landing))
                .flatMap(Optional::stream)
                .filter(known -> covers(known.started().asked()))
                .toList();
  }

  /**
   * Until when the group is known; empty where everything must be asked for. Never later than now.
   */
  public Optional<Instant> from() {
    if (lost.stream().anyMatch(landing -> landing.since() == null)) {
      return Optional.empty();
    }
    Optional<Instant> again = lost.stream().map(Landing::since).min(Comparator.naturalOrder());
    return chain.stream()
        .filter(known -> !known.doubted())
        .map(Known::reach)
        .max(Comparator.naturalOrder())
        .map(reach -> earlier(reach, again.orElse(reach)))
        .map(reach -> earlier(reach, now));
  }

  /** When everything was asked for last, by this machine's clock. */
  public Optional<Instant> lastFull() {
    return chain.stream()
        .filter(known -> known.landing().since() == null)
        .map(known -> known.started().startedAt())
        .max(Comparator.naturalOrder());
  }

  /**
   * The landing that holds whatever changed before a time: an export has no end, so one that began
   * later brought that, too. One of the future covers nothing, and none does while a withdrawn one
   * has not come again.
   */
  public Optional<Landing> covering(Instant time) {
    boolean changesWill =
        bulk.mode() != BulkSettings.Mode.FULL || !bulk.coverage().windows().isEmpty();
    return lost.isEmpty()
        ? chain.stream()
            .filter(known -> !known.doubted())
            .filter(known -> changesWill || known.landing().since() == null)
            .filter(known -> !known.landing().transactionTime().isAfter(now))
            .filter(known -> !known.covers().isBefore(time))
            .max(Comparator.comparing(Known::covers))
            .map(Known::landing)
        : Optional.empty();
  }

  private static Instant earlier(Instant a, Instant b) {
    return a.isBefore(b) ? a : b;
  }

  private static Optional<Known> known(Lake lake, Landing landing) {
    ExportLedger ledger = new ExportLedger(lake, landing.exportId());
    boolean doubted = ledger.completeness().filter(c -> !c.doubts().isEmpty()).isPresent();
    return ledger.started().map(started -> new Known(landing, started, doubted));
  }

  private boolean covers(ExportRequest asked) {
    return asked.types().containsAll(bulk.types())
        && asked.typeFilters().equals(bulk.typeFilters());
  }
}
