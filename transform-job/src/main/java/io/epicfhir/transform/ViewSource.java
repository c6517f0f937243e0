package io.epicfhir.transform;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.not;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** What the views of a type read: silver at one version, parsed once for all views that need it. */
final class ViewSource {
  /** Older than every version of silver. */
  static final long NOTHING = -1;

  private final Dataset<Row> silver;
  private final long version;
  private final long bytes;
  private final boolean fewChanged;
  private final UnaryOperator<Dataset<Row>> parse;
  private final Map<Long, Dataset<Row>> parsed = new HashMap<>();

  private ViewSource(
      Dataset<Row> silver,
      long version,
      long bytes,
      boolean fewChanged,
      UnaryOperator<Dataset<Row>> parse) {
    this.silver = silver;
    this.version = version;
    this.bytes = bytes;
    this.fewChanged = fewChanged;
    this.parse = parse;
  }

  /**
   * @param bytes of silver on storage
   * @param fewChanged whether this run changed so few resources that their keys can be sent to
   *     every task; a hint only
   */
  static ViewSource of(
      Dataset<Row> silver,
      long version,
      long bytes,
      boolean fewChanged,
      UnaryOperator<Dataset<Row>> parse) {
    return new ViewSource(silver, version, bytes, fewChanged, parse);
  }

  /** For a type that was never landed: its views are empty tables. */
  static ViewSource empty(SparkSession spark, UnaryOperator<Dataset<Row>> parse) {
    StructType schema =
        new StructType()
            .add("id", DataTypes.StringType)
            .add("deleted", DataTypes.BooleanType)
            .add("resource", DataTypes.StringType);
    return new ViewSource(spark.createDataFrame(List.of(), schema), NOTHING, 0, true, parse);
  }

  /** What silver takes of storage. */
  long bytes() {
    return bytes;
  }

  boolean fewChanged() {
    return fewChanged;
  }

  /** The version of silver. */
  long version() {
    return version;
  }

  /** The resources that changed after a version and are there, parsed. */
  Dataset<Row> parsed(long since) {
    return parsed.computeIfAbsent(
        since,
        from -> parse.apply(changed(from).where(not(col("deleted"))).select("id", "resource")));
  }

  /** The ids that changed after a version, deleted ones too. */
  Dataset<Row> ids(long since) {
    return changed(since).select("id");
  }

  private Dataset<Row> changed(long since) {
    return since == NOTHING ? silver : silver.where(col("silver_version").gt(since));
  }
}
