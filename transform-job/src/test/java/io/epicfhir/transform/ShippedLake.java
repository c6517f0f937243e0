package io.epicfhir.transform;

import io.epicfhir.transform.views.ViewDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/** A lake with some joined tables of conf, and all that they read. */
final class ShippedLake {
  private static final Path CONF = Path.of("..", "conf");

  private ShippedLake() {}

  static TestLake with(Path folder, String... joined) throws IOException {
    TestLake lake = new TestLake(folder);
    Map<String, ViewDefinition> views = new TreeMap<>();
    for (Path file : files("views")) {
      ViewDefinition view = ViewDefinition.parse(Files.readString(file), file.toString());
      views.put(view.name(), view);
    }
    Deque<String> wanted = new ArrayDeque<>(List.of(joined));
    Set<String> done = new TreeSet<>();
    while (!wanted.isEmpty()) {
      String name = wanted.pop();
      Path sql = CONF.resolve("joined").resolve(name + ".sql");
      if (!done.add(name)) {
        continue;
      }
      if (views.containsKey(name)) {
        lake.view(views.get(name).resource(), views.get(name).json());
      } else if (Files.exists(sql)) {
        String text = Files.readString(sql);
        lake.sql(name + ".sql", text);
        text.lines()
            .filter(line -> line.startsWith("-- depends: "))
            .flatMap(line -> Stream.of(line.substring("-- depends: ".length()).split("[ ,]+")))
            .forEach(wanted::add);
      }
    }
    for (Path file : files("lookups")) {
      if (file.toString().endsWith(".csv")) {
        lake.lookup(file.getFileName().toString(), Files.readString(file));
      }
    }
    return lake;
  }

  private static List<Path> files(String kind) throws IOException {
    try (Stream<Path> files = Files.list(CONF.resolve(kind))) {
      return files.sorted().toList();
    }
  }

  /** The rows of a joined table, of each the columns with a blank between them. */
  static List<String> rows(TestLake lake, String table, String... columns) {
    return TestLake.spark()
        .read()
        .format("delta")
        .load(lake.root().resolve("joined").resolve(table).toString())
        .selectExpr(columns)
        .collectAsList()
        .stream()
        .map(row -> row.mkString(" "))
        .sorted()
        .toList();
  }
}
