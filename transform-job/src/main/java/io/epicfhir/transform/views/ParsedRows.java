package io.epicfhir.transform.views;

import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.plans.logical.Statistics;
import org.apache.spark.sql.catalyst.plans.physical.UnknownPartitioning;
import org.apache.spark.sql.catalyst.types.DataTypeUtils;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.execution.LogicalRDD;
import org.apache.spark.sql.types.StructType;
import scala.Option;
import scala.collection.immutable.Nil$;
import scala.collection.immutable.Seq;

/**
 * Rows in Spark's own form as a Dataset. Spark's public API takes rows of Java objects only and
 * converts each value; here nothing is converted.
 */
final class ParsedRows {
  private ParsedRows() {}

  /**
   * @param size what the planner believes of the rows' size, for its choice of joins; empty where
   *     it does not matter
   */
  @SuppressWarnings("unchecked") // Scala's covariance, and its empty list
  static Dataset<Row> of(
      SparkSession spark, RDD<InternalRow> rows, StructType schema, Option<Statistics> size) {
    LogicalRDD plan =
        new LogicalRDD(
            (Seq<Attribute>) (Seq<?>) DataTypeUtils.toAttributes(schema),
            rows,
            new UnknownPartitioning(0),
            (Seq) Nil$.MODULE$,
            false,
            Option.empty(),
            spark,
            size,
            Option.empty());
    return org.apache.spark.sql.classic.Dataset.ofRows(spark, plan);
  }
}
