package io.epicfhir.load;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.Lake;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.delta.DeltaLog;
import org.apache.spark.sql.delta.Snapshot;
import org.apache.spark.sql.delta.VersionChecksum;
import org.apache.spark.sql.delta.actions.AddFile;
import scala.Option;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

/**
 * A view table of the lake at one version.
 *
 * @param path the Delta table
 * @param tableId Delta's own id: another one means that the table was made anew
 * @param version the Delta version that is read, whatever is committed meanwhile
 * @param bytes the size of the table's files
 * @param rowCount how many rows they have, where their statistics tell
 * @param shape the columns
 * @param snapshot Delta's own view of that version
 */
record ViewSnapshot(
    Path path,
    String tableId,
    long version,
    long bytes,
    OptionalLong rowCount,
    TableShape shape,
    Snapshot snapshot) {

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
    List<AddFile> files = files(snapshot);
    String description = Optional.ofNullable(snapshot.metadata().description()).orElse("").strip();
    return new ViewSnapshot(
        path,
        snapshot.metadata().id(),
        snapshot.version(),
        files.stream().mapToLong(AddFile::size).sum(),
        rowCount(files),
        TableShape.of(name, description, snapshot.schema()),
        snapshot);
  }

  /** The rows of this version. */
  Dataset<Row> rows(SparkSession spark) {
    return spark.read().format("delta").option("versionAsOf", version).load(path.toString());
  }

  /** By the version's checksum, which names the files of a small table; else by Spark jobs. */
  private static List<AddFile> files(Snapshot snapshot) {
    Option<Seq<AddFile>> named = snapshot.checksumOpt().flatMap(VersionChecksum::allFiles);
    return named.isDefined()
        ? CollectionConverters.asJava(named.get())
        : snapshot.allFiles().collectAsList();
  }

  private static OptionalLong rowCount(List<AddFile> files) {
    long rows = 0;
    for (AddFile file : files) {
      Option<Object> records = file.numLogicalRecords();
      if (records.isEmpty()) {
        return OptionalLong.empty();
      }
      rows += (long) records.get();
    }
    return OptionalLong.of(rows);
  }

  private static void no(String name) {
    throw new JobException(
        ExitCode.SETTINGS,
        "Cannot load view "
            + name
            + ": a table's name has at most 63 letters, digits and _; rename the ViewDefinition");
  }
}
