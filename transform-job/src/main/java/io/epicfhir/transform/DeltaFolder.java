package io.epicfhir.transform;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.delta.tables.DeltaTable;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.Lake;
import java.util.Map;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.CreateTableWriter;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;

/**
 * A Delta table as a folder of the lake. What only asks for numbers reads the log's open format
 * (Delta transaction log protocol) and starts no Spark job.
 */
final class DeltaFolder {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final Pattern COMMIT = Pattern.compile("\\d{20}\\.json");

  private final Lake lake;
  private final Path path;

  DeltaFolder(Lake lake, Path path) {
    this.lake = lake;
    this.path = path;
  }

  Path path() {
    return path;
  }

  /** The newest commit, or empty where there is no table yet. */
  OptionalLong version() {
    return lake.list(log()).stream()
        .map(file -> file.getPath().getName())
        .filter(name -> COMMIT.matcher(name).matches())
        .mapToLong(name -> Long.parseLong(name.substring(0, 20)))
        .max();
  }

  /** How much log there is to read for the table's state. */
  long logBytes() {
    return lake.list(log()).stream().mapToLong(FileStatus::getLen).sum();
  }

  /** A number that the commit's writer left in it, 0 where it left none of that name. */
  long metric(long version, String name) {
    Path commit = new Path(log(), String.format("%020d.json", version));
    String text = lake.read(commit).orElseThrow(() -> unreadable(commit, null));
    return text.lines()
        .filter(line -> line.startsWith("{\"commitInfo\""))
        .mapToLong(line -> metric(commit, line, name))
        .findFirst()
        .orElseThrow(() -> unreadable(commit, null));
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
   * Bytes of the current state's data files: from the commit's checksum file, where it has one.
   *
   * @param version the newest commit
   */
  long bytes(SparkSession spark, long version) {
    Path checksum = new Path(log(), String.format("%020d.crc", version));
    return lake.read(checksum)
        .map(text -> size(checksum, text))
        .orElseGet(() -> table(spark).detail().select("sizeInBytes").head().getLong(0));
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
    CreateTableWriter<Row> writer =
        rows.writeTo("delta.`" + path.toString().replace("`", "``") + "`").using("delta");
    properties.forEach(writer::tableProperty);
    if (!description.isEmpty()) {
      writer.tableProperty("comment", description);
    }
    writer.createOrReplace();
  }

  private Path log() {
    return new Path(path, "_delta_log");
  }

  private static long size(Path checksum, String text) {
    try {
      return JSON.readTree(text).required("tableSizeBytes").longValue();
    } catch (JsonProcessingException | IllegalArgumentException e) {
      throw unreadable(checksum, e);
    }
  }

  private static long metric(Path commit, String line, String name) {
    try {
      JsonNode metrics = JSON.readTree(line).path("commitInfo").path("operationMetrics");
      return metrics.path(name).asLong(0);
    } catch (JsonProcessingException e) {
      throw unreadable(commit, e);
    }
  }

  private static JobException unreadable(Path commit, Exception cause) {
    return new JobException(
        ExitCode.STORAGE, "Cannot read Delta commit " + commit + "; check the table's log", cause);
  }
}
