package io.epicfhir.transform;

import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.contains;
import static org.apache.spark.sql.functions.get_json_object;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.when;
import static org.apache.spark.sql.functions.xxhash64;

import io.epicfhir.common.LakePaths;
import io.epicfhir.common.Landing;
import java.sql.Timestamp;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Bronze as candidates for silver: the resources of a type and the deletions of its ids, in the
 * same columns. Only files that a landing names are read.
 */
final class BronzeReader {
  /** The whole schema, always: a column that one file lacks must not change what others give. */
  private static final StructType SCHEMA =
      new StructType()
          .add("id", DataTypes.StringType)
          .add("version_id", DataTypes.StringType)
          .add("last_updated", DataTypes.TimestampType)
          .add("resource", DataTypes.StringType)
          .add("export_id", DataTypes.StringType)
          .add("source_file", DataTypes.StringType)
          .add("source_line", DataTypes.LongType);

  private static final StructType EXPORTS =
      new StructType()
          .add("export_id", DataTypes.StringType)
          .add("export_time", DataTypes.TimestampType)
          .add("pending", DataTypes.BooleanType);

  private static final String SUBSETTED = "SUBSETTED";

  /** Where a candidate stands in bronze: no two candidates share it. */
  static final List<String> PLACE =
      List.of("id", "export_id", "source_file", "source_line", "entry");

  private final SparkSession spark;
  private final LakePaths paths;
  private final Backlog backlog;

  BronzeReader(SparkSession spark, LakePaths paths, Backlog backlog) {
    this.spark = spark;
    this.paths = paths;
    this.backlog = backlog;
  }

  /**
   * The versions and deletions of a type's resources. Columns: id, version_id, last_updated,
   * deleted, resource, content_hash, subsetted, export_id, export_time, pending, source_file,
   * source_line, entry.
   */
  Dataset<Row> candidates(String type) {
    List<Landing.File> files = backlog.resourceFiles(type);
    if (backlog.deletionFiles().isEmpty()) {
      return resources(files);
    }
    Dataset<Row> deleted = columns(deletions().where(col("resource_type").equalTo(type)));
    return files.isEmpty() ? deleted : resources(files).unionByName(deleted);
  }

  /** All deletions, with their resource_type; null in it where an entry is no deletion. */
  Dataset<Row> deletions() {
    return Deletions.of(withExports(read(backlog.deletionFiles())));
  }

  private Dataset<Row> resources(List<Landing.File> files) {
    return columns(
        withExports(read(files)).withColumn("deleted", lit(false)).withColumn("entry", lit(0)));
  }

  private Dataset<Row> read(List<Landing.File> files) {
    return spark
        .read()
        .schema(SCHEMA)
        .option("recursiveFileLookup", "true") // a file's folders are no columns here
        .option("parquet.page.verify-checksum.enabled", "true")
        .parquet(files.stream().map(f -> paths.at(f.path()).toString()).toArray(String[]::new));
  }

  /** A row of an export that no landing has falls out here; the counts then do not reconcile. */
  private Dataset<Row> withExports(Dataset<Row> bronze) {
    List<Row> exports =
        Stream.concat(
                backlog.pending().stream().map(landing -> export(landing, true)),
                backlog.later().stream().map(landing -> export(landing, false)))
            .toList();
    return bronze.join(broadcast(spark.createDataFrame(exports, EXPORTS)), "export_id");
  }

  private static Row export(Landing landing, boolean pending) {
    return RowFactory.create(
        landing.exportId(), Timestamp.from(landing.transactionTime()), pending);
  }

  /**
   * Whether the server says that this is a part of the resource only (the tag SUBSETTED). The text
   * is looked through first: nearly none has the word, and those that have are parsed.
   */
  private static Column subsetted() {
    Column tags = get_json_object(col("resource"), "$.meta.tag[*].code");
    return coalesce(
        when(contains(col("resource"), lit(SUBSETTED)), contains(tags, lit(SUBSETTED))),
        lit(false));
  }

  private static Dataset<Row> columns(Dataset<Row> rows) {
    Column hash = xxhash64(col("resource")).as("content_hash");
    return rows.select(
        col("id"),
        col("version_id"),
        col("last_updated"),
        col("deleted"),
        col("resource"),
        hash,
        subsetted().as("subsetted"),
        col("export_id"),
        col("export_time"),
        col("pending"),
        col("source_file"),
        col("source_line"),
        col("entry"));
  }
}
