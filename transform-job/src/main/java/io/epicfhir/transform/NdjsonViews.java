package io.epicfhir.transform;

import io.epicfhir.common.JobException;
import io.epicfhir.common.localfs.NioLocalFileSystem;
import io.epicfhir.transform.views.LocalSpark;
import io.epicfhir.transform.views.NdjsonJob;
import io.epicfhir.transform.views.Refusal;
import io.epicfhir.transform.views.ViewFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/**
 * Runs the views of a folder over NDJSON files and writes a folder of Parquet a view: how an author
 * tries views on real amounts of data, without a lake. A file whose name begins with a resource
 * type and a dot, as a Bulk Data client names them, is read for that type only.
 */
public final class NdjsonViews {
  private static final String USAGE =
      "Cannot run views: give --ndjson DIR --views DIR --out DIR [--rounds N]";

  private final JavaSparkContext spark;
  private final Path ndjson;
  private final Path out;

  NdjsonViews(SparkSession spark, Path ndjson, Path out) {
    this.spark = JavaSparkContext.fromSparkContext(spark.sparkContext());
    this.ndjson = ndjson;
    this.out = out;
  }

  /**
   * Arguments: --ndjson DIR --views DIR --out DIR [--rounds N]; each round does everything again
   * and prints its time. Exit 0 when all views are written, 2 when the arguments or a view cannot
   * be used, 5 when a resource does not fit a view: that view is not written, all others are.
   */
  public static void main(String[] args) throws IOException {
    Map<String, String> options = options(args);
    Map<String, TypeViews> views = Map.of();
    try {
      views = ViewCatalog.read(Path.of(options.get("--views")));
    } catch (JobException e) {
      stop(e.exitCode().number(), e.getMessage());
    }
    int rounds = Integer.parseInt(options.getOrDefault("--rounds", "1"));
    List<String> problems = List.of();
    try (SparkSession session = session()) {
      NdjsonViews run =
          new NdjsonViews(session, Path.of(options.get("--ndjson")), Path.of(options.get("--out")));
      for (int round = 1; round <= rounds; round++) {
        long begin = System.nanoTime();
        problems = run.all(views);
        System.out.printf("round %d: %.3f s%n", round, (System.nanoTime() - begin) / 1e9);
      }
    }
    if (!problems.isEmpty()) {
      stop(5, String.join("\n", problems));
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
        stop(2, USAGE + "; " + folder + " must be an existing folder");
      }
    }
    return options;
  }

  private static void stop(int status, String message) {
    System.err.println(message);
    System.exit(status);
  }

  private static SparkSession session() {
    return LocalSpark.session()
        .config(NioLocalFileSystem.ofSpark())
        .config("spark.sql.artifact.isolation.enabled", "false")
        .config("spark.sql.ui.explainMode", "simple")
        .getOrCreate();
  }

  /**
   * Writes all views.
   *
   * @return what resources did not fit; empty where all did
   */
  List<String> all(Map<String, TypeViews> views) throws IOException {
    List<NdjsonJob.Work> work = new ArrayList<>();
    for (Map.Entry<String, TypeViews> type : views.entrySet()) {
      List<ViewFile> files = type.getValue().views().stream().map(ViewPlan::file).toList();
      for (ViewFile file : files) {
        delete(out.resolve(file.view()));
      }
      work.add(
          new NdjsonJob.Work(
              type.getValue().compiled().orElseThrow(), files, files(type.getKey())));
    }
    List<String> problems = new ArrayList<>();
    for (Map.Entry<String, NdjsonJob.Result> view : NdjsonJob.run(spark, work, out).entrySet()) {
      Map<Refusal, Long> refused = view.getValue().refused();
      if (!refused.isEmpty()) {
        delete(out.resolve(view.getKey()));
        refused.forEach((refusal, times) -> problems.add(problem(refusal, times)));
      }
    }
    return problems;
  }

  private static String problem(Refusal refusal, long resources) {
    return refusal.message(resources == 1 ? "1 resource" : resources + " resources");
  }

  private static void delete(Path folder) throws IOException {
    if (Files.isDirectory(folder)) {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
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
