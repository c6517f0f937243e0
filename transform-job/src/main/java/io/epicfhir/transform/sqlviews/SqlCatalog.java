package io.epicfhir.transform.sqlviews;

import io.epicfhir.common.ByteOrderMark;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
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

/**
 * The folder of SQLViews. Their SQL is not looked at yet: that of a table that is current was
 * checked before.
 *
 * @param views those that can be read, by name
 * @param problems why others cannot
 */
public record SqlCatalog(List<SqlView> views, List<Problem> problems) {
  /** No SQLViews. */
  public static final SqlCatalog NONE = new SqlCatalog(List.of(), List.of());

  /**
   * Why a SQLView cannot be used.
   *
   * @param name the table's, or the file's where that is not known
   * @param message names the file, and the line where it can be told
   * @param unread the file, where the table's name is in it and cannot be read
   */
  public record Problem(String name, String message, Optional<String> unread) {
    /** Of a table whose name is known. */
    public Problem(String name, String message) {
      this(name, message, Optional.empty());
    }
  }

  /** The files of which nobody can tell which table they define. */
  public List<String> unread() {
    return problems.stream().flatMap(problem -> problem.unread().stream()).toList();
  }

  /**
   * Reads the files {@code *.sql} and {@code *.json} of a folder.
   *
   * @throws JobException {@link ExitCode#SETTINGS} where the folder cannot be listed
   */
  public static SqlCatalog load(Path folder) {
    Map<String, List<SqlView>> named = new TreeMap<>();
    List<Problem> problems = new ArrayList<>();
    for (Path path : files(folder)) {
      String file = path.getFileName().toString();
      try {
        SqlView view = read(Files.readString(path), file);
        // File systems and databases differ in whether case distinguishes names.
        named
            .computeIfAbsent(view.name().toLowerCase(Locale.ROOT), name -> new ArrayList<>())
            .add(view);
      } catch (SqlRefused e) {
        problems.add(new Problem(base(file), e.getMessage(), unread(file)));
      } catch (IOException e) {
        problems.add(
            new Problem(
                base(file), file + ": it cannot be read; check that it is UTF-8", unread(file)));
      }
    }
    List<SqlView> views = new ArrayList<>();
    for (List<SqlView> same : named.values()) {
      if (same.size() == 1) {
        views.add(same.get(0));
      } else {
        same.forEach(
            view ->
                problems.add(
                    new Problem(
                        view.name(),
                        view.file()
                            + ": another file also defines "
                            + view.name()
                            + "; rename one of them")));
      }
    }
    return new SqlCatalog(List.copyOf(views), List.copyOf(problems));
  }

  /**
   * Reads one file's text; by its name it is SQL or a FHIR Library.
   *
   * @throws SqlRefused where it cannot be used
   */
  public static SqlView read(String text, String file) {
    String own = ByteOrderMark.removed(text);
    return file.endsWith(".sql") ? SqlFile.read(own, file) : LibraryFile.read(own, file);
  }

  /** A SQLView by its name. */
  public Optional<SqlView> find(String name) {
    return views.stream().filter(view -> view.name().equals(name)).findFirst();
  }

  /** A Library says its name inside; of SQL the file's name is the table's. */
  private static Optional<String> unread(String file) {
    return Optional.of(file).filter(name -> name.endsWith(".json"));
  }

  private static String base(String file) {
    return file.replaceFirst("\\.(sql|json)$", "");
  }

  private static List<Path> files(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.toString().matches("(?s).*\\.(sql|json)"))
          .filter(file -> !file.getFileName().toString().startsWith("."))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new JobException(
          ExitCode.SETTINGS,
          "Cannot list the joined tables: "
              + folder
              + "; set transform.joined.sql to an existing folder",
          e);
    }
  }
}
