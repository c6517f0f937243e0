package io.epicfhir.transform;

import com.fasterxml.jackson.databind.JsonNode;
import io.delta.tables.DeltaTable;
import io.epicfhir.common.DeltaLogFiles;
import io.epicfhir.common.Lake;
import java.util.Map;
import java.util.OptionalLong;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.CreateTableWriter;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;

/**
 * A Delta table as a folder of the lake. What only asks for numbers reads the log's open format
 * (Delta transaction log protocol) and starts no Spark job.
 */
final class DeltaFolder {
  private final Lake lake;
  private final Path path;
  private final DeltaLogFiles log;
  private final DeltaCommits commits;

  DeltaFolder(Lake lake, Path path) {
    this.lake = lake;
    this.log = new DeltaLogFiles(lake, path);
    this.commits = new DeltaCommits(log);
    this.path = path;
  }

  Path path() {
    return path;
  }

  /** The newest commit, or empty where there is no table yet. */
  OptionalLong version() {
    return log.version();
  }

  DeltaCommits commits() {
    return commits;
  }

  /** Bytes of all data files, of older versions too. */
  long storedBytes() {
    return lake.list(path).stream().filter(FileStatus::isFile).mapToLong(FileStatus::getLen).sum();
  }

  /** How much log there is to read for the table's state. */
  long logBytes() {
    return log.bytes();
  }

  Dataset<Row> read(SparkSession spark) {
    return spark.read().format("delta").load(path.toString());
  }

  DeltaTable table(SparkSession spark) {
    return DeltaTable.forPath(spark, path.toString());
  }

  /** Rows by the log's own counts: no data is read. */
  long rows(SparkSession spark) {
    return read(spark).agg(functions.count(new Column("*"))).head().getLong(0);
  }

  /**
   * The current state's data files.
   *
   * @param deletionVectors whether the table may have them
   */
  record Size(long files, long bytes, boolean deletionVectors) {}

  /** From the newest commit's checksum file, where it has one. */
  Size size(SparkSession spark) {
    long version = version().orElseThrow();
    return log.checksum(version)
        .map(told -> size(version, told))
        .orElseGet(
            () -> {
              Row detail =
                  table(spark)
                      .detail()
                      .select("numFiles", "sizeInBytes", "properties.`delta.enableDeletionVectors`")
                      .head();
              return new Size(
                  detail.getLong(0), detail.getLong(1), "true".equals(detail.getString(2)));
            });
  }

  /** Gives the table deletion vectors where it is large enough for them and has none yet. */
  void deletionVectors(SparkSession spark, DeletionVectors when) {
    Size size = size(spark);
    if (!size.deletionVectors() && when.wanted(size.bytes())) {
      spark.sql(
          "ALTER TABLE " + name() + " SET TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')");
    }
  }

  /**
   * Replaces a small table's rows that have one of these keys by others: reading and writing all of
   * it is two plans, where a merge is a dozen.
   *
   * @param key the column that tells which rows go
   * @param gone the keys, in a column of that name
   * @param come the rows in their place, in the table's columns
   */
  void rewrite(SparkSession spark, String key, Dataset<Row> gone, Dataset<Row> come) {
    Dataset<Row> stay =
        read(spark).join(functions.broadcast(gone.select(key)), new String[] {key}, "left_anti");
    come.unionByName(stay).write().format("delta").mode(SaveMode.Overwrite).save(path.toString());
  }

  /**
   * Makes these rows the whole table: data, schema, description and properties in one commit.
   *
   * @param rows their schema's metadata becomes the columns' own
   */
  void replace(Dataset<Row> rows, String description, Map<String, String> properties) {
    if (version().isEmpty()) {
      lake.delete(path); // what a writer left that never came to its first commit
    }
    CreateTableWriter<Row> writer = rows.writeTo(name()).using("delta");
    properties.forEach(writer::tableProperty);
    if (!description.isEmpty()) {
      writer.tableProperty("comment", description);
    }
    writer.createOrReplace();
  }

  private String name() {
    return "delta.`" + path.toString().replace("`", "``") + "`";
  }

  private Size size(long version, JsonNode told) {
    if (!told.hasNonNull("numFiles") || !told.hasNonNull("tableSizeBytes")) {
      throw log.unreadable(version);
    }
    return new Size(
        told.get("numFiles").longValue(),
        told.get("tableSizeBytes").longValue(),
        told.path("metadata")
            .path("configuration")
            .path("delta.enableDeletionVectors")
            .asBoolean());
  }
}
