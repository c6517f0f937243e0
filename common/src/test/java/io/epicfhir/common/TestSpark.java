package io.epicfhir.common;

import io.epicfhir.common.localfs.NioLocalFileSystem;
import io.epicfhir.common.spark.SparkSessions;
import org.apache.spark.sql.SparkSession;

/**
 * Spark for tables of a handful of rows. Planning, compiling plans and empty tasks are then all of
 * a test's time, so nothing is compiled or adapted, and a stage has one task.
 */
public final class TestSpark {
  private TestSpark() {}

  /**
   * The session of all tests of a module, with Delta where the module has it; a new one where a
   * test has stopped it. Jobs that find it use it and leave it running.
   */
  public static SparkSession session() {
    SparkSession.Builder builder = builder();
    if (SparkSessions.hasDelta()) {
      builder
          .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
          .config(
              "spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog");
    }
    return builder.getOrCreate();
  }

  private static SparkSession.Builder builder() {
    return SparkSession.builder()
        .master("local[2]")
        .appName("tests")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        // As every profile sets it.
        .config("spark.serializer", "org.apache.spark.serializer.KryoSerializer")
        // As every job sets them.
        .config("spark.hadoop." + DamagedFile.VERIFY, "true")
        .config(NioLocalFileSystem.ofSpark())
        .config("spark.buffer.pageSize", "2m")
        .config("spark.sql.artifact.isolation.enabled", "false")
        .config("spark.sql.codegen.cache.maxEntries", "2000")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.ansi.enabled", "true")
        // One task a stage, and no plan that is compiled or planned again half-way.
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.databricks.delta.snapshotPartitions", "1")
        .config("spark.sql.adaptive.enabled", "false")
        .config("spark.sql.codegen.wholeStage", "false")
        .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
        // VACUUM lists folders in so many tasks: 10,000 by itself.
        .config("spark.sql.sources.parallelPartitionDiscovery.parallelism", "1");
  }
}
