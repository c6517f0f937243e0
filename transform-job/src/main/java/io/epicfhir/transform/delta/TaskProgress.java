package io.epicfhir.transform.delta;

import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkStageInfo;
import org.apache.spark.util.LongAccumulator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says in the log, every few seconds, how far the work on the tables is. */
public final class TaskProgress implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TaskProgress.class);
  private static final long EVERY_SECONDS = 5;

  private final SparkContext spark;
  private final LongAccumulator resources;
  private final LongAccumulator bytes;
  private final long begin = System.nanoTime();
  private volatile String doing;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "progress");
            thread.setDaemon(true);
            return thread;
          });

  /**
   * Begins to tell.
   *
   * @param doing what is done first
   */
  public TaskProgress(SparkContext spark, String doing) {
    this.spark = spark;
    this.doing = doing;
    this.resources = spark.longAccumulator("resources");
    this.bytes = spark.longAccumulator("bytes");
    spark.setCallSite(doing);
    var unused =
        timer.scheduleAtFixedRate(
            () -> LOG.info("{}", line()), EVERY_SECONDS, EVERY_SECONDS, TimeUnit.SECONDS);
  }

  /** Tasks add the resources that they have read. */
  public LongAccumulator resources() {
    return resources;
  }

  /** Tasks add the bytes of those. */
  public LongAccumulator bytes() {
    return bytes;
  }

  /** What is done from here on; stages of the run report have this name. */
  public void now(String what) {
    doing = what;
    spark.setCallSite(what);
    LOG.info("{}", line());
  }

  /** The line as it stands now. */
  public String line() {
    double seconds = (System.nanoTime() - begin) / 1e9;
    int done = 0;
    int all = 0;
    for (int id : spark.statusTracker().getActiveStageIds()) {
      var stage = spark.statusTracker().getStageInfo(id);
      if (stage.isDefined()) {
        SparkStageInfo info = stage.get();
        done += info.numCompletedTasks();
        all += info.numTasks();
      }
    }
    String tasks = all == 0 ? "" : ", " + done + " of " + all + " tasks" + left(done, all, seconds);
    String read =
        resources.value() == 0
            ? ""
            : String.format(
                Locale.ROOT,
                ", %,d resources and %.1f MB of JSON read",
                resources.value(),
                bytes.value() / 1e6);
    return String.format(Locale.ROOT, "%s%s%s, %.0f s", doing, tasks, read, seconds);
  }

  private static String left(int done, int all, double seconds) {
    return done == 0 || done == all
        ? ""
        : String.format(Locale.ROOT, ", about %.0f s left", seconds * (all - done) / done);
  }

  @Override
  public void close() {
    timer.shutdownNow();
    spark.clearCallSite();
    LOG.info("{}", line());
  }
}
