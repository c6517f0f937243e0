package io.epicfhir.extract.source.pace;

import java.time.Duration;
import java.time.Instant;

/**
 * Whether a refusal for longer than anybody waits is about its own request or about all of them.
 * While that is in doubt, one other request goes through as a probe, and the rest wait. Where the
 * probe is refused in the same way, both may be of one patient or one type that is barred: what the
 * server has served before then tells. The gate guards it: nothing here is for several threads.
 */
final class Doubt {
  /** A server that refuses so many for so long, and serves none between them, is left alone. */
  static final int MOST_IN_A_ROW = 1000;

  private final Duration patience;
  private boolean on;
  private boolean probing;
  private Instant began = Instant.MIN;
  private Instant until = Instant.MIN;
  private Instant settled = Instant.MIN;
  private int inARow;

  /** What a refusal calls for. */
  enum Next {
    /** Only its own request fails. */
    GO_ON,
    /** The probe was refused, too: ask for what the server has served before. */
    ASK_WITNESS,
    /** The server refuses everybody. */
    CLOSE
  }

  Doubt(Duration patience) {
    this.patience = patience;
  }

  /** Whether a request may go through now. */
  boolean admits(Instant now) {
    if (on && !probing && !now.isBefore(until)) {
      end(now); // the server may be asked again
    }
    return !probing;
  }

  /** One goes through; whether it is the probe. */
  boolean enter() {
    probing = on;
    return on;
  }

  /**
   * A request is refused for longer than anybody waits.
   *
   * @param sent when it went through
   * @param named the end of the time that the server named
   */
  Next refused(boolean probe, Instant sent, Instant now, Instant named) {
    if (!on && sent.isBefore(settled)) {
      return Next.GO_ON; // the server has served another since
    }
    until = named.isAfter(until) ? named : until;
    if (on) {
      return probe ? Next.ASK_WITNESS : Next.GO_ON;
    }
    on = true;
    began = now;
    inARow++;
    return inARow > MOST_IN_A_ROW ? Next.CLOSE : Next.GO_ON;
  }

  /** The server has served a request. */
  void served(boolean probe, Instant now) {
    inARow = 0;
    if (probe) {
      end(now);
    }
  }

  /** The server refuses the probe, and serves what it has served before. */
  void disproved(Instant now) {
    inARow++;
    end(now);
  }

  /** The probe brought no word; whether that has gone on for longer than anybody waits. */
  boolean unanswered(Instant now) {
    probing = false;
    return now.isAfter(began.plus(patience));
  }

  /** Nobody goes through until the time that it gives. */
  Instant close() {
    Instant closed = until;
    end(closed);
    return closed;
  }

  private void end(Instant now) {
    on = false;
    probing = false;
    settled = now;
    until = Instant.MIN;
  }
}
