package io.epicfhir.transform.silver;

import io.epicfhir.common.spark.SparkSessions;
import io.epicfhir.transform.delta.TableSignature;
import java.util.Map;
import org.apache.spark.sql.SparkSession;

/**
 * A Spark session that is sized for the work at hand, on the same executors. The defaults of Spark
 * are for large data; a small night would spend its time in empty tasks and in compiling plans.
 */
public final class SilverSession {
  /** With these plans are worked on by Spark's interpreter. */
  public static final Map<String, String> INTERPRETED =
      Map.of(
          "spark.sql.codegen.wholeStage", "false",
          "spark.sql.codegen.factoryMode", "NO_CODEGEN");

  /** Below this a second task costs more than it saves. */
  private static final long SMALL = 8L << 20;

  /** Below this plans are worked on by Spark's interpreter: compiling them takes longer. */
  private static final long TINY = 2L << 20;

  /** Of a resource's compressed bytes about one of so many is its key's. */
  private static final int KEYS_SHARE = 8;

  /** What zstd Parquet of JSON grows to when it is read. */
  private static final int INFLATION = 10;

  private SilverSession() {}

  /**
   * A session for so much work.
   *
   * @param read bytes on storage that are read whole
   * @param keys bytes on storage of which only keys are read
   */
  public static SparkSession of(SparkSession base, long read, long keys) {
    SparkSession.setActiveSession(base);
    SparkSession session = base.newSession();
    TableSignature.sign(session);
    long bytes = read + keys / KEYS_SHARE;
    int partitions =
        bytes < SMALL ? 1 : SparkSessions.shufflePartitions(base, Math.max(bytes, 1) * INFLATION);
    session.conf().set("spark.sql.shuffle.partitions", partitions);
    if (partitions == 1) {
      // One task a stage leaves nothing to adapt, and each adaptive stage is planned by itself.
      session.conf().set("spark.sql.adaptive.enabled", "false");
    }
    if (bytes < TINY) {
      INTERPRETED.forEach((key, value) -> session.conf().set(key, value));
    }
    session.conf().set("spark.sql.parquet.compression.codec", "zstd");
    session.conf().set("spark.sql.files.maxPartitionBytes", "32m");
    // Files are named one by one; listing them by a Spark job takes longer than asking for each.
    session.conf().set("spark.sql.sources.parallelPartitionDiscovery.threshold", "10000");
    session.conf().set("spark.databricks.delta.snapshotPartitions", "1");
    return session;
  }
}
