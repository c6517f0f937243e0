package io.epicfhir.transform.delta;

import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.plans.logical.LocalRelation;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.physical.UnknownPartitioning;
import org.apache.spark.sql.catalyst.types.DataTypeUtils;
import org.apache.spark.sql.execution.LogicalRDD;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import scala.Option;
import scala.collection.immutable.Nil$;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Rows in Spark's own form as a Dataset. Spark's public API takes rows of Java objects only and
 * converts each value; here nothing is converted.
 */
public final class InternalRows {
  private InternalRows() {}

  /** What a function makes of the rows of each partition; nothing runs yet. */
  public static Dataset<Row> mapped(
      SparkSession spark,
      Dataset<Row> rows,
      FlatMapFunction<Iterator<InternalRow>, InternalRow> function,
      StructType schema) {
    var classic = (org.apache.spark.sql.classic.Dataset<Row>) rows;
    return dataset(
        spark, classic.queryExecution().toRdd().toJavaRDD().mapPartitions(function), schema);
  }

  /** A few rows, whose values Spark finds in the plan itself. */
  @SuppressWarnings("unchecked") // Scala's covariance
  public static Dataset<Row> local(
      SparkSession spark, List<? extends InternalRow> rows, StructType schema) {
    LocalRelation plan =
        new LocalRelation(
            (Seq<Attribute>) (Seq<?>) DataTypeUtils.toAttributes(schema.asNullable()),
            CollectionConverters.asScala(List.<InternalRow>copyOf(rows)).toIndexedSeq(),
            false,
            Option.empty());
    return org.apache.spark.sql.classic.Dataset.ofRows(
        (org.apache.spark.sql.classic.SparkSession) spark, plan);
  }

  /** A value in Spark's own form; a row of a columnar batch by itself gives null as 0 or false. */
  public static Object value(InternalRow row, int column, DataType type) {
    if (row.isNullAt(column)) {
      return null;
    }
    // A row of a columnar batch compares the type with one after the other.
    return DataTypes.StringType.equals(type) ? row.getUTF8String(column) : row.get(column, type);
  }

  /** A query's plan with its names and types resolved. */
  public static LogicalPlan analysed(Dataset<Row> rows) {
    return ((org.apache.spark.sql.classic.Dataset<Row>) rows).queryExecution().analyzed();
  }

  /** A query's rows, in one job at most. */
  public static List<InternalRow> collected(Dataset<Row> rows) {
    var classic = (org.apache.spark.sql.classic.Dataset<Row>) rows;
    return List.of(classic.queryExecution().executedPlan().executeCollect());
  }

  @SuppressWarnings({"unchecked", "rawtypes"}) // Scala's covariance, and its empty list
  static Dataset<Row> dataset(SparkSession spark, JavaRDD<InternalRow> rows, StructType schema) {
    var classic = (org.apache.spark.sql.classic.SparkSession) spark;
    LogicalRDD plan =
        new LogicalRDD(
            (Seq<Attribute>) (Seq<?>) DataTypeUtils.toAttributes(schema),
            rows.rdd(),
            new UnknownPartitioning(0),
            (Seq) Nil$.MODULE$,
            false,
            Option.empty(),
            classic,
            Option.empty(),
            Option.empty());
    return org.apache.spark.sql.classic.Dataset.ofRows(classic, plan);
  }
}
