package io.epicfhir.extract.source.pace;

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
public record Pace(Clock clock, Sleeper sleeper) {
  /** Waits for so long. */
  public interface Sleeper {
    void sleep(Duration duration) throws InterruptedException;
  }

  public static Pace real() {
    return new Pace(Clock.systemUTC(), d -> TimeUnit.NANOSECONDS.sleep(d.toNanos()));
  }

  public void pause(Duration duration) {
    try {
      sleeper.sleep(duration);
    } catch (InterruptedException e) {
      throw stopped(e);
    }
  }

  static JobException stopped(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new JobException(
        ExitCode.UNAVAILABLE, "Stopped while waiting: the job was interrupted; rerun it", e);
  }
}
