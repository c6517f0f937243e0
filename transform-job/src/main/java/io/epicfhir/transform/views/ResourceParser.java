package io.epicfhir.transform.views;

import java.util.Iterator;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.execution.QueryExecution;
import org.apache.spark.unsafe.types.UTF8String;
import scala.Option;

/**
 * The one parse of a resource: a pass over its bytes that keeps what the views read and skips the
 * rest. Spark's own JSON functions are not used because they turn 1.50 into 1.5. The rows are
 * Spark's own, with texts that point into the resource's bytes: nothing is decoded or copied before
 * Spark's generated code asks for it.
 */
final class ResourceParser implements FlatMapFunction<Iterator<InternalRow>, InternalRow> {
  private static final long serialVersionUID = 1L;

  private final ReadNode read;
  private final String type;
  private final Drift drift;

  private ResourceParser(ReadNode read, String type, Drift drift) {
    this.read = read;
    this.type = type;
    this.drift = drift;
  }

  /**
   * @param resources the resource's id and its text
   * @param drift counts what is not as FHIR says; a registered accumulator
   */
  static Dataset<Row> parse(Dataset<Row> resources, String type, ReadNode read, Drift drift) {
    QueryExecution source =
        ((org.apache.spark.sql.classic.Dataset<Row>) resources).queryExecution();
    return ParsedRows.of(
        (SparkSession) resources.sparkSession(),
        source.toRdd().toJavaRDD().mapPartitions(new ResourceParser(read, type, drift)).rdd(),
        ReadSchema.of(read),
        Option.apply(source.optimizedPlan().stats()));
  }

  @Override
  public Iterator<InternalRow> call(Iterator<InternalRow> source) {
    ResourcePass pass = new ResourcePass(read, type, drift);
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return source.hasNext();
      }

      @Override
      public InternalRow next() {
        InternalRow resource = source.next();
        UTF8String text = resource.getUTF8String(1);
        return pass.row(resource.getUTF8String(0), text);
      }
    };
  }
}
