package io.epicfhir.transform.views;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Runs views over NDJSON files: what ci/views.sh calls, and how the author of a view tries it. Each
 * folder of --cases holds view.json and resources.ndjson; the rows or the refusal go to --out.
 */
public final class RunViews {
  private static final StructType SILVER =
      DataTypes.createStructType(
          List.of(
              DataTypes.createStructField("id", DataTypes.StringType, true),
              DataTypes.createStructField("resource", DataTypes.StringType, false)));

  private final SparkSession spark;
  private final Path out;

  private RunViews(SparkSession spark, Path out) {
    this.spark = spark;
    this.out = out;
  }

  /** Arguments: --cases DIR --out DIR. Exit 0 when every case gave rows or a refusal. */
  public static void main(String[] args) throws IOException, InterruptedException {
    Map<String, String> options =
        args.length == 4 ? Map.of(args[0], args[1], args[2], args[3]) : Map.of();
    if (!options.containsKey("--cases") || !options.containsKey("--out")) {
      System.err.println("Cannot run views: give --cases DIR --out DIR");
      System.exit(2);
    }
    List<Path> cases = cases(Path.of(options.get("--cases")));
    try (SparkSession spark =
        LocalSpark.session().config("spark.sql.shuffle.partitions", "1").getOrCreate()) {
      new RunViews(spark, Path.of(options.get("--out"))).all(cases);
    }
  }

  private static List<Path> cases(Path folder) throws IOException {
    try (Stream<Path> paths = Files.list(folder)) {
      return paths.filter(p -> Files.exists(p.resolve("view.json"))).sorted().toList();
    }
  }

  private void all(List<Path> cases) throws InterruptedException {
    ExecutorService pool = Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
    try {
      List<Callable<Void>> work = new ArrayList<>();
      cases.forEach(folder -> work.add(() -> run(folder)));
      for (Future<Void> done : pool.invokeAll(work)) {
        done.get();
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException(
          "Cannot run a view: " + e.getCause().getMessage(), e.getCause());
    } finally {
      pool.shutdown();
    }
  }

  private Void run(Path folder) throws Exception {
    Path target = Files.createDirectories(out.resolve(folder.getFileName()));
    ViewOutput output = new ViewOutput(target);
    try {
      ViewDefinition definition =
          ViewDefinition.parse(
              Files.readString(folder.resolve("view.json")), folder.getFileName() + ".json");
      CompiledViews views = ViewCompiler.compile(definition.resource(), List.of(definition));
      CompiledView view = views.views().get(0);
      List<Row> resources = resources(folder.resolve("resources.ndjson"), definition.resource());
      List<Row> rows =
          view.rows(views.parse(spark.createDataFrame(resources, SILVER))).collectAsList();
      output.rows(view.columns(), rows);
    } catch (ViewException e) {
      output.refusal(e);
    } catch (Exception e) { // Spark throws checked ones that it does not declare
      output.refusal(EvaluationFailures.in(e).orElseThrow(() -> e));
    }
    return null;
  }

  private static List<Row> resources(Path file, String type) throws IOException {
    List<Row> rows = new ArrayList<>();
    JsonCursor json = new JsonCursor();
    int number = 0;
    for (String line : Files.readString(file).split("\n", -1)) {
      number++;
      if (!line.isBlank()) {
        ResourceHead head = head(json, line, number);
        if (head.type() != null && type.equals(head.type().toString())) {
          rows.add(RowFactory.create(head.id() == null ? null : head.id().toString(), line));
        }
      }
    }
    return rows;
  }

  private static ResourceHead head(JsonCursor json, String line, int number) {
    byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
    try {
      json.start(bytes, 0, bytes.length);
      return ResourceHead.of(json);
    } catch (JsonCursor.Malformed e) {
      throw notJson(number);
    }
  }

  private static ViewException notJson(int number) {
    return new ViewException(
        ViewException.Kind.EVALUATION,
        "Cannot read resources.ndjson: line " + number + " is no JSON object; mend the file");
  }
}
