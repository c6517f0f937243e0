package io.epicfhir.transform;

import io.delta.tables.DeltaTable;
import java.time.Duration;
import org.apache.spark.sql.SparkSession;

/** The care of one table. */
final class TableCare {
  /** Delta refuses to delete what is younger, unless told that it is meant. */
  private static final Duration DELTAS_OWN_LIMIT = Duration.ofDays(7);

  /**
   * What was done to a table.
   *
   * @param filesBefore data files of the current version
   * @param filesAfter the same afterwards
   * @param bytes their size
   * @param bytesFreed how much of storage was given back
   */
  record Done(long filesBefore, long filesAfter, long bytes, long bytesFreed) {}

  private final SparkSession spark;
  private final DeltaFolder folder;
  private final CareSettings settings;

  TableCare(SparkSession base, DeltaFolder folder, CareSettings settings) {
    this.spark = TableSession.of(base, folder.storedBytes(), 0, folder.logBytes());
    this.folder = folder;
    this.settings = settings;
  }

  Done run() {
    DeltaFolder.Size before = folder.size(spark);
    if (fragmented(before)) {
      compact();
    }
    DeltaFolder.Size after = folder.size(spark);
    long stored = folder.storedBytes();
    if (stored > after.bytes()) {
      vacuum();
    }
    return new Done(before.files(), after.files(), after.bytes(), stored - folder.storedBytes());
  }

  private boolean fragmented(DeltaFolder.Size size) {
    return size.files() >= settings.smallFiles()
        && size.bytes() / size.files() < settings.fileSize() / 2;
  }

  private void compact() {
    spark.conf().set("spark.databricks.delta.optimize.maxFileSize", settings.fileSize());
    spark.conf().set("spark.databricks.delta.optimize.minFileSize", settings.fileSize() / 2);
    folder.table(spark).optimize().executeCompaction();
  }

  private void vacuum() {
    boolean early = settings.retention().compareTo(DELTAS_OWN_LIMIT) < 0;
    spark.conf().set("spark.databricks.delta.retentionDurationCheck.enabled", !early);
    // A table is one folder; Spark's default is to list it by 10,000 tasks.
    spark
        .conf()
        .set(
            "spark.sql.sources.parallelPartitionDiscovery.parallelism",
            spark.sparkContext().defaultParallelism());
    DeltaTable table = folder.table(spark);
    table.vacuum(settings.retention().toSeconds() / 3600.0);
  }
}
