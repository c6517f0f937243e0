package io.epicfhir.transform.views;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.unsafe.types.UTF8String;
import scala.Option;

/** The same parse over NDJSON files on the local disk: the lines that are resources of one type. */
final class NdjsonParser implements FlatMapFunction<Iterator<Integer>, InternalRow> {
  private static final long serialVersionUID = 1L;

  private final ArrayList<NdjsonSplit> splits;
  private final ReadNode read;
  private final String type;
  private final Drift drift;

  private NdjsonParser(List<NdjsonSplit> splits, ReadNode read, String type, Drift drift) {
    this.splits = new ArrayList<>(splits);
    this.read = read;
    this.type = type;
    this.drift = drift;
  }

  static Dataset<Row> parse(SparkSession spark, List<Path> files, String type, ReadNode read) {
    List<NdjsonSplit> splits = NdjsonSplit.of(files, spark.sparkContext().defaultParallelism());
    NdjsonParser parser =
        new NdjsonParser(splits, read, type, Drift.registered(spark.sparkContext()));
    List<Integer> numbers = IntStream.range(0, splits.size()).boxed().toList();
    return ParsedRows.of(
        spark,
        JavaSparkContext.fromSparkContext(spark.sparkContext())
            .parallelize(numbers, Math.max(1, splits.size()))
            .mapPartitions(parser)
            .rdd(),
        ReadSchema.of(read),
        Option.empty());
  }

  @Override
  public Iterator<InternalRow> call(Iterator<Integer> numbers) {
    ResourcePass pass = new ResourcePass(read, type, drift);
    return new Resources(numbers, pass, UTF8String.fromString(type));
  }

  /** Piece after piece. */
  private final class Resources implements Iterator<InternalRow> {
    private final Iterator<Integer> numbers;
    private final ResourcePass pass;
    private final UTF8String wanted;
    private NdjsonLines lines;
    private UTF8String id;
    private boolean found;

    Resources(Iterator<Integer> numbers, ResourcePass pass, UTF8String wanted) {
      this.numbers = numbers;
      this.pass = pass;
      this.wanted = wanted;
    }

    @Override
    public boolean hasNext() {
      while (!found && (lines != null || numbers.hasNext())) {
        if (lines == null) {
          lines = new NdjsonLines(splits.get(numbers.next()));
        }
        if (lines.next()) {
          found = isWanted();
        } else {
          lines.close();
          lines = null;
        }
      }
      return found;
    }

    private boolean isWanted() {
      if (pass.blank(lines.buffer(), lines.start(), lines.end())) {
        return false;
      }
      ResourceHead head = pass.head(lines.buffer(), lines.start(), lines.end());
      id = head.id();
      return wanted.equals(head.type());
    }

    @Override
    public InternalRow next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      found = false;
      return pass.row(id, lines.buffer(), lines.start(), lines.end());
    }
  }
}
