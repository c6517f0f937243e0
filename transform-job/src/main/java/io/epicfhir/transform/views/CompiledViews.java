package io.epicfhir.transform.views;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/** All views of one resource type, and the one parse that feeds them. */
public final class CompiledViews {
  private final String type;
  private final ReadNode read;
  private final List<CompiledView> views;

  CompiledViews(String type, ReadNode read, List<CompiledView> views) {
    this.type = type;
    this.read = read;
    this.views = List.copyOf(views);
  }

  /** What {@link #parse} gives: _resource_id and the elements that the views touch. */
  public StructType readSchema() {
    return ReadSchema.of(read);
  }

  /**
   * Parses resources once for all views.
   *
   * @param silver has the columns id and resource (the JSON text); other columns are not looked at
   */
  public Dataset<Row> parse(Dataset<Row> silver) {
    return parse(silver, Drift.registered(silver.sparkSession().sparkContext()));
  }

  /**
   * The same, with a count of what is not as FHIR says.
   *
   * @param drift registered with Spark
   */
  public Dataset<Row> parse(Dataset<Row> silver, Drift drift) {
    return ResourceParser.parse(silver.select("id", "resource"), type, read, drift);
  }

  /** Parses the resources of this type among the lines of NDJSON files on the local disk. */
  public Dataset<Row> parse(SparkSession spark, List<Path> files) {
    return NdjsonParser.parse((org.apache.spark.sql.classic.SparkSession) spark, files, type, read);
  }

  /** The resource types whose keys the views hold, so that readers join them. */
  public Set<String> refersTo() {
    return read.targets();
  }

  /** The views, in the order in which they were given. */
  public List<CompiledView> views() {
    return views;
  }
}
