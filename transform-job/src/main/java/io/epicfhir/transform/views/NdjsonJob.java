package io.epicfhir.transform.views;

import io.epicfhir.transform.delta.TaskResults;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * All views over NDJSON files on the local disk, in one Spark job: each task takes a piece of a
 * file, parses each of its resources once for all views of its type, and writes a Parquet file for
 * each view that has rows.
 */
public final class NdjsonJob {
  private NdjsonJob() {}

  /**
   * The views of one type.
   *
   * @param files how the views' files look, numbered as the views are
   * @param input the NDJSON files that may hold resources of the type
   */
  public record Work(CompiledViews views, List<ViewFile> files, List<Path> input) {}

  /**
   * What became of a view.
   *
   * @param rows how many were written
   * @param refused how many resources did not fit, for each reason
   */
  public record Result(long rows, Map<Refusal, Long> refused) implements Serializable {
    Result and(Result other) {
      Map<Refusal, Long> all = new TreeMap<>(Comparator.comparing(Refusal::message));
      all.putAll(refused);
      other.refused.forEach((refusal, times) -> all.merge(refusal, times, Long::sum));
      return new Result(rows + other.rows, all);
    }
  }

  /**
   * Writes the views' rows to a folder each; a view without rows gets a file without rows.
   *
   * @param out the folder of the views' folders; those must be empty or not there
   * @return what became of each view, by its name
   */
  public static Map<String, Result> run(JavaSparkContext spark, List<Work> work, Path out)
      throws IOException {
    List<NdjsonSplit> splits =
        NdjsonSplit.of(
            work.stream().flatMap(w -> w.input().stream()).distinct().sorted().toList(),
            spark.defaultParallelism());
    Map<String, Result> results = new TreeMap<>();
    if (!splits.isEmpty()) {
      NdjsonTask task = new NdjsonTask(splits, NdjsonTask.types(work), out.toUri().toString());
      List<Integer> numbers = IntStream.range(0, splits.size()).boxed().toList();
      TaskResults.collect(spark.parallelize(numbers, splits.size()).map(task))
          .forEach(part -> part.views().forEach((view, r) -> results.merge(view, r, Result::and)));
    }
    for (Work one : work) {
      for (ViewFile file : one.files()) {
        if (results.computeIfAbsent(file.view(), v -> new Result(0, Map.of())).rows() == 0) {
          empty(file, out);
        }
      }
    }
    return results;
  }

  private static void empty(ViewFile file, Path out) throws IOException {
    try (ViewParquet parquet =
        new ViewParquet(
            NdjsonTask.Hadoop.LOCAL, NdjsonTask.path(out.toUri().toString(), file, 0), file)) {
      parquet.finish();
    }
  }
}
