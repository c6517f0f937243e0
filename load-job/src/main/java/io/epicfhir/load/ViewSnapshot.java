package io.epicfhir.load;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.Lake;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.delta.DeltaLog;
import org.apache.spark.sql.delta.Snapshot;

/**
 * A view table of the lake at one version.
 *
 * @param path the Delta table
 * @param tableId Delta's own id: another one means that the table was made anew
 * @param version the Delta version that is read, whatever is committed meanwhile
 * @param bytes the size of the table's files
 * @param shape the columns
 * @param snapshot Delta's own view of that version
 */
record ViewSnapshot(
    Path path, String tableId, long version, long bytes, TableShape shape, Snapshot snapshot) {

  /** The view's name, which is the table's. */
  String name() {
    return shape.name();
  }

  /**
   * The names of all view tables of the lake, in order.
   *
   * @throws JobException {@link ExitCode#SETTINGS} where there is none, or one with a name that no
   *     table can have
   */
  static List<String> names(Lake lake) {
    Path folder = lake.paths().at("views");
    List<String> names =
        lake.list(folder).stream()
            .filter(FileStatus::isDirectory)
            .map(FileStatus::getPath)
            .filter(path -> lake.exists(new Path(path, "_delta_log")))
            .map(Path::getName)
            .toList();
    if (names.isEmpty()) {
      throw new JobException(
          ExitCode.SETTINGS,
          "Cannot load views: no Delta table under "
              + folder
              + "; check the setting lake, and that transform ran");
    }
    names.stream().filter(name -> !Identifiers.valid(name)).findFirst().ifPresent(ViewSnapshot::no);
    return names;
  }

  /** The view table as it stands now; reads its log only. */
  static ViewSnapshot current(SparkSession spark, Lake lake, String name) {
    Path path = lake.paths().view(name);
    Snapshot snapshot = DeltaLog.forTableWithSnapshot(spark, path)._2();
    String description = Optional.ofNullable(snapshot.metadata().description()).orElse("").strip();
    return new ViewSnapshot(
        path,
        snapshot.metadata().id(),
        snapshot.version(),
        snapshot.sizeInBytes(),
        TableShape.of(name, description, snapshot.schema()),
        snapshot);
  }

  /** The rows of this version. */
  Dataset<Row> rows(SparkSession spark) {
    return spark.read().format("delta").option("versionAsOf", version).load(path.toString());
  }

  private static void no(String name) {
    throw new JobException(
        ExitCode.SETTINGS,
        "Cannot load view "
            + name
            + ": a table's name has at most 63 letters, digits and _; rename the ViewDefinition");
  }
}
