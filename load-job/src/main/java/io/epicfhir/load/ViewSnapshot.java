package io.epicfhir.load;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.common.DeltaLogFiles;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.Json;
import io.epicfhir.common.Lake;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.delta.DeltaLog;
import org.apache.spark.sql.delta.Snapshot;
import org.apache.spark.sql.delta.actions.AddFile;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import scala.Option;

/**
 * A view table of the lake at one version.
 *
 * @param path the Delta table
 * @param tableId Delta's own id: another one means that the table was made anew
 * @param version the Delta version that is read, whatever is committed meanwhile
 * @param bytes the size of the table's files
 * @param rowCount how many rows they have, where their statistics tell
 * @param shape the columns
 * @param schema the columns as Delta has them
 */
record ViewSnapshot(
    Path path,
    String tableId,
    long version,
    long bytes,
    OptionalLong rowCount,
    TableShape shape,
    StructType schema) {

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

  /**
   * The view table as it stands now; reads its log only.
   *
   * @param spark asked only where the log's newest checksum does not tell all
   */
  static ViewSnapshot current(Supplier<SparkSession> spark, Lake lake, String name) {
    Path path = lake.paths().view(name);
    DeltaLogFiles log = new DeltaLogFiles(lake, path);
    OptionalLong version = log.version();
    Optional<ViewSnapshot> told =
        version.isEmpty()
            ? Optional.empty()
            : log.checksum(version.getAsLong())
                .filter(checksum -> checksum.path("metadata").hasNonNull("schemaString"))
                .filter(checksum -> checksum.path("allFiles").isArray())
                .map(checksum -> of(checksum, path, name, version.getAsLong()));
    return told.orElseGet(() -> read(spark.get(), path, name));
  }

  private static ViewSnapshot of(JsonNode checksum, Path path, String name, long version) {
    JsonNode metadata = checksum.get("metadata");
    StructType schema = (StructType) DataType.fromJson(metadata.get("schemaString").asText());
    return new ViewSnapshot(
        path,
        metadata.path("id").asText(),
        version,
        checksum.path("tableSizeBytes").asLong(),
        rowCount(checksum.get("allFiles"), new Path(path, String.valueOf(version))),
        TableShape.of(name, metadata.path("description").asText("").strip(), schema),
        schema);
  }

  /**
   * The files' rows without those that deletion vectors take away; empty where one has no count.
   */
  private static OptionalLong rowCount(JsonNode files, Path origin) {
    long rows = 0;
    for (JsonNode file : files) {
      JsonNode stats =
          Json.read(file.path("stats").asText("{}"), JsonNode.class, origin.toString());
      if (!stats.hasNonNull("numRecords")) {
        return OptionalLong.empty();
      }
      rows += stats.get("numRecords").asLong();
      rows -= file.path("deletionVector").path("cardinality").asLong(0);
    }
    return OptionalLong.of(rows);
  }

  private static ViewSnapshot read(SparkSession spark, Path path, String name) {
    Snapshot snapshot = DeltaLog.forTableWithSnapshot(spark, path)._2();
    List<AddFile> files = snapshot.allFiles().collectAsList();
    String description = Optional.ofNullable(snapshot.metadata().description()).orElse("").strip();
    return new ViewSnapshot(
        path,
        snapshot.metadata().id(),
        snapshot.version(),
        files.stream().mapToLong(AddFile::size).sum(),
        rowCount(files),
        TableShape.of(name, description, snapshot.schema()),
        snapshot.schema());
  }

  /** The rows of this version. */
  Dataset<Row> rows(SparkSession spark) {
    return spark.read().format("delta").option("versionAsOf", version).load(path.toString());
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
