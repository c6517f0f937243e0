package io.epicfhir.extract.source.pace;

import java.time.Duration;
import java.time.Instant;

/**
 * How many requests may be in flight. It climbs while the server keeps up, doubling at first; a 429
 * or 503 brings it below what the server refused, and from there it feels its way up slowly.
 * Answers that take several times as long as usual hold it, and lower it where they take longer
 * still. The gate guards it: nothing here is for several threads.
 */
final class InFlightLimit {
  private static final int FIRST = 4;
  private static final Duration PROBE_EVERY = Duration.ofSeconds(10);

  /** Latency over the usual one at which the limit no longer climbs, and at which it sinks. */
  private static final double HOLD = 2;

  private static final double SINK = 4;

  /** What is latency now, and what is usual: searches differ, so both are means. */
  private static final double NOW = 0.1;

  private static final double USUAL = 0.005;

  /** Below this, differences in latency are noise. */
  private static final double LEAST_LATENCY_MS = 20;

  private final int max;
  private int limit;
  private int ceiling;
  private Instant lowered = Instant.MIN;
  private Instant nextProbe = Instant.MIN;
  private double nowMs;
  private double usualMs;

  /**
   * A limit.
   *
   * @param max it never climbs over this; from 1 on
   */
  InFlightLimit(int max) {
    this.max = max;
    this.limit = Math.min(FIRST, max);
    this.ceiling = max;
  }

  int now() {
    return limit;
  }

  /**
   * An answer's head arrived after so long.
   *
   * @param inFlight requests, this one included
   * @return whether there is place for one more
   */
  boolean answered(Duration latency, int inFlight, Instant now) {
    double ms = Math.max(latency.toNanos() / 1e6, LEAST_LATENCY_MS);
    nowMs = nowMs == 0 ? ms : nowMs + NOW * (ms - nowMs);
    usualMs = usualMs == 0 ? ms : usualMs + USUAL * (ms - usualMs);
    if (nowMs > SINK * usualMs && limit > FIRST) {
      lower(now, limit - 1);
    } else if (nowMs <= HOLD * usualMs && 2 * inFlight > limit) {
      return climb(now);
    }
    return false;
  }

  private boolean climb(Instant now) {
    if (limit < ceiling) {
      limit++;
      return true;
    }
    if (limit < max && !now.isBefore(nextProbe)) {
      limit++;
      ceiling = limit;
      nextProbe = now.plus(PROBE_EVERY);
      return true;
    }
    return false;
  }

  /** A request that was sent at this time was refused: counts once for all that were in flight. */
  void refused(Instant sent, int inFlight, Instant now) {
    if (!sent.isBefore(lowered)) {
      ceiling = Math.max(1, Math.min(limit, inFlight) - 1);
      lower(now, ceiling * 3 / 4);
      nextProbe = now.plus(PROBE_EVERY);
    }
  }

  private void lower(Instant now, int to) {
    lowered = now;
    limit = Math.max(1, Math.min(limit, to));
  }
}
