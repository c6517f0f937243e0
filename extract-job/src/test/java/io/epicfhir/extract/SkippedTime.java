package io.epicfhir.extract;

import io.epicfhir.extract.source.pace.Pace;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Time that is skipped where it would be waited for; server and client can live by the same. */
final class SkippedTime extends Clock {
  /** What would have been waited, in order. */
  final List<Duration> pauses = new CopyOnWriteArrayList<>();

  private volatile Duration skipped = Duration.ZERO;

  /** How a job lives by it. */
  Pace pace() {
    return new Pace(
        this,
        pause -> {
          pauses.add(pause);
          skip(pause);
        });
  }

  synchronized void skip(Duration duration) {
    skipped = skipped.plus(duration);
  }

  @Override
  public Instant instant() {
    return Instant.now().plus(skipped);
  }

  @Override
  public ZoneId getZone() {
    return ZoneOffset.UTC;
  }

  @Override
  public Clock withZone(ZoneId zone) {
    throw new UnsupportedOperationException();
  }
}
