package io.epicfhir.extract.bulk.ledger;

import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.Landings;
import java.time.Instant;
import java.util.Optional;

/** From when on an export has what changed. */
public final class ExportSpan {
  private ExportSpan() {}

  /**
   * Its begin; null for a full export. Date windows bring what changed since the narrowest of them
   * began, and no more.
   */
  public static Instant from(ExportRequest asked) {
    return asked.full() || asked.since() != null ? asked.since() : asked.windowFrom();
  }

  /**
   * What changed before an incremental export must have come with an earlier one that is still
   * there; else why the export must not land.
   */
  public static Optional<String> gap(Lake lake, ExportLedger.Started started) {
    Instant from = from(started.asked());
    boolean reachesBack =
        from == null
            || new Landings(lake)
                .all().stream()
                    .filter(landing -> landing.group().equals(started.asked().group()))
                    .filter(landing -> !landing.exportId().equals(started.exportId()))
                    .anyMatch(landing -> !landing.transactionTime().isBefore(from));
    return reachesBack
        ? Optional.empty()
        : Optional.of(
            "Cannot land export "
                + started.exportId()
                + ": it contains only the changes since "
                + from
                + ", and no export of group \""
                + started.asked().group()
                + "\" that covers the time before is still in bronze. Rerun from the kick-off, which"
                + " requests everything that is missing");
  }
}
