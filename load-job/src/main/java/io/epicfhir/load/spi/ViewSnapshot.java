package io.epicfhir.load.spi;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.delta.DataFile;
import io.epicfhir.common.delta.TableLog;
import io.epicfhir.common.delta.TableMetadata;
import io.epicfhir.common.delta.TableRows;
import io.epicfhir.common.delta.TableSnapshot;
import io.epicfhir.common.lake.Lake;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;

/**
 * A table of the lake at one version, by its log alone; whatever is committed meanwhile, this is
 * the version that is read.
 */
public final class ViewSnapshot {
  /** Tables of so many bytes are copied sooner than Spark has planned a job. */
  private static final long FEW = 8L << 20;

  private final Lake lake;
  private final LakeTable of;
  private final Path path;
  private final TableMetadata table;
  private final TableShape shape;
  private final StructType schema;
  private final TableLog log;
  private final ViewVersion at;
  private TableSnapshot files;

  private ViewSnapshot(
      Lake lake, LakeTable of, TableMetadata table, TableShape shape, TableLog log) {
    this.lake = lake;
    this.of = of;
    this.path = of.path(lake);
    this.table = table;
    this.shape = shape;
    this.schema = schemaOf(table);
    this.log = log;
    this.at =
        new ViewVersion(
            LakeName.of(lake), table.tableId(), table.version(), commitAt(table.version()));
  }

  /** The Delta table. */
  public Path path() {
    return path;
  }

  /** The columns. */
  public TableShape shape() {
    return shape;
  }

  /** The columns as Delta has them. */
  StructType schema() {
    return schema;
  }

  /** The view's name, which is the table's. */
  public String name() {
    return shape.name();
  }

  /** Which version it is. */
  public ViewVersion at() {
    return at;
  }

  /** The identity of a commit of its table; empty where the commit's file is no longer there. */
  String commitAt(long version) {
    return log.identity(version).orElse("");
  }

  /** The Delta version. */
  public long version() {
    return table.version();
  }

  /**
   * The view table as it stands now.
   *
   * @param limits what the target can have
   * @throws JobException {@link ExitCode#STORAGE} where its log cannot be read
   */
  public static ViewSnapshot current(Lake lake, LakeTable of, TargetLimits limits) {
    Path path = of.path(lake);
    TableLog log = TableLog.of(lake, path);
    TableMetadata table = log.metadata().orElseThrow(() -> gone(of));
    TableShape shape = TableShape.of(of, table.description().strip(), schemaOf(table), limits);
    return new ViewSnapshot(lake, of, table, shape, log);
  }

  /** The version with its files, read when first asked for: a view without news is never asked. */
  private synchronized TableSnapshot files() {
    if (files == null) {
      files = log.snapshot(version()).orElseThrow(() -> gone(of));
    }
    return files;
  }

  /** The size of the table's files. */
  public long bytes() {
    return files().bytes();
  }

  /** How many rows they have, if the log says so. */
  public OptionalLong rowCount() {
    return files().rows();
  }

  /** The rows of this version. */
  public Dataset<Row> rows(SparkSession spark) {
    List<DataFile> all = files().files();
    boolean whole = all.stream().allMatch(file -> file.deletionVector().isEmpty());
    // Delta's reader builds its own picture of the log first, which takes longer than a small load.
    return isPlain() && whole && !all.isEmpty()
        ? parquet(spark, all)
        : spark.read().format("delta").option("versionAsOf", version()).load(path.toString());
  }

  /**
   * The rows of a table of few rows, to be read without a Spark job; empty where there are many, or
   * values that only Spark writes as text.
   */
  public Optional<TableRows> fewRows() {
    if (files().bytes() > FEW) {
      return Optional.empty();
    }
    areThere(files().files());
    return log.rows(version()).filter(TableRows::areTexts);
  }

  /** Whether the table's files have its columns under their own names, all of them. */
  boolean isPlain() {
    return table.partitionColumns().isEmpty()
        && "none".equals(table.configuration().getOrDefault("delta.columnMapping.mode", "none"));
  }

  /**
   * Whole files, in the table's columns.
   *
   * @throws JobException {@link ExitCode#STORAGE} where one is not there; Spark would call that a
   *     wrong query
   */
  Dataset<Row> parquet(SparkSession spark, List<DataFile> files) {
    areThere(files);
    return spark
        .read()
        .schema(schema)
        .parquet(
            files.stream().map(file -> file.in(path).toString()).distinct().toArray(String[]::new));
  }

  private void areThere(List<DataFile> files) {
    files.stream()
        .filter(file -> !lake.exists(file.in(path)))
        .findFirst()
        .ifPresent(file -> missing(file.in(path)));
  }

  private void missing(Path file) {
    throw new JobException(
        ExitCode.STORAGE,
        "Cannot load "
            + of
            + ": its table lacks the file "
            + file
            + "; restore it, or delete the table and rerun from transform");
  }

  private static StructType schemaOf(TableMetadata table) {
    return (StructType) DataType.fromJson(table.schemaJson());
  }

  private static JobException gone(LakeTable of) {
    return new JobException(
        ExitCode.STORAGE,
        "Cannot load "
            + of
            + ": its table was just deleted; wait until transform ends, then rerun");
  }
}
