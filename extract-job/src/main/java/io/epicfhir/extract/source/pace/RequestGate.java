package io.epicfhir.extract.source.pace;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.extract.source.answer.PassingFailure;
import io.epicfhir.extract.source.answer.RetryAfter;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * How many requests may be in flight at the source at one time: one gate for all threads of a JVM.
 * It climbs while the server keeps up, doubling at first; a 429 or 503 brings it below what the
 * server refused, and from there it feels its way up slowly. Answers that take several times as
 * long as usual hold it, and lower it where they take longer still. A Retry-After closes it for all
 * requests together.
 */
public final class RequestGate {
  private static final int FIRST_LIMIT = 4;
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
  private final Pace pace;
  private final Duration patience;
  private int limit;
  private int ceiling;
  private int inFlight;
  private int mostInFlight;
  private Instant closedUntil = Instant.MIN;
  private Instant lowered = Instant.MIN;
  private Instant nextProbe = Instant.MIN;
  private double nowMs;
  private double usualMs;

  /** One request's place; given back once. */
  public final class Slot implements AutoCloseable {
    private final Instant began;
    private boolean open = true;

    private Slot(Instant began) {
      this.began = began;
    }

    /** The answer's head arrived after so long. */
    public void answered(Duration latency) {
      wentWell(latency);
    }

    /** The server has too much to do: 429 or 503. */
    public void refused(Optional<Duration> retryAfter) {
      tooMuch(began, retryAfter);
    }

    @Override
    public void close() {
      if (open) {
        open = false;
        leave();
      }
    }
  }

  /**
   * A gate that never lets more through than the given number.
   *
   * @param max from 1 on
   */
  public RequestGate(int max, Pace pace) {
    this(max, pace, RetryAfter.LONGEST);
  }

  /**
   * @param patience nobody waits longer for the time that the server named
   */
  public RequestGate(int max, Pace pace, Duration patience) {
    this.max = max;
    this.pace = pace;
    this.patience = patience;
    this.limit = Math.min(FIRST_LIMIT, max);
    this.ceiling = max;
  }

  /** Waits for a place. */
  public Slot enter() {
    return enter("send a request");
  }

  /**
   * Waits for a place.
   *
   * @param what "verb thing", for the message
   * @throws JobException {@link ExitCode#UNAVAILABLE} at once where the server wants no request for
   *     longer than anybody would wait
   */
  public Slot enter(String what) {
    while (true) {
      Duration closed;
      synchronized (this) {
        Instant now = pace.clock().instant();
        closed = now.isBefore(closedUntil) ? Duration.between(now, closedUntil) : Duration.ZERO;
        if (closed.isZero() && inFlight < limit) {
          inFlight++;
          mostInFlight = Math.max(mostInFlight, inFlight);
          return new Slot(now);
        }
        if (closed.isZero()) {
          waitForNews();
        }
      }
      if (closed.compareTo(patience) > 0) {
        throw tooLong(what, closed);
      }
      if (!closed.isZero()) {
        pace.pause(closed);
      }
    }
  }

  private static JobException tooLong(String what, Duration closed) {
    String why = "the server asked for no requests within the next " + closed.toSeconds() + " s";
    return new JobException(
        ExitCode.UNAVAILABLE,
        "Cannot "
            + what
            + ": "
            + why
            + ", which is longer than source.retry-budget; rerun after that time",
        new PassingFailure(why, Optional.of(closed))); // no answer's: nothing was sent
  }

  /** How many may be in flight just now. */
  public synchronized int limit() {
    return limit;
  }

  /** How many are in flight just now. */
  public synchronized int inFlight() {
    return inFlight;
  }

  /** The highest number that was in flight at one time. */
  public synchronized int mostInFlight() {
    return mostInFlight;
  }

  @SuppressWarnings("WaitNotInLoop") // the caller looks again
  private void waitForNews() {
    try {
      wait();
    } catch (InterruptedException e) {
      throw Pace.stopped(e);
    }
  }

  private synchronized void leave() {
    inFlight--;
    notify();
  }

  private synchronized void wentWell(Duration latency) {
    double ms = Math.max(latency.toNanos() / 1e6, LEAST_LATENCY_MS);
    nowMs = nowMs == 0 ? ms : nowMs + NOW * (ms - nowMs);
    usualMs = usualMs == 0 ? ms : usualMs + USUAL * (ms - usualMs);
    if (nowMs > SINK * usualMs && limit > FIRST_LIMIT) {
      lower(pace.clock().instant(), limit - 1);
    } else if (nowMs <= HOLD * usualMs && 2 * inFlight > limit) {
      climb();
    }
  }

  private void climb() {
    if (limit < ceiling) {
      limit++;
      notify();
    } else if (limit < max && !pace.clock().instant().isBefore(nextProbe)) {
      limit++;
      ceiling = limit;
      nextProbe = pace.clock().instant().plus(PROBE_EVERY);
      notify();
    }
  }

  private synchronized void tooMuch(Instant began, Optional<Duration> retryAfter) {
    Instant now = pace.clock().instant();
    retryAfter
        .map(now::plus)
        .filter(until -> until.isAfter(closedUntil))
        .ifPresent(until -> closedUntil = until);
    notifyAll(); // each thread that waits for a place checks whether it is worth it
    if (!began.isBefore(lowered)) {
      ceiling = Math.max(1, Math.min(limit, inFlight) - 1);
      lower(now, ceiling * 3 / 4);
      nextProbe = now.plus(PROBE_EVERY);
    }
  }

  /** Once for all requests that were in flight together. */
  private void lower(Instant now, int to) {
    lowered = now;
    limit = Math.max(1, Math.min(limit, to));
  }
}
