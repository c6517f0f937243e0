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

  /** The files of a folder of conf, in order. */
  static List<Path> files(String kind) throws IOException {
    try (Stream<Path> files = Files.list(CONF.resolve(kind))) {
      return files.filter(file -> !file.toString().endsWith(".md")).sorted().toList();
    }
  }

  /** The rows of a joined table, of each the columns with a blank between them. */
  static List<String> rows(TestLake lake, String table, String... columns) {
    return lake.table("joined/" + table, columns);
  }

  /** A resource of one version; in its body single quotes stand for double ones. */
  static void put(TestLake.Export to, String type, String id, String body) {
    String json = "{'resourceType':'%s','id':'%s',%s}".formatted(type, id, body);
    to.resource(type, id, "1", "2026-01-01T00:00:00Z", json.replace('\'', '"'));
  }
}
