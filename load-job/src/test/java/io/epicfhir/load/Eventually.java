package io.epicfhir.load;

import java.time.Duration;
import java.util.concurrent.Callable;

/** Waits for what another process or thread does, without taking the processor from it. */
final class Eventually {
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final long PAUSE_MILLIS = 5;

  private Eventually() {}

  /** Returns when the condition is true; fails after minutes, which no slow machine needs. */
  static void isTrue(Callable<Boolean> condition) throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.call()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("still not true after " + PATIENCE);
      }
      Thread.sleep(PAUSE_MILLIS);
    }
  }
}
