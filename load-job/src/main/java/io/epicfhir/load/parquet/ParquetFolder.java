package io.epicfhir.load.parquet;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.Json;
import io.epicfhir.common.lake.Lake;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;

/** The folder of exported tables: what {@code <view>.json} says, and the files it speaks of. */
final class ParquetFolder {
  /** How DuckDB finds the tables. */
  static final String SQL = "views.sql";

  /** A folder of a version, as {@link ParquetTarget} names it. */
  private static final Pattern VERSION =
      Pattern.compile("\\d+-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

  private final Lake lake;
  private final Path folder;

  ParquetFolder(Lake lake, Path folder) {
    this.lake = lake;
    this.folder = folder;
  }

  Path path() {
    return folder;
  }

  /** The folder of a view, or of a version's files, by its name in this one. */
  Path at(String files) {
    return new Path(folder, files);
  }

  /** The views that were ever exported. */
  List<String> views() {
    return named().stream().filter(view -> stored(view).isPresent()).toList();
  }

  /** Files that look like a manifest and are none are somebody's own, or damaged. */
  void tellStrangers(Consumer<String> notes) {
    String strangers =
        named().stream()
            .filter(view -> stored(view).isEmpty())
            .map(view -> view + ".json")
            .collect(Collectors.joining(", "));
    if (!strangers.isEmpty()) {
      notes.accept(
          "Ignored in load.export-folder: %s; the load did not write this, or it is damaged"
              .formatted(strangers));
    }
  }

  private List<String> named() {
    return lake.list(folder).stream()
        .filter(FileStatus::isFile)
        .map(file -> file.getPath().getName())
        .filter(name -> name.endsWith(".json"))
        .map(name -> name.substring(0, name.length() - ".json".length()))
        .toList();
  }

  /** The folders of versions that no manifest speaks of, as after a kill; by their view. */
  Map<String, List<Path>> unnamed() {
    Set<String> views = Set.copyOf(views());
    Map<String, List<Path>> unnamed = new TreeMap<>();
    for (FileStatus view : lake.list(folder)) {
      String name = view.getPath().getName();
      if (view.isDirectory() && !views.contains(name)) {
        List<Path> versions =
            lake.list(view.getPath()).stream()
                .map(FileStatus::getPath)
                .filter(path -> VERSION.matcher(path.getName()).matches())
                .toList();
        unnamed.put(name, versions);
      }
    }
    unnamed.values().removeIf(List::isEmpty);
    return unnamed;
  }

  /**
   * Empty also for what somebody edited by hand, and for what an earlier release wrote, which did
   * not say which commit it is of.
   */
  Optional<ParquetExport> read(String view) {
    return stored(view).filter(ParquetExport::isComplete);
  }

  /** What is exported, by whatever release; empty where the file is no manifest of the view. */
  Optional<ParquetExport> stored(String view) {
    Path file = manifest(view);
    return lake.read(file)
        .flatMap(text -> parsed(text, file))
        .filter(export -> export.files() != null && export.files().startsWith(view + "/"));
  }

  private static Optional<ParquetExport> parsed(String text, Path file) {
    try {
      return Optional.of(Json.read(text, ParquetExport.class, file.toString()));
    } catch (JobException e) {
      if (e.exitCode() != ExitCode.STORAGE) {
        throw e; // a newer version of the pipeline wrote it
      }
      return Optional.empty();
    }
  }

  /** Whether there is a manifest of the view that says nothing. */
  boolean isDamaged(String view) {
    return named().contains(view) && stored(view).isEmpty();
  }

  /** Makes an export the true one. */
  void write(String view, ParquetExport export) {
    lake.write(manifest(view), Json.write(export));
  }

  /** Writes how DuckDB finds the tables. */
  void writeSql() {
    Map<String, Path> files = new TreeMap<>();
    views().forEach(view -> files.put(view, at(stored(view).orElseThrow().files())));
    ParquetSql.write(lake, new Path(folder, SQL), files);
  }

  /** All but the folder that is true and the one before it: those of killed loads, too. */
  void forget(ParquetExport export) {
    Path own = at(export.files()).getParent();
    for (FileStatus version : lake.list(own)) {
      String name = own.getName() + "/" + version.getPath().getName();
      if (!name.equals(export.files()) && !name.equals(export.before())) {
        lake.delete(version.getPath());
      }
    }
  }

  private Path manifest(String view) {
    return new Path(folder, view + ".json");
  }
}
