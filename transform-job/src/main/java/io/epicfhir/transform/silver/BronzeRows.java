package io.epicfhir.transform.silver;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.contains;
import static org.apache.spark.sql.functions.get_json_object;
import static org.apache.spark.sql.functions.least;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.when;
import static org.apache.spark.sql.functions.xxhash64;

import io.epicfhir.common.lake.LakePaths;
import io.epicfhir.common.lake.Landing;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * The rows of bronze that a run reads: sightings of resources, of all types together, and the
 * entries of {@code deleted} files. Only files that a landing names are read.
 */
final class BronzeRows {
  /** What a file has. */
  static final StructType COLUMNS =
      new StructType()
          .add("id", DataTypes.StringType)
          .add("version_id", DataTypes.StringType)
          .add("last_updated", DataTypes.TimestampType)
          .add("resource", DataTypes.StringType)
          .add("export_id", DataTypes.StringType)
          .add("source_file", DataTypes.StringType)
          .add("source_line", DataTypes.LongType);

  /** The whole schema, always: a column that one file lacks must not change what others give. */
  private static final StructType SCHEMA =
      COLUMNS
          .add("resource_type", DataTypes.StringType)
          .add("extraction_date", DataTypes.StringType);

  static final String SUBSETTED = "SUBSETTED";

  /** The codes of a resource's tags. */
  static final String TAGS = "$.meta.tag[*].code";

  /** One of several codes, or the only one, which stands without quotes. */
  static final String IS_TAG = "(?:^|\")" + SUBSETTED + "(?:$|\")";

  /** The whole text: there is none where Jackson's limits end the parse. */
  static final String WHOLE = "$";

  /** What is looked for in a text that cannot be parsed. */
  static final String IS_CODE = "\"code\"\\s*:\\s*\"" + SUBSETTED + "\"";

  /** Where a sighting stands in bronze: no two share it. */
  static final List<String> PLACE = List.of("export_id", "source_file", "source_line");

  private final SparkSession spark;
  private final LakePaths paths;
  private final Backlog backlog;
  private final ExportFacts facts;

  BronzeRows(SparkSession spark, LakePaths paths, Backlog backlog, ExportFacts facts) {
    this.spark = spark;
    this.paths = paths;
    this.backlog = backlog;
    this.facts = facts;
  }

  ExportFacts facts() {
    return facts;
  }

  /**
   * One row each time that an export holds a resource. Columns: those of bronze, resource_type, the
   * export's facts, and content_hash, subsetted, order_time (last_updated, but never later than the
   * export that reported it; without one the export's time).
   */
  Dataset<Row> sightings() {
    return sightings(read(backlog.resourceFiles()));
  }

  private Dataset<Row> sightings(Dataset<Row> rows) {
    return facts
        .with(spark, rows)
        .withColumn("content_hash", xxhash64(col("resource")))
        .withColumn("subsetted", subsetted())
        .withColumn(
            "order_time",
            coalesce(least(col("last_updated"), col("export_time")), col("export_time")))
        .drop("extraction_date", "stated");
  }

  /** The same, with the file that each lies in, and its place there. */
  Dataset<Row> sightingsInFiles() {
    return sightings(
        read(backlog.resourceFiles())
            .select(col("*"), col("_metadata.file_path").as("file"), col("_metadata.row_index")));
  }

  /**
   * One row per Bundle that says what is deleted; empty where no export has one. {@code stated} is
   * true where the server's own list says it; see {@link ExportFact#ofDeletion}.
   */
  Optional<Dataset<Row>> deletionBundles() {
    List<Landing.File> files = backlog.deletionFiles();
    return files.isEmpty()
        ? Optional.empty()
        : Optional.of(
            facts
                .with(spark, read(files))
                .withColumn("stated", col("stated").or(isListed()))
                .drop("resource_type"));
  }

  private static Column isListed() {
    return coalesce(col("source_file").startsWith(Landing.DELETED_FILES), lit(false));
  }

  private Dataset<Row> read(List<Landing.File> files) {
    if (files.isEmpty()) {
      return spark.createDataFrame(List.of(), SCHEMA);
    }
    return spark
        .read()
        .schema(SCHEMA)
        .option("basePath", paths.at("bronze").toString())
        .option("parquet.page.verify-checksum.enabled", "true")
        .parquet(files.stream().map(f -> paths.at(f.path()).toString()).toArray(String[]::new));
  }

  /**
   * Whether the server says that this is a part of the resource only (the tag SUBSETTED). The text
   * is looked through first: nearly none has the word, and those that have are parsed.
   */
  private static Column subsetted() {
    Column text = col("resource");
    Column tagged = coalesce(get_json_object(text, TAGS).rlike(IS_TAG), lit(false));
    Column unread = get_json_object(text, WHOLE).isNull().and(text.rlike(IS_CODE));
    return coalesce(when(contains(text, lit(SUBSETTED)), tagged.or(unread)), lit(false));
  }
}
