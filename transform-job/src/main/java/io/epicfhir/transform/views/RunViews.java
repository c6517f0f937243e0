package io.epicfhir.transform.views;

import java.io.IOException;
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

/**
 * Runs views over NDJSON files: what ci/views.sh calls, and how the author of a view tries it. Each
 * folder of --cases holds view.json and resources.ndjson; the rows or the refusal go to --out. It
 * needs no Spark session, so it starts at once.
 */
public final class RunViews {
  private static final String RESOURCES = "resources.ndjson";

  private final Path out;

  private RunViews(Path out) {
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
    new RunViews(Path.of(options.get("--out"))).all(cases(Path.of(options.get("--cases"))));
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

  private Void run(Path folder) throws IOException {
    ViewOutput output = new ViewOutput(Files.createDirectories(out.resolve(folder.getFileName())));
    try {
      ViewDefinition definition =
          ViewDefinition.parse(
              Files.readString(folder.resolve("view.json")), folder.getFileName() + ".json");
      CompiledViews views = ViewCompiler.compile(definition.resource(), List.of(definition));
      List<ViewColumn> columns = views.views().get(0).columns();
      output.rows(columns, rows(folder.resolve(RESOURCES), views, columns));
    } catch (ViewException e) {
      output.refusal(e);
    }
    return null;
  }

  private static List<String> rows(Path file, CompiledViews views, List<ViewColumn> columns)
      throws IOException {
    RowLines rows = new RowLines(columns);
    ViewRunner runner = views.runner(new Drift());
    NdjsonSplit whole = new NdjsonSplit(file.toString(), 0, Files.size(file));
    try (NdjsonLines lines = new NdjsonLines(whole)) {
      JsonCursor json = new JsonCursor();
      for (int number = 1; lines.next(); number++) {
        json.start(lines.buffer(), lines.start(), lines.end());
        if (!json.atEnd()) {
          ResourceHead head = head(json, number);
          if (head.isOf(views.type())) {
            runner.run(head.id(), lines.buffer(), lines.start(), lines.end(), rows);
          }
          if (rows.refusal() != null) {
            throw rows.refusal().exception("line " + number + " of " + RESOURCES);
          }
        }
      }
    }
    return rows.lines();
  }

  private static ResourceHead head(JsonCursor json, int number) {
    try {
      return ResourceHead.of(json);
    } catch (MalformedJson e) {
      throw new ViewException(
          ViewException.Kind.EVALUATION,
          "Cannot read "
              + RESOURCES
              + ": line "
              + number
              + " is not a JSON object; correct the file");
    }
  }
}
