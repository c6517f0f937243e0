package io.epicfhir.transform;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.transform.views.ViewCompiler;
import io.epicfhir.transform.views.ViewDefinition;
import io.epicfhir.transform.views.ViewException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The folder of ViewDefinitions, read and compiled before any data is touched. */
final class ViewCatalog {
  private final List<String> problems = new ArrayList<>();
  private final Map<String, String> origins = new HashMap<>();

  private ViewCatalog() {}

  /**
   * The views by resource type.
   *
   * @throws JobException {@link ExitCode#SETTINGS} with the problems of all views at once
   */
  static Map<String, TypeViews> read(Path folder) {
    return new ViewCatalog().compile(folder);
  }

  private Map<String, TypeViews> compile(Path folder) {
    Map<String, List<ViewDefinition>> byType = new TreeMap<>();
    for (Path file : files(folder)) {
      parse(file, byType);
    }
    Map<String, TypeViews> views = new TreeMap<>();
    byType.forEach((type, definitions) -> compile(type, definitions, views));
    if (!problems.isEmpty()) {
      throw new JobException(
          ExitCode.SETTINGS,
          "Cannot use the views of "
              + folder
              + ": "
              + problems.size()
              + " to mend\n  "
              + String.join("\n  ", problems));
    }
    return views;
  }

  private void parse(Path file, Map<String, List<ViewDefinition>> byType) {
    String origin = file.getFileName().toString();
    try {
      ViewDefinition view = ViewDefinition.parse(Files.readString(file), origin);
      if (!view.namesTable()) {
        problems.add(origin + " has no name, and its own is no table's; add \"name\"");
      }
      // File systems and databases differ in whether case tells names apart.
      String other = origins.putIfAbsent(view.name().toLowerCase(Locale.ROOT), origin);
      if (other != null) {
        problems.add("view " + view.name() + " is in " + other + " and in " + origin);
      }
      byType.computeIfAbsent(view.resource(), type -> new ArrayList<>()).add(view);
    } catch (ViewException e) {
      problems.add(e.getMessage());
    } catch (IOException e) {
      problems.add("Cannot read view " + origin + "; check that the file is readable UTF-8");
    }
  }

  private void compile(
      String type, List<ViewDefinition> definitions, Map<String, TypeViews> views) {
    // Each alone first: together they would tell of the first problem only.
    int before = problems.size();
    definitions.forEach(definition -> check(type, definition));
    if (problems.size() == before) {
      views.put(type, TypeViews.of(ViewCompiler.compile(type, definitions)));
    }
  }

  private void check(String type, ViewDefinition definition) {
    try {
      ViewCompiler.compile(type, List.of(definition));
    } catch (ViewException e) {
      problems.add(e.getMessage());
    }
  }

  private static List<Path> files(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(".json")).sorted().toList();
    } catch (IOException e) {
      throw new JobException(
          ExitCode.SETTINGS, "Cannot list the views: " + folder + "; give transform.views", e);
    }
  }
}
