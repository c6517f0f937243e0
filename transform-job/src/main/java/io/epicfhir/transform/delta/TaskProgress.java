package io.epicfhir.transform.delta;

import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkStageInfo;
import org.apache.spark.SparkStatusTracker;
import org.apache.spark.util.LongAccumulator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says in the log, every few seconds, how far the work on the tables is. */
public final class TaskProgress implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TaskProgress.class);
  private static final long EVERY_SECONDS = 5;

  private final Optional<SparkContext> spark;
  private final LongAdder resourcesHere = new LongAdder();
  private final LongAdder bytesHere = new LongAdder();
  private final LongAccumulator resources = new LongAccumulator();
  private final LongAccumulator bytes = new LongAccumulator();
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
   * Begins to log.
   *
   * @param doing what is done first
   */
  public TaskProgress(SparkContext spark, String doing) {
    this(Optional.of(spark), doing);
    spark.register(resources, "resources");
    spark.register(bytes, "bytes");
    spark.setCallSite(doing);
  }

  /** Begins to log work in this process, without Spark. */
  public TaskProgress(String doing) {
    this(Optional.empty(), doing);
  }

  private TaskProgress(Optional<SparkContext> spark, String doing) {
    this.spark = spark;
    this.doing = doing;
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

  /** This process has read a resource of so many bytes. */
  public void read(long size) {
    resourcesHere.increment();
    bytesHere.add(size);
  }

  /** What is done from here on; stages of the run report have this name. */
  public void now(String what) {
    doing = what;
    spark.ifPresent(context -> context.setCallSite(what));
    LOG.info("{}", line());
  }

  /** The line as it stands now. */
  public String line() {
    double seconds = (System.nanoTime() - begin) / 1e9;
    int done = 0;
    int all = 0;
    if (spark.isPresent()) {
      SparkStatusTracker tracker = spark.get().statusTracker();
      for (int id : tracker.getActiveStageIds()) {
        var stage = tracker.getStageInfo(id);
        if (stage.isDefined()) {
          SparkStageInfo info = stage.get();
          done += info.numCompletedTasks();
          all += info.numTasks();
        }
      }
    }
    String tasks = all == 0 ? "" : ", " + done + " of " + all + " tasks" + left(done, all, seconds);
    long count = resources.value() + resourcesHere.sum();
    String read =
        count == 0
            ? ""
            : String.format(
                Locale.ROOT,
                ", %,d resources and %.1f MB of JSON read",
                count,
                (bytes.value() + bytesHere.sum()) / 1e6);
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
    spark.ifPresent(SparkContext::clearCallSite);
    LOG.info("{}", line());
  }
}
