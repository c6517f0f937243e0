package io.epicfhir.load.spi;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.delta.TableLog;
import io.epicfhir.common.lake.Lake;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;

/**
 * Which tables the lake has.
 *
 * @param all views, joined tables and lookups, each by name
 * @param clashing those that would take the table of another one; no load touches them
 */
public record LakeTables(List<LakeTable> all, Map<LakeTable, JobException> clashing) {

  /**
   * Those of the lake.
   *
   * @param notes called for folders that a writer left before their first commit; they are no
   *     tables
   * @throws JobException {@link ExitCode#SETTINGS} where there is no view table
   */
  public static LakeTables of(Lake lake, Consumer<String> notes) {
    Map<String, LakeTable> byName = new LinkedHashMap<>();
    Map<LakeTable, JobException> clashing = new LinkedHashMap<>();
    for (LakeTable.Kind kind : LakeTable.Kind.values()) {
      List<LakeTable> tables = of(lake, kind, notes);
      if (kind == LakeTable.Kind.VIEW && tables.isEmpty()) {
        throw new JobException(
            ExitCode.SETTINGS,
            "Cannot load views: no Delta table under "
                + lake.paths().at(kind.folder())
                + "; check the setting lake, and that transform ran");
      }
      for (LakeTable table : tables) {
        LakeTable first = byName.putIfAbsent(table.name(), table);
        if (first != null) {
          clashing.put(table, clash(table, first));
        }
      }
    }
    return new LakeTables(new ArrayList<>(byName.values()), clashing);
  }

  private static List<LakeTable> of(Lake lake, LakeTable.Kind kind, Consumer<String> notes) {
    return lake.list(lake.paths().at(kind.folder())).stream()
        .filter(FileStatus::isDirectory)
        .map(status -> new LakeTable(kind, status.getPath().getName()))
        .filter(table -> isTable(lake, table, notes))
        .toList();
  }

  private static boolean isTable(Lake lake, LakeTable table, Consumer<String> notes) {
    Path path = table.path(lake);
    boolean is = TableLog.of(lake, path).version().isPresent();
    if (!is && lake.exists(new Path(path, "_delta_log"))) {
      notes.accept(
          "%s/%s has no commit yet and was not loaded: rerun transform, or delete the folder"
              .formatted(table.kind().folder(), table.name()));
    }
    return is;
  }

  /** Which of two the target has would depend on who came last. */
  private static JobException clash(LakeTable table, LakeTable first) {
    return new JobException(
        ExitCode.SETTINGS,
        "Cannot load %s: %s has the same name, so the table in the database belongs to that; rename one of the two"
            .formatted(table, first));
  }

  /** The names of all that can be loaded. */
  public List<String> names() {
    return all.stream().map(LakeTable::name).toList();
  }
}
