package io.epicfhir.sandbox;

import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * Times that never repeat, in milliseconds: a change after an export is later than its
 * transactionTime, also within one millisecond of the clock.
 */
final class Ticks {
  private final Clock clock;
  private Instant last = Instant.MIN;

  Ticks(Clock clock) {
    this.clock = clock;
  }

  synchronized Instant next() {
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    last = now.isAfter(last) ? now : last.plusMillis(1);
    return last;
  }
}
