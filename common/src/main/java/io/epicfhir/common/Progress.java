package io.epicfhir.common;

import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logs, every quarter of a minute, the progress of a long piece of work. */
public final class Progress implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Progress.class);
  private static final Duration EVERY = Duration.ofSeconds(15);

  private final String what;
  private final String units;
  private final Supplier<Reading> gauge;
  private final Reading begin;
  private final long beginNanos = System.nanoTime();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "progress");
            thread.setDaemon(true);
            return thread;
          });

  /**
   * How far it is.
   *
   * @param done of the total
   * @param total as far as it is known by now
   * @param units since the beginning, for example resources
   * @param bytes since the beginning
   * @param inFlight requests at the source just now
   * @param retries since the beginning
   */
  public record Reading(
      long done, long total, long units, long bytes, int inFlight, long retries) {}

  private Progress(String what, String units, Supplier<Reading> gauge) {
    this.what = what;
    this.units = units;
    this.gauge = gauge;
    this.begin = gauge.get();
  }

  /**
   * Begins to log.
   *
   * @param what the things that are counted, for example {@code files}
   * @param units what the rate counts, for example {@code resources}
   * @param gauge read by a thread of its own
   */
  public static Progress of(String what, String units, Supplier<Reading> gauge) {
    Progress progress = new Progress(what, units, gauge);
    long every = EVERY.toSeconds();
    var unused = progress.timer.scheduleAtFixedRate(progress::tell, every, every, TimeUnit.SECONDS);
    return progress;
  }

  /** The line as it stands now. */
  public String line() {
    Reading now = gauge.get();
    double seconds = Math.max(0.001, (System.nanoTime() - beginNanos) / 1e9);
    double rate = (now.done() - begin.done()) / seconds;
    String left =
        rate <= 0 || now.done() >= now.total()
            ? ""
            : ", about "
                + text(Duration.ofSeconds((long) ((now.total() - now.done()) / rate)))
                + " left";
    return String.format(
        Locale.ROOT,
        "%d of %d %s (%d %%), %.0f %s/s, %.1f MB/s, %d in flight, %d retries%s",
        now.done(),
        now.total(),
        what,
        now.total() == 0 ? 100 : 100 * now.done() / now.total(),
        (now.units() - begin.units()) / seconds,
        units,
        (now.bytes() - begin.bytes()) / seconds / 1e6,
        now.inFlight(),
        now.retries(),
        left);
  }

  private void tell() {
    try {
      LOG.info("{}", line());
    } catch (JobException e) {
      LOG.info("Cannot report progress right now: {}", e.getMessage());
    }
  }

  private static String text(Duration duration) {
    if (duration.toMinutes() >= 60) {
      return duration.toHours() + " h " + duration.toMinutesPart() + " min";
    }
    return duration.toMinutes() > 0 ? duration.toMinutes() + " min" : duration.toSeconds() + " s";
  }

  /** Logs the end and stops. */
  @Override
  public void close() {
    timer.shutdownNow();
    tell();
  }
}
