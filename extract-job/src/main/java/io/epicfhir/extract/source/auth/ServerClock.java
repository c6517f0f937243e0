package io.epicfhir.extract.source.auth;

import io.epicfhir.extract.source.answer.Reply;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far the server's clock is ahead of ours, as its last answer showed: a clock that is off makes
 * every assertion look expired or too long-lived to the server.
 */
final class ServerClock {
  private static final Logger LOG = LoggerFactory.getLogger(ServerClock.class);
  private static final Duration TOLERANCE = Duration.ofMinutes(1);

  private final Clock clock;
  private Duration ahead = Duration.ZERO;

  ServerClock(Clock clock) {
    this.clock = clock;
  }

  /** The server's time. */
  synchronized Instant now() {
    return clock.instant().plus(ahead);
  }

  /**
   * Takes an answer's time.
   *
   * @return whether the server's time turns out to be another than what {@link #now} said so far
   */
  synchronized boolean told(Reply reply) {
    Optional<Instant> date = reply.date();
    Duration offset = date.map(d -> Duration.between(clock.instant(), d)).orElse(ahead);
    if (offset.minus(ahead).abs().compareTo(TOLERANCE) <= 0) {
      return false;
    }
    ahead = offset.abs().compareTo(TOLERANCE) <= 0 ? Duration.ZERO : offset;
    LOG.warn(
        "This machine's clock differs from the server's by {} s; client assertions use the server's time",
        offset.toSeconds());
    return true;
  }
}
