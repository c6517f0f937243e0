package io.epicfhir.transform;

import io.epicfhir.common.SparkSessions;
import org.apache.spark.sql.SparkSession;

/**
 * A Spark session of its own for each table, on the same executors: sizes are set by table, and
 * tables are worked on side by side. The defaults of Spark and Delta are for large tables; a small
 * one would spend its time in empty tasks.
 */
final class TableSession {
  /** Below this a second task costs more than it saves. */
  private static final long SMALL = 8L << 20;

  /** Below this compiling a plan's code takes longer than running it uncompiled. */
  private static final long TINY = 1L << 20;

  /** What zstd Parquet of JSON grows to when it is read. */
  private static final int INFLATION = 10;

  private TableSession() {}

  /**
   * @param bytes on storage, of what will be read and written
   * @param logBytes of the Delta log
   */
  static SparkSession of(SparkSession base, long bytes, long logBytes) {
    SparkSession session = base.newSession();
    int partitions =
        bytes < SMALL ? 1 : SparkSessions.shufflePartitions(base, Math.max(bytes, 1) * INFLATION);
    session.conf().set("spark.sql.shuffle.partitions", partitions);
    if (partitions == 1) {
      // One task a stage leaves nothing to adapt, and each adaptive stage is planned by itself.
      session.conf().set("spark.sql.adaptive.enabled", "false");
    }
    if (bytes < TINY) {
      session.conf().set("spark.sql.codegen.wholeStage", "false");
    }
    session.conf().set("spark.sql.parquet.compression.codec", "zstd");
    // One task for each 16 MB of log; 50 is Delta's own default.
    session
        .conf()
        .set("spark.databricks.delta.snapshotPartitions", Math.min(50, 1 + (logBytes >> 24)));
    return session;
  }
}
