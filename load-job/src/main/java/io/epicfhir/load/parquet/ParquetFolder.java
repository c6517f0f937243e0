package io.epicfhir.load.parquet;

import io.epicfhir.common.Json;
import io.epicfhir.common.lake.Lake;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;

/** The folder of exported tables: what {@code <view>.json} says, and the files it speaks of. */
final class ParquetFolder {
  /** How DuckDB finds the tables. */
  static final String SQL = "views.sql";

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
    return lake.list(folder).stream()
        .map(file -> file.getPath().getName())
        .filter(name -> name.endsWith(".json"))
        .map(name -> name.substring(0, name.length() - ".json".length()))
        .toList();
  }

  /** Empty also for what an earlier release wrote, which did not say which commit it is of. */
  Optional<ParquetExport> read(String view) {
    return stored(view).filter(export -> export.view() != null);
  }

  /** What is exported, by whatever release. */
  Optional<ParquetExport> stored(String view) {
    Path file = manifest(view);
    return lake.read(file).map(text -> Json.read(text, ParquetExport.class, file.toString()));
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
