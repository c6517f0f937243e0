package io.epicfhir.extract.source.answer;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * The header Retry-After (RFC 9110, 10.2.3) in both forms: seconds, or an HTTP date. A date is
 * taken relative to the answer's own Date header, so that a wrong clock here does no harm. A number
 * too large for a wait is the date as seconds or milliseconds since 1970, as SMART's
 * bulk-data-server sends it: nobody asks a client to wait for thirty years.
 */
public final class RetryAfter {
  /** Longer waits are a server's mistake. */
  public static final Duration LONGEST = Duration.ofHours(6);

  private static final long SINCE_1970 = 1_000_000_000;
  private static final long SINCE_1970_MS = 1_000 * SINCE_1970;

  private RetryAfter() {}

  /** How long to wait from now on, between zero and {@link #LONGEST}; empty where not readable. */
  public static Optional<Duration> of(
      Optional<String> header, Optional<String> dateHeader, Clock clock) {
    return header.map(String::trim).flatMap(text -> parse(text, dateHeader, clock));
  }

  private static Optional<Duration> parse(String text, Optional<String> dateHeader, Clock clock) {
    Instant now = dateHeader.flatMap(HttpDate::parse).orElseGet(clock::instant);
    if (text.matches("[0-9]{1,18}")) {
      return Optional.of(clamp(wait(Long.parseLong(text), now)));
    }
    return HttpDate.parse(text).map(at -> clamp(Duration.between(now, at)));
  }

  private static Duration wait(long number, Instant now) {
    if (number >= SINCE_1970_MS) {
      return Duration.between(now, Instant.ofEpochMilli(number));
    }
    return number >= SINCE_1970
        ? Duration.between(now, Instant.ofEpochSecond(number))
        : Duration.ofSeconds(number);
  }

  private static Duration clamp(Duration wait) {
    if (wait.isNegative()) {
      return Duration.ZERO;
    }
    return wait.compareTo(LONGEST) > 0 ? LONGEST : wait;
  }
}
