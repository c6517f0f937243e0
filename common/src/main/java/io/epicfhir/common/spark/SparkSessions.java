package io.epicfhir.common.spark;

import io.epicfhir.common.DamagedFile;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.LogicalRun;
import io.epicfhir.common.RowGroups;
import io.epicfhir.common.StorageFailure;
import io.epicfhir.common.localfs.FileReaders;
import io.epicfhir.common.localfs.NioLocalFileSystem;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import org.apache.hadoop.fs.CommonConfigurationKeys;
import org.apache.spark.SparkConf;
import org.apache.spark.scheduler.SparkListenerInterface;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.Utils;

/**
 * Starts Spark. What must be known before a JVM starts (memory, collector, master) comes from
 * {@code conf/spark/<profile>.conf} by spark-submit; here stand only the settings that correct
 * results depend on, and they win over any profile.
 */
public final class SparkSessions {
  /** Settings that results depend on, and a few that only time depends on. */
  static final Map<String, String> FIXED =
      Map.ofEntries(
          Map.entry("spark.sql.session.timeZone", "UTC"),
          Map.entry("spark.sql.ansi.enabled", "true"),
          Map.entry("spark.sql.files.ignoreCorruptFiles", "false"),
          Map.entry("spark.sql.files.ignoreMissingFiles", "false"),
          Map.entry("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS"),
          Map.entry("spark.sql.parquet.mergeSchema", "false"),
          Map.entry("spark.hadoop." + DamagedFile.VERIFY, "true"),
          Map.entry("spark.hadoop." + RowGroups.KEY, String.valueOf(RowGroups.BYTES)),
          // No session brings classes of its own. With isolation each one (one a table) gets its
          // own
          // class loader on the executors, which asks the driver for every class and compiles every
          // plan's code anew: most of a small table's time.
          Map.entry("spark.sql.artifact.isolation.enabled", "false"),
          // The plans of all tables together need more than the default of 100 compiled classes; a
          // cache that is gone through in turns and is a little too small is of no use at all.
          Map.entry("spark.sql.codegen.cache.maxEntries", "2000"),
          // Each sort and each aggregation takes a page at its start. By itself Spark makes it a
          // thirty-second of the heap, 64 MB of 2 GB, for tables of a few hundred rows, too.
          Map.entry("spark.buffer.pageSize", "2m"),
          // What is shuffled and spilled is patient data on a disk of everybody's.
          Map.entry("spark.io.encryption.enabled", "true"),
          // Smallest and largest values of patient data in the footers of files help nobody; so
          // does
          // Delta's own compaction write none.
          Map.entry("spark.hadoop.parquet.column.statistics.enabled", "false"),
          // Literals of a plan are patient data in places where nobody looks.
          Map.entry("spark.sql.debug.maxToStringFields", "0"),
          Map.entry("spark.sql.redaction.string.regex", "(?s).+"));

  private SparkSessions() {}

  public static SparkSession start(
      LogicalRun run, FileReaders readers, SparkListenerInterface listener) {
    SparkConf conf = new SparkConf();
    FIXED.forEach(conf::set);
    NioLocalFileSystem.ofSpark().forEach((key, value) -> conf.set(key, value.toString()));
    conf.set("spark.hadoop." + CommonConfigurationKeys.FS_PERMISSIONS_UMASK_KEY, readers.umask());
    // Executors read the settings themselves, and must see the overrides that the driver saw. None
    // is a secret: those are files that a setting names. The profile may say otherwise for them.
    System.getenv().entrySet().stream()
        .filter(override -> override.getKey().startsWith("EPIC_FHIR_"))
        .forEach(o -> conf.setIfMissing("spark.executorEnv." + o.getKey(), o.getValue()));
    conf.setIfMissing("spark.master", "local[*]");
    ClusterSecret.into(conf);
    conf.setIfMissing("spark.app.name", run.dagId() + "." + run.taskId() + " " + run.runId());
    if (hasDelta()) {
      conf.set("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension");
      conf.set(
          "spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog");
    }
    if (!running()) {
      conf.set("spark.local.dir", scratch(conf));
    }
    SparkSession session = SparkSession.builder().config(conf).getOrCreate();
    session.sparkContext().addSparkListener(listener);
    return session;
  }

  /**
   * Where no local disk can be written Spark ends the process itself, with a status of its own and
   * without a report; where one of several can, it goes on with that.
   *
   * @return the folders of this process's own, for Spark's files
   */
  private static String scratch(SparkConf conf) {
    String[] folders = Utils.getConfiguredLocalDirs(conf);
    IOException failure = new IOException("none is named");
    List<String> own = new ArrayList<>();
    for (String folder : folders) {
      try {
        own.add(SparkScratch.open(Path.of(folder)).folder().toString());
      } catch (IOException e) {
        failure = e;
      }
    }
    if (!own.isEmpty()) {
      return String.join(",", own);
    }
    throw new JobException(
        ExitCode.STORAGE,
        "Cannot start Spark on the local disks "
            + String.join(", ", folders)
            + ": "
            + StorageFailure.why(failure)
            + "; check that they exist, are writable and are not full, or set spark.local.dir",
        failure);
  }

  /** Whether this process has a session that somebody else started, and will stop. */
  public static boolean running() {
    var session = SparkSession.getDefaultSession();
    return session.isDefined() && !session.get().sparkContext().isStopped();
  }

  /** Takes the listener out of a session that goes on, once it has heard of all that was done. */
  public static void leave(SparkSession session, SparkListenerInterface listener) {
    try {
      session.sparkContext().listenerBus().waitUntilEmpty();
    } catch (TimeoutException e) {
      throw new IllegalStateException(
          "Cannot collect Spark's metrics: its listener bus did not drain in time", e);
    } finally {
      session.sparkContext().removeSparkListener(listener);
    }
  }

  /**
   * How many partitions a shuffle of so many bytes is worth: about 64 MB each, at least two a core
   * on a cluster's default parallelism, so that no core idles and no partition spills.
   *
   * @param session gives the default parallelism
   * @param bytes what goes through the shuffle
   */
  public static int shufflePartitions(SparkSession session, long bytes) {
    return shufflePartitions(session.sparkContext().defaultParallelism(), bytes);
  }

  static int shufflePartitions(int parallelism, long bytes) {
    long bySize = bytes / (64L << 20) + 1;
    return (int) Math.min(Math.max(bySize, 2L * parallelism), 20_000);
  }

  public static boolean hasDelta() {
    return SparkSessions.class
            .getClassLoader()
            .getResource("io/delta/sql/DeltaSparkSessionExtension.class")
        != null;
  }
}
