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

  /** Below this a change is worked on by Spark's interpreter: compiling its plans takes longer. */
  private static final long TINY = 1L << 20;

  /** The same for the table's keys, which are all that is read of it for a small change. */
  private static final long TINY_KEYS = 16L << 20;

  /** Of a resource's compressed bytes about one of so many is its key's. */
  private static final int KEYS_SHARE = 8;

  /** What zstd Parquet of JSON grows to when it is read. */
  private static final int INFLATION = 10;

  /** Keys of so many rows can be sent to every task: some tens of MB. */
  private static final long FEW = 200_000;

  private TableSession() {}

  /**
   * For what reads a whole table of so many bytes, though little may be pending: compiling pays
   * again.
   */
  static void readsWhole(SparkSession session, long bytes) {
    if (bytes >= TINY) {
      session.conf().set("spark.sql.codegen.wholeStage", "true");
      session.conf().set("spark.sql.codegen.factoryMode", "FALLBACK");
    }
  }

  /** Whether a join with so many rows need not shuffle its other side. */
  static boolean few(long rows) {
    return rows <= FEW;
  }

  /**
   * @param pending bytes on storage of what is new
   * @param standing bytes on storage of the table that it goes into
   * @param logBytes of the Delta log
   */
  static SparkSession of(SparkSession base, long pending, long standing, long logBytes) {
    SparkSession session = base.newSession();
    DeltaCommits.sign(session);
    long bytes = pending + (pending < TINY ? standing / KEYS_SHARE : standing);
    int partitions =
        bytes < SMALL ? 1 : SparkSessions.shufflePartitions(base, Math.max(bytes, 1) * INFLATION);
    session.conf().set("spark.sql.shuffle.partitions", partitions);
    if (partitions == 1) {
      // One task a stage leaves nothing to adapt, and each adaptive stage is planned by itself.
      session.conf().set("spark.sql.adaptive.enabled", "false");
    }
    if (pending < TINY && bytes < TINY_KEYS) {
      session.conf().set("spark.sql.codegen.wholeStage", "false");
      session.conf().set("spark.sql.codegen.factoryMode", "NO_CODEGEN");
    }
    session.conf().set("spark.sql.parquet.compression.codec", "zstd");
    // One task for each 16 MB of log; 50 is Delta's own default.
    session
        .conf()
        .set("spark.databricks.delta.snapshotPartitions", Math.min(50, 1 + (logBytes >> 24)));
    return session;
  }
}
