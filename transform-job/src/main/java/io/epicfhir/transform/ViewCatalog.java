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
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The folder of ViewDefinitions, read and compiled before any data is touched. */
final class ViewCatalog {
  private final List<Problem> problems = new ArrayList<>();
  private final Map<String, List<File>> named = new TreeMap<>();

  private final SecurityLabels labels;

  private ViewCatalog(SecurityLabels labels) {
    this.labels = labels;
  }

  /**
   * A file that holds a view.
   *
   * @param text as it was written
   */
  private record File(String name, ViewDefinition view, String text) {}

  /**
   * What a folder holds.
   *
   * @param views the views that can be used, by resource type
   * @param problems one for each file that cannot be used, in the order of the files' names
   * @param labels what the site does with resources by their security labels
   */
  record Read(Map<String, TypeViews> views, List<Problem> problems, SecurityLabels labels) {
    /** The files of which nobody can tell which view they define. */
    List<String> unread() {
      return problems.stream()
          .filter(problem -> problem.view().isEmpty())
          .map(Problem::file)
          .toList();
    }
  }

  /**
   * Why a file cannot be used.
   *
   * @param file its name
   * @param view the view's name, where it is known
   * @param message names the file, and the line if it is known
   */
  record Problem(String file, Optional<String> view, String message) {
    /** The view's name, or its file's where that is not known. */
    String name() {
      return view.orElse(file.replaceFirst("\\.json$", ""));
    }
  }

  /**
   * The views that can be used, and why the others cannot: a bad view does not stop the others.
   *
   * @param labels what the site does with resources by their security labels
   * @throws JobException {@link ExitCode#SETTINGS} where the folder cannot be listed
   */
  static Read load(Path folder, SecurityLabels labels) {
    return new ViewCatalog(labels).all(folder);
  }

  /**
   * The views by resource type, all of them.
   *
   * @throws JobException {@link ExitCode#SETTINGS} with the problems of all views at once
   */
  static Map<String, TypeViews> read(Path folder) {
    Read read = load(folder, SecurityLabels.NONE);
    if (!read.problems().isEmpty()) {
      throw new JobException(
          ExitCode.SETTINGS,
          "Cannot use the views of "
              + folder
              + ": "
              + read.problems().size()
              + " to correct\n  "
              + String.join("\n  ", read.problems().stream().map(Problem::message).toList()));
    }
    return read.views();
  }

  private Read all(Path folder) {
    files(folder).forEach(this::parse);
    Map<String, List<ViewDefinition>> byType = new TreeMap<>();
    for (List<File> same : named.values()) {
      if (same.size() > 1) {
        same.forEach(file -> twice(file, same));
      } else if (compiles(same.get(0))) {
        ViewDefinition view = same.get(0).view();
        byType.computeIfAbsent(view.resource(), type -> new ArrayList<>()).add(view);
      }
    }
    Map<String, TypeViews> views = new TreeMap<>();
    byType.forEach(
        (type, definitions) ->
            views.put(type, TypeViews.of(ViewCompiler.compile(type, definitions))));
    return new Read(
        views, problems.stream().sorted((a, b) -> a.file().compareTo(b.file())).toList(), labels);
  }

  private void parse(Path path) {
    String file = path.getFileName().toString();
    try {
      String text = Files.readString(path);
      ViewDefinition view = labels.applied(ViewDefinition.parse(text, file), file);
      if (view.namesTable()) {
        // File systems and databases differ in whether case distinguishes names.
        named
            .computeIfAbsent(view.name().toLowerCase(Locale.ROOT), name -> new ArrayList<>())
            .add(new File(file, view, text));
      } else {
        problem(
            file,
            Optional.empty(),
            file + " has no \"name\", and its file name is not a valid table name; add \"name\"");
      }
    } catch (ViewException e) {
      problem(file, Optional.empty(), e.getMessage());
    } catch (IOException e) {
      problem(
          file,
          Optional.empty(),
          "Cannot read view " + file + "; check that the file is readable UTF-8");
    }
  }

  /** It is unknown which of them is meant: none is used. */
  private void twice(File file, List<File> same) {
    File other = same.get(same.get(0).equals(file) ? 1 : 0);
    problem(
        file.name(),
        Optional.of(file.view().name()),
        "view "
            + file.view().name()
            + " is in "
            + file.name()
            + " and in "
            + other.name()
            + "; rename one of them");
  }

  /** Each alone: together they would report the first problem only. */
  private boolean compiles(File file) {
    try {
      ViewCompiler.compile(file.view().resource(), List.of(file.view()));
      return true;
    } catch (ViewException e) {
      problem(
          file.name(),
          Optional.of(file.view().name()),
          file.name() + line(file.text(), e.wrong()) + ": " + e.getMessage());
      return false;
    }
  }

  private void problem(String file, Optional<String> view, String message) {
    problems.add(new Problem(file, view, message));
  }

  /** Where a path stands, if it stands there once; as editors take it. */
  private static String line(String json, String path) {
    String quoted = "\"" + path.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    int at = path.isEmpty() ? -1 : json.indexOf(quoted);
    if (at < 0 || json.indexOf(quoted, at + 1) >= 0) {
      return "";
    }
    return ":" + (1 + json.substring(0, at).chars().filter(c -> c == '\n').count());
  }

  private static List<Path> files(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.toString().endsWith(".json"))
          // Editors and macOS leave copies under such names.
          .filter(file -> !file.getFileName().toString().startsWith("."))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new JobException(
          ExitCode.SETTINGS,
          "Cannot list the views: " + folder + "; set transform.views to an existing folder",
          e);
    }
  }
}
