package io.epicfhir.sandbox.store;

import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * Times that never repeat, in milliseconds: a change after an export is later than its
 * transactionTime, also within one millisecond of the clock.
 */
public final class Ticks {
  private final Clock clock;
  private Instant last = Instant.MIN;

  public Ticks(Clock clock) {
    this.clock = clock;
  }

  public synchronized Instant next() {
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    last = now.isAfter(last) ? now : last.plusMillis(1);
    return last;
  }
}
