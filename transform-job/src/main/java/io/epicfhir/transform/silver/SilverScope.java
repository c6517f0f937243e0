package io.epicfhir.transform.silver;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.not;

import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.LakePaths;
import java.util.Collection;
import java.util.Set;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * What a pass works on.
 *
 * @param known every resource type
 * @param only the types that the pass is about; empty for all
 * @param without types that it leaves as they are
 * @param heldBack conclusions that do not count yet
 * @param everything whether the backlog is all that ever landed, so that silver's rows do not count
 */
record SilverScope(
    SparkSession spark,
    LakePaths paths,
    Backlog backlog,
    Collection<String> known,
    Set<String> only,
    Set<String> without,
    HeldBack heldBack,
    boolean everything) {
  SilverScope holding(HeldBack held) {
    return new SilverScope(spark, paths, backlog, known, only, without, held, everything);
  }

  /** Over all that ever landed. */
  SilverScope ofEverything(Backlog all) {
    return new SilverScope(spark, paths, all, known, only, without, heldBack, true);
  }

  Lake lake() {
    return new Lake(paths, spark.sparkContext().hadoopConfiguration());
  }

  boolean has(String type) {
    return (only.isEmpty() || only.contains(type)) && !without.contains(type);
  }

  Dataset<Row> limited(Dataset<Row> rows) {
    Dataset<Row> limited = rows;
    if (!only.isEmpty()) {
      limited = limited.where(col("resource_type").isin(only.toArray()));
    }
    if (!without.isEmpty()) {
      limited = limited.where(not(col("resource_type").isin(without.toArray())));
    }
    return limited;
  }
}
