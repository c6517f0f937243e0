package io.epicfhir.load;

import io.epicfhir.common.Failpoint;
import io.epicfhir.common.Json;
import io.epicfhir.common.Lake;
import io.epicfhir.common.RunLock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Plain Parquet, for those who have no server: a folder of files for each version of a view, and
 * {@code <view>.json}, replaced in one step, that says which one is true; {@code views.sql} gives
 * DuckDB one view for each. The columns are those of the view table, decimals as texts with all
 * their digits. The folder before the true one stays for those who still read it.
 */
final class ParquetTarget implements Target {
  private static final String SQL = "views.sql";

  /**
   * What {@code <view>.json} holds.
   *
   * @param files the folder of the rows, within the export's folder
   * @param before the folder that was true before, or empty
   */
  record Export(
      String tableId, long version, long rows, List<String> columns, String files, String before) {}

  private final Lake lake;
  private final Path folder;
  private final SparkSession spark;
  private final RunLock lock;

  private ParquetTarget(Lake lake, Path folder, SparkSession spark, RunLock lock) {
    this.lake = lake;
    this.folder = folder;
    this.spark = spark;
    this.lock = lock;
  }

  /** Waits for another loader. */
  static ParquetTarget open(LoadSettings settings, Lake lake, SparkSession spark) {
    RunLock lock = RunLock.acquire(lake, "load", settings.lockPatience());
    return new ParquetTarget(lake, new Path(settings.exportFolder()), spark, lock);
  }

  @Override
  public Optional<Standing> standing(ViewSnapshot view) {
    return read(view.name())
        .filter(export -> lake.exists(at(export.files())))
        .map(
            export ->
                new Standing(
                    export.tableId(),
                    export.version(),
                    export.rows(),
                    spark.read().parquet(at(export.files()).toString()).count(),
                    export.columns().equals(names(view))));
  }

  @Override
  public Loaded replace(ViewSnapshot view, Dataset<Row> rows, long expected) {
    Optional<Export> last = read(view.name());
    String files = view.name() + "/" + view.version() + "-" + UUID.randomUUID();
    rows.write().option("compression", "zstd").parquet(at(files).toString());
    Failpoint.at("load.copied");
    String before = last.map(Export::files).orElse("");
    Export export =
        new Export(view.tableId(), view.version(), expected, names(view), files, before);
    lake.write(manifest(view.name()), Json.write(export));
    Failpoint.at("load.committed");
    writeSql();
    forget(export);
    return new Loaded(expected, bytes(files), 0);
  }

  @Override
  public Optional<Loaded> change(ViewChanges changes, Standing before, long expected) {
    return Optional.empty(); // files are not changed in their place
  }

  @Override
  public String nameOf(String view) {
    return new Path(folder, view).toString();
  }

  @Override
  public void close() {
    lock.close();
  }

  /** All but the folder that is true and the one before it: those of killed loads, too. */
  private void forget(Export export) {
    Path own = at(export.files()).getParent();
    for (FileStatus version : lake.list(own)) {
      String name = own.getName() + "/" + version.getPath().getName();
      if (!name.equals(export.files()) && !name.equals(export.before())) {
        lake.delete(version.getPath());
      }
    }
  }

  private void writeSql() {
    List<String> statements = new ArrayList<>();
    for (FileStatus file : lake.list(folder)) {
      String name = file.getPath().getName();
      if (name.endsWith(".json")) {
        String view = name.substring(0, name.length() - ".json".length());
        Path files = at(read(view).orElseThrow().files());
        statements.add(
            "CREATE OR REPLACE VIEW %s AS SELECT * FROM read_parquet(%s);"
                .formatted(
                    Identifiers.quoted(view), Identifiers.literal(plain(files) + "/*.parquet")));
      }
    }
    lake.write(new Path(folder, SQL), String.join("\n", statements) + "\n");
  }

  /** Without the scheme of local disks, which DuckDB does not know. */
  private static String plain(Path path) {
    String scheme = path.toUri().getScheme();
    return scheme == null || scheme.equals("file") ? path.toUri().getPath() : path.toString();
  }

  private long bytes(String files) {
    return lake.list(at(files)).stream().mapToLong(FileStatus::getLen).sum();
  }

  private Optional<Export> read(String view) {
    Path file = manifest(view);
    return lake.read(file).map(text -> Json.read(text, Export.class, file.toString()));
  }

  private Path manifest(String view) {
    return new Path(folder, view + ".json");
  }

  private Path at(String files) {
    return new Path(folder, files);
  }

  private static List<String> names(ViewSnapshot view) {
    return view.shape().columns().stream().map(TableShape.Column::name).toList();
  }
}
