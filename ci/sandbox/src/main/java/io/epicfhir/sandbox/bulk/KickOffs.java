package io.epicfhir.sandbox.bulk;

import java.time.Duration;

/** Which kick-offs a site takes. Every setter returns this; by default it takes all. */
public final class KickOffs {
  boolean since = true;
  boolean oncePerDay;
  boolean reusesExports;
  Duration recent = Duration.ZERO;
  int recentStatus = 400;

  /** Refuse _since, as most Epic sites do. */
  public KickOffs withoutSince() {
    since = false;
    return this;
  }

  /** The same client may export the same group once in 24 h, as Epic's default is. */
  public KickOffs oncePerDay() {
    oncePerDay = true;
    return this;
  }

  /** A repeated kick-off gets the export that is there, unless it says no-cache. */
  public KickOffs reusesExports() {
    reusesExports = true;
    return this;
  }

  /** A group is refused this long after its last kick-off, by 400 or 403, without Retry-After. */
  public KickOffs refusesRecent(Duration window, int status) {
    recent = window;
    recentStatus = status;
    return this;
  }
}
