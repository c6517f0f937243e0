package io.epicfhir.extract.source;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Tries what fails for a passing reason again: pauses double from the first on with some chance in
 * them, a server's Retry-After is never undercut, and tries and time are bounded.
 */
final class Retry {
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(2);

  private final SourceSettings settings;
  private final Pace pace;

  /** One try. */
  interface Attempt<T> {
    T run() throws IOException, PassingFailure;
  }

  Retry(SourceSettings settings, Pace pace) {
    this.settings = settings;
    this.pace = pace;
  }

  /**
   * Runs the attempt until it ends well.
   *
   * @param what "verb thing", for the message
   * @throws JobException {@link ExitCode#UNAVAILABLE} after the last try
   */
  <T> T call(String what, Traffic traffic, Attempt<T> attempt) {
    Instant end = pace.clock().instant().plus(settings.retryBudget());
    for (int tries = 1; ; tries++) {
      try {
        return attempt.run();
      } catch (PassingFailure e) {
        Duration asked = e.retryAfter().orElse(Duration.ZERO);
        Duration pause = longer(asked, backOff(tries));
        pauseOrGiveUp(what, tries, pause, end, e.getMessage(), e);
      } catch (IOException e) {
        pauseOrGiveUp(what, tries, backOff(tries), end, reason(e), e);
      }
      traffic.retried();
    }
  }

  private void pauseOrGiveUp(
      String what, int tries, Duration pause, Instant end, String reason, Exception cause) {
    boolean late = pace.clock().instant().plus(pause).isAfter(end);
    if (tries >= settings.maxTries() || late) {
      String bound =
          late ? "the next would come after source.retry-budget" : "source.max-tries reached";
      throw new JobException(
          ExitCode.UNAVAILABLE,
          "Cannot "
              + what
              + ": "
              + reason
              + ", after "
              + tries
              + " tries ("
              + bound
              + ");"
              + " rerun when the server is well",
          cause);
    }
    pace.pause(pause);
  }

  private Duration backOff(int tries) {
    long full = settings.firstPause().toMillis() << Math.min(tries - 1, 16);
    long capped = Math.min(full, LONGEST_PAUSE.toMillis());
    return Duration.ofMillis(capped / 2 + ThreadLocalRandom.current().nextLong(capped / 2 + 1));
  }

  private static Duration longer(Duration a, Duration b) {
    return a.compareTo(b) > 0 ? a : b;
  }

  /** The kind of failure; messages of foreign exceptions may quote what was received. */
  private static String reason(IOException e) {
    return e instanceof BrokenBody ? e.getMessage() : e.getClass().getSimpleName();
  }
}
