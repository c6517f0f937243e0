package io.epicfhir.transform;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.from_json;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.posexplode;
import static org.apache.spark.sql.functions.regexp_extract;
import static org.apache.spark.sql.functions.when;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import java.util.HashMap;
import java.util.Map;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * The DELETE entries of the transaction Bundles that a bulk export's {@code deleted} files hold
 * (FHIR Bulk Data 2.0, "deleted"). A deletion has no time of its own: it is as old as its export.
 */
final class Deletions {
  private static final StructType BUNDLE =
      new StructType()
          .add(
              "entry",
              new ArrayType(
                  new StructType()
                      .add(
                          "request",
                          new StructType()
                              .add("method", DataTypes.StringType)
                              .add("url", DataTypes.StringType)),
                  true));

  /** Type and id at the end of a relative or absolute URL, with or without a version. */
  private static final String URL = "^(?:.*/)?([A-Z][A-Za-z]+)/([^/?#]+)(?:/_history/[^/?#]+)?$";

  private Deletions() {}

  /** One row an entry; resource_type is null where the entry deletes no single resource. */
  static Dataset<Row> of(Dataset<Row> bundles) {
    Column url = col("item.request.url");
    Column deletesOne = col("item.request.method").equalTo("DELETE").and(url.rlike(URL));
    return bundles
        .withColumn("bundle", from_json(col("resource"), BUNDLE, Map.of("mode", "FAILFAST")))
        .drop("id", "version_id", "last_updated", "resource")
        .select(col("*"), posexplode(col("bundle.entry")).as(new String[] {"entry", "item"}))
        .withColumn("resource_type", when(deletesOne, regexp_extract(url, URL, 1)))
        .withColumn("id", regexp_extract(url, URL, 2))
        .withColumn("version_id", lit(null).cast(DataTypes.StringType))
        .withColumn("last_updated", lit(null).cast(DataTypes.TimestampType))
        .withColumn("resource", lit(null).cast(DataTypes.StringType))
        .withColumn("deleted", lit(true));
  }

  /**
   * How many pending deletions there are of each type.
   *
   * @throws JobException {@link ExitCode#DATA_REFUSED} where an entry deletes no single resource
   */
  static Map<String, Long> countByType(Dataset<Row> deletions) {
    Map<String, Long> counts = new HashMap<>();
    for (Row row :
        deletions.where(col("pending")).groupBy("resource_type").count().collectAsList()) {
      counts.put(row.getString(0), row.getLong(1));
    }
    Long unknown = counts.remove(null);
    if (unknown != null) {
      throw new JobException(
          ExitCode.DATA_REFUSED,
          "Cannot apply the deletions: "
              + unknown
              + " entries of deleted files are no DELETE of Type/id; look at the files under"
              + " bronze/resource_type=Bundle and ask the server's operator");
    }
    return counts;
  }
}
