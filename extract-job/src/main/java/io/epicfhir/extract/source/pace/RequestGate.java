package io.epicfhir.extract.source.pace;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.extract.source.answer.PassingFailure;
import io.epicfhir.extract.source.answer.RetryAfter;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Which requests may be in flight at the source at one time: one gate for all threads of a JVM.
 * Their number adapts ({@link InFlightLimit}). A Retry-After closes the gate for all requests
 * together. One that is longer than anybody waits may be about its own request only, so it closes
 * the gate where another request is refused in the same way ({@link Doubt}).
 */
public final class RequestGate {
  /** After a probe without an answer, before the next one. */
  private static final Duration SILENCE = Duration.ofSeconds(1);

  private final Pace pace;
  private final Duration patience;
  private final InFlightLimit limit;
  private final Doubt doubt;
  private int inFlight;
  private int mostInFlight;
  private Instant closedUntil = Instant.MIN;

  /** What the server answers to a request that it has served before. */
  public interface Witness {
    /**
     * Asks.
     *
     * @return how long the server wants no requests; empty where it serves this one
     * @throws IOException where there is no answer
     */
    Optional<Duration> refusal() throws IOException;
  }

  /** One request's place; given back once. */
  public final class Slot implements AutoCloseable {
    private final Instant began;
    private boolean probe;
    private boolean open = true;

    private Slot(Instant began, boolean probe) {
      this.began = began;
      this.probe = probe;
    }

    /** The answer's head arrived after so long. */
    public void answered(Duration latency) {
      wentWell(latency, probe);
      probe = false;
    }

    /**
     * The server has too much to do: 429 or 503.
     *
     * @param witness is asked where nothing else tells whether the server refuses everybody
     */
    public void refused(Optional<Duration> retryAfter, Witness witness) {
      if (tooMuch(began, retryAfter, probe) == Doubt.Next.ASK_WITNESS) {
        hear(witness);
        probe = false;
      }
    }

    @Override
    public void close() {
      if (open) {
        open = false;
        leave(probe);
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
    this.pace = pace;
    this.patience = patience;
    this.limit = new InFlightLimit(max);
    this.doubt = new Doubt(patience);
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
        if (closed.isZero() && inFlight < limit.now() && doubt.admits(now)) {
          inFlight++;
          mostInFlight = Math.max(mostInFlight, inFlight);
          return new Slot(now, doubt.enter());
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
    return limit.now();
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

  /**
   * @param silent whether it was a probe that brought no word about the server
   */
  private synchronized void leave(boolean silent) {
    inFlight--;
    if (silent) {
      silence();
    }
    notify();
  }

  private synchronized void wentWell(Duration latency, boolean probe) {
    Instant now = pace.clock().instant();
    if (limit.answered(latency, inFlight, now)) {
      notify();
    }
    doubt.served(probe, now);
    if (probe) {
      notifyAll();
    }
  }

  private synchronized Doubt.Next tooMuch(
      Instant began, Optional<Duration> retryAfter, boolean probe) {
    Instant now = pace.clock().instant();
    limit.refused(began, inFlight, now);
    boolean closed = closedUntil.isAfter(now.plus(patience));
    if (closed || !isBeyond(retryAfter)) {
      closeUntil(retryAfter.map(now::plus).orElse(Instant.MIN));
      return Doubt.Next.GO_ON;
    }
    Doubt.Next next = doubt.refused(probe, began, now, now.plus(retryAfter.get()));
    if (next == Doubt.Next.CLOSE) {
      closeUntil(doubt.close());
    }
    return next;
  }

  private boolean isBeyond(Optional<Duration> wait) {
    return wait.filter(time -> time.compareTo(patience) > 0).isPresent();
  }

  /** While all others wait. */
  private void hear(Witness witness) {
    Optional<Duration> refusal;
    try {
      refusal = witness.refusal();
    } catch (IOException e) {
      refusal = Optional.of(Duration.ZERO);
    }
    heard(refusal);
  }

  private synchronized void heard(Optional<Duration> refusal) {
    Instant now = pace.clock().instant();
    if (refusal.isEmpty()) {
      doubt.disproved(now);
      notifyAll();
    } else if (isBeyond(refusal)) {
      closeUntil(doubt.close());
    } else {
      closeUntil(now.plus(refusal.get()));
      silence();
    }
  }

  /** The next one is the probe, unless the doubt has lasted too long. */
  private void silence() {
    Instant now = pace.clock().instant();
    closeUntil(doubt.unanswered(now) ? doubt.close() : now.plus(SILENCE));
  }

  private void closeUntil(Instant until) {
    closedUntil = until.isAfter(closedUntil) ? until : closedUntil;
    notifyAll(); // each thread that waits for a place checks whether it is worth it
  }
}
