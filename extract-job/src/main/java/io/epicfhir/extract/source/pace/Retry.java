package io.epicfhir.extract.source.pace;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.FailureWords;
import io.epicfhir.common.JobException;
import io.epicfhir.extract.source.answer.BrokenBody;
import io.epicfhir.extract.source.answer.PassingFailure;
import io.epicfhir.extract.source.request.Ask;
import io.epicfhir.extract.source.request.Traffic;
import io.epicfhir.extract.source.settings.SourceSettings;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Tries what fails for a passing reason again: pauses double from the first on with some chance in
 * them, a server's Retry-After is never undercut, and tries and time are bounded.
 */
public final class Retry {
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(2);

  private final SourceSettings settings;
  private final Pace pace;

  /** One try. */
  public interface Attempt<T> {
    T run() throws IOException, PassingFailure;
  }

  public Retry(SourceSettings settings, Pace pace) {
    this.settings = settings;
    this.pace = pace;
  }

  /**
   * Runs the attempt until it ends well.
   *
   * @param ask what it asks for; one that must not be repeated is repeated only where the server
   *     says that it did nothing
   * @throws JobException {@link ExitCode#UNAVAILABLE} after the last try
   */
  public <T> T call(Ask ask, Traffic traffic, Attempt<T> attempt) {
    return call(ask.what(), ask.at(), traffic, attempt);
  }

  /** Runs what is no single request. */
  public <T> T call(String what, Traffic traffic, Attempt<T> attempt) {
    return call(what, "", traffic, attempt);
  }

  private <T> T call(String what, String at, Traffic traffic, Attempt<T> attempt) {
    Instant end = pace.clock().instant().plus(settings.retryBudget());
    for (int tries = 1; ; tries++) {
      Exception failure;
      Duration pause = backOff(tries);
      try {
        return attempt.run();
      } catch (PassingFailure e) {
        pause = longer(e.retryAfter().orElse(Duration.ZERO), pause);
        failure = e;
      } catch (IOException e) {
        failure = e;
      }
      Optional<String> bound = ended(tries, pause, end);
      if (bound.isPresent()) {
        throw givenUp(what, at, tries, bound.get(), failure);
      }
      pace.pause(pause);
      traffic.retried();
    }
  }

  /** The bound that the next try would pass. */
  private Optional<String> ended(int tries, Duration pause, Instant end) {
    if (pace.clock().instant().plus(pause).isAfter(end)) {
      return Optional.of("source.retry-budget is used up");
    }
    return tries >= settings.maxTries()
        ? Optional.of("source.max-tries reached")
        : Optional.empty();
  }

  private static JobException givenUp(
      String what, String at, int tries, String bound, Exception failure) {
    return new JobException(
        ExitCode.UNAVAILABLE,
        "Cannot "
            + what
            + ": "
            + reason(failure)
            + ", after "
            + tries
            + " tries ("
            + bound
            + "); rerun when the server has recovered"
            + at,
        failure);
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
  private static String reason(Exception e) {
    boolean ours = e instanceof BrokenBody || e instanceof PassingFailure;
    return ours ? e.getMessage() : FailureWords.of(e);
  }
}
