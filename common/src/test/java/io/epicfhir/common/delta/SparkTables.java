package io.epicfhir.common.delta;

import io.epicfhir.common.TestSpark;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.LakePaths;
import io.epicfhir.common.localfs.NioLocalFileSystem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.MetadataBuilder;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** Tables as Spark's Delta writes and reads them, beside the log's adapter. */
final class SparkTables {
  /** Two columns that say something of themselves, as the views' do. */
  static final StructType SCHEMA =
      DataTypes.createStructType(
          List.of(
              new StructField(
                  "id",
                  DataTypes.StringType,
                  true,
                  new MetadataBuilder()
                      .putString("comment", "The resource's id, as it's \"sent\"")
                      .putString("fhirType", "id")
                      .putBoolean("collection", false)
                      .build()),
              DataTypes.createStructField("n", DataTypes.LongType, true)));

  private static final Map<String, byte[]> FILES = new ConcurrentHashMap<>();

  private SparkTables() {}

  static SparkSession spark() {
    return TestSpark.session();
  }

  static Lake lake(Path folder) {
    Configuration hadoop = new Configuration();
    NioLocalFileSystem.SETTINGS.forEach(hadoop::set);
    return new Lake(new LakePaths(folder.toUri().toString()), hadoop);
  }

  static TableLog log(Path table) {
    return TableLog.of(lake(table), new org.apache.hadoop.fs.Path(table.toUri()));
  }

  /** Rows n = first to last, with an id each. */
  static Dataset<Row> rows(long first, long last) {
    List<Row> rows = new ArrayList<>();
    for (long n = first; n <= last; n++) {
      rows.add(RowFactory.create("r" + n, n));
    }
    return spark().createDataFrame(rows, SCHEMA).coalesce(1);
  }

  static void write(Path table, Dataset<Row> rows, String mode, Map<String, String> options) {
    rows.write().format("delta").mode(mode).options(options).save(table.toString());
  }

  static void sql(String sql, Path table) {
    spark().sql(sql.replace("{}", "delta.`" + table + "`")).collectAsList();
  }

  /** The ids and numbers that Spark reads of the table now, sorted. */
  static List<String> read(Path table) {
    return spark().read().format("delta").load(table.toString()).collectAsList().stream()
        .map(row -> row.get(0) + "=" + row.get(1))
        .sorted()
        .toList();
  }

  /**
   * A data file of these rows in the table's folder, not yet part of the table; a file that was
   * written before is copied.
   */
  static NewFile file(Path table, long first, long last) throws IOException {
    byte[] content = FILES.get(first + " " + last);
    if (content == null) {
      content = parquet(table, rows(first, last));
      FILES.put(first + " " + last, content);
    }
    return file(table, "", Map.of(), content, last - first + 1);
  }

  static NewFile file(
      Path table, String folder, Map<String, String> partition, Dataset<Row> rows, long count)
      throws IOException {
    return file(table, folder, partition, parquet(table, rows), count);
  }

  private static NewFile file(
      Path table, String folder, Map<String, String> partition, byte[] content, long count)
      throws IOException {
    Path target = table.resolve(folder).resolve(UUID.randomUUID() + ".parquet");
    Files.createDirectories(target.getParent());
    Files.write(target, content);
    return new NewFile(
        table.relativize(target).toString(),
        partition,
        Files.size(target),
        count,
        Files.getLastModifiedTime(target).toMillis());
  }

  private static byte[] parquet(Path table, Dataset<Row> rows) throws IOException {
    Path part = table.resolveSibling("part-" + UUID.randomUUID());
    rows.write().parquet(part.toString());
    try (var files = Files.list(part)) {
      return Files.readAllBytes(
          files
              .filter(f -> f.getFileName().toString().startsWith("part-"))
              .findFirst()
              .orElseThrow());
    }
  }

  static TableDefinition definition(Map<String, String> configuration) {
    return new TableDefinition(SCHEMA.json(), "A table's own comment", configuration, List.of());
  }
}
