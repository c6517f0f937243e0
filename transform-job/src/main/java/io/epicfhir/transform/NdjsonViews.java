package io.epicfhir.transform;

import io.epicfhir.common.JobException;
import io.epicfhir.common.NioLocalFileSystem;
import io.epicfhir.transform.views.EvaluationFailures;
import io.epicfhir.transform.views.LocalSpark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.apache.spark.sql.DataFrameWriter;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;

/**
 * Runs the views of a folder over NDJSON files and writes a folder of Parquet a view: how an author
 * tries views on real amounts of data, without a lake. A file whose name begins with a resource
 * type and a dot, as a Bulk Data client names them, is read for that type only.
 */
public final class NdjsonViews {
  private static final String USAGE =
      "Cannot run views: give --ndjson DIR --views DIR --out DIR [--rounds N]";

  private final SparkSession spark;
  private final Path ndjson;
  private final Path out;

  private NdjsonViews(SparkSession spark, Path ndjson, Path out) {
    this.spark = spark;
    this.ndjson = ndjson;
    this.out = out;
  }

  /**
   * Arguments: --ndjson DIR --views DIR --out DIR [--rounds N]; each round does all anew and tells
   * its time. Exit 0 when all views are written, 2 when the arguments or a view cannot be used, 5
   * when a resource does not fit a view.
   */
  public static void main(String[] args) throws IOException, InterruptedException {
    Map<String, String> options = options(args);
    Map<String, TypeViews> views = Map.of();
    try {
      views = ViewCatalog.read(Path.of(options.get("--views")));
    } catch (JobException e) {
      stop(e.exitCode().number(), e.getMessage());
    }
    int rounds = Integer.parseInt(options.getOrDefault("--rounds", "1"));
    try (SparkSession spark = session()) {
      NdjsonViews run =
          new NdjsonViews(spark, Path.of(options.get("--ndjson")), Path.of(options.get("--out")));
      for (int round = 1; round <= rounds; round++) {
        long begin = System.nanoTime();
        run.all(views);
        System.out.printf("round %d: %.3f s%n", round, (System.nanoTime() - begin) / 1e9);
      }
    } catch (ExecutionException e) {
      stop(5, EvaluationFailures.in(e).orElseThrow(() -> failed(e)).getMessage());
    }
  }

  private static Map<String, String> options(String... args) {
    Map<String, String> options = new TreeMap<>();
    for (int i = 0; i + 1 < args.length; i += 2) {
      options.put(args[i], args[i + 1]);
    }
    boolean known =
        List.of("--ndjson", "--out", "--rounds", "--views").containsAll(options.keySet());
    if (!known || args.length % 2 != 0 || options.size() < 3) {
      stop(2, USAGE);
    }
    for (String folder : List.of("--ndjson", "--views")) {
      if (!Files.isDirectory(Path.of(options.getOrDefault(folder, "")))) {
        stop(2, USAGE + "; " + folder + " must be a folder that is there");
      }
    }
    return options;
  }

  private static void stop(int status, String message) {
    System.err.println(message);
    System.exit(status);
  }

  private static IllegalStateException failed(ExecutionException e) {
    return new IllegalStateException("Cannot run the views", e.getCause());
  }

  private static SparkSession session() {
    return LocalSpark.session()
        .config(NioLocalFileSystem.ofSpark())
        .config("spark.sql.artifact.isolation.enabled", "false")
        .config("spark.sql.ui.explainMode", "simple")
        // Minima and maxima of patient data in footers help nobody.
        .config("spark.hadoop.parquet.column.statistics.enabled", "false")
        .getOrCreate();
  }

  private void all(Map<String, TypeViews> views)
      throws IOException, InterruptedException, ExecutionException {
    ExecutorService pool =
        Executors.newFixedThreadPool(2 * Runtime.getRuntime().availableProcessors());
    try {
      List<Future<?>> running = new ArrayList<>();
      for (Map.Entry<String, TypeViews> type : views.entrySet()) {
        Dataset<Row> parsed = type.getValue().parseFiles().apply(spark, files(type.getKey()));
        for (ViewPlan view : type.getValue().views()) {
          running.add(pool.submit(() -> write(view, parsed)));
        }
      }
      for (Future<?> view : running) {
        view.get();
      }
    } finally {
      pool.shutdown();
    }
  }

  private void write(ViewPlan view, Dataset<Row> parsed) {
    DataFrameWriter<Row> writer = view.rows().apply(parsed).write().mode(SaveMode.Overwrite);
    // A dictionary of values that hardly repeat costs more than it saves.
    view.varied().forEach(name -> writer.option("parquet.enable.dictionary#" + name, "false"));
    writer.parquet(out.resolve(view.name()).toUri().toString());
  }

  private List<Path> files(String type) throws IOException {
    try (Stream<Path> files = Files.list(ndjson)) {
      return files
          .filter(file -> file.toString().endsWith(".ndjson"))
          .filter(file -> mayHold(file.getFileName().toString(), type))
          .sorted()
          .toList();
    }
  }

  /** By the name: a name that begins otherwise than a type's may hold any. */
  private static boolean mayHold(String name, String type) {
    return name.startsWith(type + ".") || !name.matches("[A-Z][A-Za-z]+\\..*");
  }
}
