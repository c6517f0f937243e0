package io.epicfhir.load.postgres.session;

import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tries again where the database broke off, with a pause that doubles.
 *
 * @param max tries in all
 * @param pause before the second try
 * @param sleeper how to wait
 */
public record Retries(int max, Duration pause, Consumer<Duration> sleeper) {
  private static final Logger LOG = LoggerFactory.getLogger(Retries.class);

  /** The work's answer, or the failure of its last try. */
  public <T> T run(Supplier<T> work) {
    for (int tried = 1; ; tried++) {
      try {
        return work.get();
      } catch (PostgresFailure e) {
        if (e.kind() != PostgresFailure.Kind.BROKEN || tried >= max) {
          throw e;
        }
        LOG.warn("Try {} of {} failed and is retried: {}", tried, max, e.getMessage());
        sleeper.accept(pause.multipliedBy(1L << Math.min(tried - 1, 10)));
      }
    }
  }

  /** Waits in real time. */
  public static void sleep(Duration pause) {
    try {
      Thread.sleep(pause.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PostgresFailure(
          PostgresFailure.Kind.BUSY,
          "Stopped while waiting for PostgreSQL: the job was interrupted; rerun");
    }
  }
}
