package io.epicfhir.load;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.Lake;
import io.epicfhir.common.delta.DataFile;
import io.epicfhir.common.delta.TableLog;
import io.epicfhir.common.delta.TableMetadata;
import io.epicfhir.common.delta.TableSnapshot;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;

/**
 * A view table of the lake at one version, by its log alone; whatever is committed meanwhile, this
 * is the version that is read.
 */
final class ViewSnapshot {
  private final Path path;
  private final TableMetadata table;
  private final TableShape shape;
  private final StructType schema;
  private final Supplier<TableSnapshot> read;
  private TableSnapshot files;

  private ViewSnapshot(
      Path path, TableMetadata table, TableShape shape, Supplier<TableSnapshot> read) {
    this.path = path;
    this.table = table;
    this.shape = shape;
    this.schema = schemaOf(table);
    this.read = read;
  }

  /** The Delta table. */
  Path path() {
    return path;
  }

  /** The columns. */
  TableShape shape() {
    return shape;
  }

  /** The columns as Delta has them. */
  StructType schema() {
    return schema;
  }

  /** The view's name, which is the table's. */
  String name() {
    return shape.name();
  }

  /** Delta's own id: another one means that the table was made anew. */
  String tableId() {
    return table.tableId();
  }

  /** The Delta version. */
  long version() {
    return table.version();
  }

  /**
   * The names of all view tables of the lake, in order.
   *
   * @param notes told of folders that a writer left before their first commit; they are no tables
   * @throws JobException {@link ExitCode#SETTINGS} where there is none, or one with a name that no
   *     table can have
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
    names.stream().filter(name -> !Identifiers.valid(name)).findFirst().ifPresent(ViewSnapshot::no);
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

  /**
   * The view table as it stands now.
   *
   * @throws JobException {@link ExitCode#STORAGE} where its log cannot be read
   */
  static ViewSnapshot current(Lake lake, String name) {
    Path path = lake.paths().view(name);
    TableLog log = TableLog.of(lake, path);
    TableMetadata table = log.metadata().orElseThrow(() -> gone(name));
    return new ViewSnapshot(
        path,
        table,
        TableShape.of(name, table.description().strip(), schemaOf(table)),
        () -> log.snapshot(table.version()).orElseThrow(() -> gone(name)));
  }

  /** The version with its files, read when first asked for: a view without news is never asked. */
  private synchronized TableSnapshot files() {
    if (files == null) {
      files = read.get();
    }
    return files;
  }

  /** The size of the table's files. */
  long bytes() {
    return files().bytes();
  }

  /** How many rows they have, where the log tells. */
  OptionalLong rowCount() {
    return files().rows();
  }

  /** The rows of this version. */
  Dataset<Row> rows(SparkSession spark) {
    List<DataFile> all = files().files();
    boolean whole = all.stream().allMatch(file -> file.deletionVector().isEmpty());
    // Delta's reader builds its own picture of the log first, which takes longer than a small load.
    return isPlain() && whole && !all.isEmpty()
        ? parquet(spark, all)
        : spark.read().format("delta").option("versionAsOf", version()).load(path.toString());
  }

  /** Whether the table's files have its columns under their own names, all of them. */
  boolean isPlain() {
    return table.partitionColumns().isEmpty()
        && "none".equals(table.configuration().getOrDefault("delta.columnMapping.mode", "none"));
  }

  /** Whole files, in the table's columns. */
  Dataset<Row> parquet(SparkSession spark, List<DataFile> files) {
    return spark
        .read()
        .schema(schema)
        .parquet(
            files.stream().map(file -> file.in(path).toString()).distinct().toArray(String[]::new));
  }

  private static StructType schemaOf(TableMetadata table) {
    return (StructType) DataType.fromJson(table.schemaJson());
  }

  private static JobException gone(String name) {
    return new JobException(
        ExitCode.STORAGE,
        "Cannot load view "
            + name
            + ": its table was deleted a moment ago; let transform end, then rerun");
  }

  private static void no(String name) {
    throw new JobException(
        ExitCode.SETTINGS,
        "Cannot load view "
            + name
            + ": a table's name has at most 63 letters, digits and _; rename the ViewDefinition");
  }
}
