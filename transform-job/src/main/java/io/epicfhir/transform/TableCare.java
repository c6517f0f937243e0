package io.epicfhir.transform;

import io.delta.tables.DeltaTable;
import io.epicfhir.common.delta.TableLog;
import io.epicfhir.common.delta.TableSnapshot;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.transform.silver.SilverSession;
import java.time.Duration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/** The care of one table. */
final class TableCare {
  /** Delta refuses to delete younger files unless this setting allows it. */
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
  private final Lake lake;
  private final Path path;
  private final CareSettings settings;

  TableCare(SparkSession base, Lake lake, Path path, CareSettings settings) {
    this.lake = lake;
    this.path = path;
    this.spark = SilverSession.of(base, snapshot().bytes(), 0);
    this.settings = settings;
  }

  Done run() {
    TableSnapshot before = snapshot();
    if (fragmented(before)) {
      compact();
    }
    TableSnapshot after = snapshot();
    long stored = storedBytes(path);
    if (stored > after.bytes()) {
      vacuum();
    }
    return new Done(
        before.files().size(), after.files().size(), after.bytes(), stored - storedBytes(path));
  }

  private TableSnapshot snapshot() {
    return TableLog.of(lake, path).snapshot().orElseThrow();
  }

  /** Bytes of all data files, of older versions too. */
  private long storedBytes(Path folder) {
    long bytes = 0;
    for (FileStatus status : lake.list(folder)) {
      if (status.isFile()) {
        bytes += status.getLen();
      } else if (!status.getPath().getName().startsWith("_")) {
        bytes += storedBytes(status.getPath());
      }
    }
    return bytes;
  }

  private boolean fragmented(TableSnapshot table) {
    int files = table.files().size();
    return files >= settings.smallFiles() && table.bytes() / files < settings.fileSize() / 2;
  }

  private void compact() {
    spark.conf().set("spark.databricks.delta.optimize.maxFileSize", settings.fileSize());
    spark.conf().set("spark.databricks.delta.optimize.minFileSize", settings.fileSize() / 2);
    DeltaTable.forPath(spark, path.toString()).optimize().executeCompaction();
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
    DeltaTable table = DeltaTable.forPath(spark, path.toString());
    table.vacuum(settings.retention().toSeconds() / 3600.0);
  }
}
