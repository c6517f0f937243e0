package io.epicfhir.extract.bulk.export;

import io.epicfhir.common.DurationText;
import io.epicfhir.common.JobException;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import io.epicfhir.extract.bulk.ledger.ExportLedger;
import io.epicfhir.extract.bulk.manifest.Manifest;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;

/**
 * Whether a manifest's transactionTime can be true: it says until when the export holds what
 * changed, and the next export asks for what came after it.
 *
 * <ul>
 *   <li>It is not later than the receipt of the manifest, else what changes until then never comes.
 *   <li>It may be earlier than the kick-off, as a server may give an export again that it has: that
 *       loses nothing. But it is not earlier than what the lake had of the group when it was asked
 *       for, nor than the export's own {@code _since}.
 *   <li>The receipt is measured by the server's clock where that is off by the same time, at most a
 *       day, in its answers to the kick-off and to the status request; by this machine's otherwise.
 * </ul>
 */
final class ExportClock {
  private static final Duration MOST_OFF = Duration.ofDays(1);

  private final Lake lake;
  private final Duration tolerance;

  /** Clocks may differ by the tolerance. */
  ExportClock(Lake lake, Duration tolerance) {
    this.lake = lake;
    this.tolerance = tolerance;
  }

  /**
   * Returns where the time can be true.
   *
   * @param received by this machine's clock
   * @param receivedByServer the Date of the answer
   * @throws JobException {@link io.epicfhir.common.ExitCode#REFUSED} where it cannot
   */
  void check(
      Instant time,
      ExportLedger.Started started,
      Instant received,
      Optional<Instant> receivedByServer) {
    Instant receipt = constantlyOff(started, received, receivedByServer).orElse(received);
    if (time.isAfter(receipt.plus(tolerance))) {
      throw refused(time, started, receipt, "later than its receipt");
    }
    Optional<Instant> known = known(started);
    if (known.isPresent() && time.isBefore(known.get())) {
      throw refused(
          time,
          started,
          receipt,
          "earlier than the newest data that the lake has of this group, " + known.get());
    }
  }

  /** The receipt by the server's clock, where that differs from this machine's all the time. */
  private Optional<Instant> constantlyOff(
      ExportLedger.Started started, Instant received, Optional<Instant> receivedByServer) {
    if (started.serverTime() == null || receivedByServer.isEmpty()) {
      return Optional.empty();
    }
    Duration first = Duration.between(started.startedAt(), started.serverTime());
    Duration then = Duration.between(received, receivedByServer.get());
    boolean constant = first.minus(then).abs().compareTo(tolerance) <= 0;
    boolean bounded = then.abs().compareTo(MOST_OFF) <= 0;
    return constant && bounded ? receivedByServer : Optional.empty();
  }

  /** Until when the lake had the group at the kick-off. */
  private Optional<Instant> known(ExportLedger.Started started) {
    Optional<Instant> newest =
        new Landings(lake)
            .all().stream()
                .filter(landing -> landing.group().equals(started.asked().group()))
                .filter(landing -> !landing.exportId().equals(started.exportId()))
                .filter(landing -> landing.landedAt().isBefore(started.startedAt()))
                .map(Landing::transactionTime)
                .filter(time -> time.isBefore(started.startedAt()))
                .max(Comparator.naturalOrder());
    Instant since = started.asked().since();
    return newest.isEmpty() || (since != null && since.isAfter(newest.get()))
        ? Optional.ofNullable(since)
        : newest;
  }

  private JobException refused(
      Instant time, ExportLedger.Started started, Instant receipt, String why) {
    return Manifest.refused(
        "its transactionTime "
            + time
            + " is "
            + why
            + ": the export was kicked off at "
            + started.startedAt()
            + " and its manifest received at "
            + receipt
            + " (source.clock-tolerance = "
            + DurationText.of(tolerance)
            + "). Compare the server's clock with this machine's. When both are right, rerun from"
            + " the kick-off, which requests a new export");
  }
}
