package io.epicfhir.load;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.Lake;
import io.epicfhir.common.delta.TableLog;
import java.util.List;
import java.util.function.Consumer;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;

/** Which view tables the lake has. */
final class LakeViews {
  private LakeViews() {}

  /**
   * The names of all view tables of the lake, in order.
   *
   * @param notes told of folders that a writer left before their first commit; they are no tables
   * @throws JobException {@link ExitCode#SETTINGS} where there is none
   */
  static List<String> names(Lake lake, Consumer<String> notes) {
    Path folder = lake.paths().at("views");
    List<String> names =
        lake.list(folder).stream()
            .filter(FileStatus::isDirectory)
            .map(FileStatus::getPath)
            .filter(path -> isTable(lake, path, notes))
            .map(Path::getName)
            .toList();
    if (names.isEmpty()) {
      throw new JobException(
          ExitCode.SETTINGS,
          "Cannot load views: no Delta table under "
              + folder
              + "; check the setting lake, and that transform ran");
    }
    return names;
  }

  private static boolean isTable(Lake lake, Path path, Consumer<String> notes) {
    boolean table = TableLog.of(lake, path).version().isPresent();
    if (!table && lake.exists(new Path(path, "_delta_log"))) {
      notes.accept(
          "views/%s has no commit yet and was not loaded: rerun transform, or delete the folder"
              .formatted(path.getName()));
    }
    return table;
  }
}
