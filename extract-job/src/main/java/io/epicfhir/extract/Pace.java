package io.epicfhir.extract;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * The time and how to let it pass; tests bring their own.
 *
 * @param clock this machine's clock
 * @param sleeper waits
 */
record Pace(Clock clock, Sleeper sleeper) {
  /** Waits for so long. */
  interface Sleeper {
    void sleep(Duration duration) throws InterruptedException;
  }

  static Pace real() {
    return new Pace(Clock.systemUTC(), d -> TimeUnit.NANOSECONDS.sleep(d.toNanos()));
  }

  void pause(Duration duration) {
    try {
      sleeper.sleep(duration);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new JobException(
          ExitCode.UNAVAILABLE, "Cannot go on waiting: the job is being stopped; rerun it", e);
    }
  }
}
