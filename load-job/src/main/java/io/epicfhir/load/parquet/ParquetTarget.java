package io.epicfhir.load.parquet;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.Failpoint;
import io.epicfhir.common.JobException;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.RunLock;
import io.epicfhir.load.quality.QualityChecks;
import io.epicfhir.load.quality.QualitySettings;
import io.epicfhir.load.settings.LoadSettings;
import io.epicfhir.load.spi.LakeName;
import io.epicfhir.load.spi.LoadRequest;
import io.epicfhir.load.spi.LoadResult;
import io.epicfhir.load.spi.Loaded;
import io.epicfhir.load.spi.TableShape;
import io.epicfhir.load.spi.Target;
import io.epicfhir.load.spi.TargetLimits;
import io.epicfhir.load.spi.ViewChanges;
import io.epicfhir.load.spi.ViewSnapshot;
import io.epicfhir.load.sql.Identifiers;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;
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
public final class ParquetTarget implements Target {
  /** Names as everywhere in the lake; Parquet has no columns of its own. */
  private static final TargetLimits LIMITS =
      new TargetLimits(Identifiers.NAME, Identifiers.IN_WORDS, Set.of(), Integer.MAX_VALUE);

  private final Lake lake;
  private final ParquetFolder folder;
  private final ParquetWarnings warnings;
  private final Supplier<SparkSession> spark;
  private final String runKey;
  private final Duration patience;
  private final RunLock lock;

  private ParquetTarget(
      Lake lake, LoadSettings settings, String runKey, Supplier<SparkSession> spark, RunLock lock) {
    this.lake = lake;
    this.folder = new ParquetFolder(lake, new Path(settings.exportFolder()));
    this.warnings = new ParquetWarnings(folder, runKey);
    this.patience = settings.lockPatience();
    this.runKey = runKey;
    this.spark = spark;
    this.lock = lock;
  }

  /**
   * Waits for another loader.
   *
   * @param notes sentences for the person who reads the report
   * @throws JobException {@link ExitCode#SETTINGS} where the folder has another lake's views
   */
  public static ParquetTarget open(
      LoadSettings settings,
      Lake lake,
      String runKey,
      Supplier<SparkSession> spark,
      Consumer<String> notes) {
    RunLock lock = RunLock.acquire(lake, "load", settings.lockPatience());
    ParquetTarget target = new ParquetTarget(lake, settings, runKey, spark, lock);
    try {
      String moved = settings.movedFrom().isEmpty() ? "" : LakeName.of(settings.movedFrom());
      target.belongsTo(LakeName.of(lake), moved);
      target.folder.tellStrangers(notes);
      target.folder.writeSql(); // a load that was killed may not have come to it
      return target;
    } catch (JobException e) {
      target.close();
      throw e;
    }
  }

  private void belongsTo(String own, String movedFrom) {
    for (String view : folder.views()) {
      Optional<ParquetExport> export = folder.read(view);
      String other = export.map(known -> known.view().lake()).orElse(own);
      if (other.equals(own)) {
        continue;
      }
      if (!other.equals(movedFrom)) {
        throw new JobException(
            ExitCode.SETTINGS,
            "Cannot load into %s: it holds the views of the lake %s, but the settings name the lake %s. Give each lake a folder of its own (load.export-folder). If the lake has moved, set load.moved-from = \"%2$s\" and rerun."
                .formatted(folder.path(), other, own));
      }
      folder.write(view, export.get().movedTo(own));
    }
  }

  @Override
  public TargetLimits limits() {
    return LIMITS;
  }

  @Override
  public Optional<Standing> standing(ViewSnapshot view) {
    return folder
        .read(view.name())
        .map(
            export -> {
              List<ParquetFile> now = ParquetFile.in(lake, folder.at(export.files()));
              return new Standing(
                  export.view(),
                  export.rows(),
                  now.stream().mapToLong(ParquetFile::rows).sum(),
                  export.columns().equals(names(view)),
                  now.equals(export.content()),
                  export.loadedAt(),
                  export.verifiedAt(),
                  "");
            });
  }

  @Override
  public LoadResult replace(LoadRequest request) {
    ViewSnapshot view = request.view();
    Optional<ParquetExport> last = folder.stored(view.name());
    boolean damaged = folder.isDamaged(view.name());
    String files = view.name() + "/" + view.version() + "-" + UUID.randomUUID();
    request.rows().get().write().option("compression", "zstd").parquet(folder.at(files).toString());
    Failpoint.at("load.copied");
    List<ParquetFile> content = ParquetFile.in(lake, folder.at(files));
    long rows = content.stream().mapToLong(ParquetFile::rows).sum();
    if (rows != request.expected()) {
      throw new JobException(
          ExitCode.DATA_REFUSED,
          "Cannot load %s: %d rows arrived of the %d that the view table has; the old files stay; rerun"
              .formatted(nameOf(view.name()), rows, request.expected()));
    }
    Instant now = Instant.now();
    ParquetExport export =
        new ParquetExport(
            view.at(),
            rows,
            names(view),
            files,
            content,
            last.map(ParquetExport::files).orElse(""),
            now,
            now,
            runKey,
            warnings.of(request, last, damaged),
            "");
    folder.write(view.name(), export);
    Failpoint.at("load.committed");
    folder.writeSql();
    folder.forget(export);
    long bytes = content.stream().mapToLong(ParquetFile::bytes).sum();
    return new LoadResult(new Loaded(rows, bytes, 0), rows);
  }

  @Override
  public Optional<LoadResult> change(LoadRequest request, ViewChanges changes, Standing before) {
    return Optional.empty(); // files are not changed in their place
  }

  @Override
  public boolean verify(LoadRequest request) {
    ParquetExport export = folder.read(request.view().name()).orElseThrow();
    Dataset<Row> view = request.rows().get();
    Dataset<Row> files =
        spark.get().read().schema(view.schema()).parquet(folder.at(export.files()).toString());
    boolean same = view.exceptAll(files).isEmpty() && files.exceptAll(view).isEmpty();
    if (same) {
      folder.write(request.view().name(), export.verifiedAt(Instant.now()));
    }
    return same;
  }

  @Override
  public Map<String, Map<String, Object>> quality(QualitySettings quality) {
    return new QualityChecks(quality)
        .run(
            check ->
                QualityChecks.failed(
                    "skipped: checks run in PostgreSQL, and load.target is parquet;"
                        + " load.quality.enabled = false turns them off"));
  }

  @Override
  public List<String> warnings() {
    return warnings.toTell();
  }

  @Override
  public boolean answers() {
    try {
      lake.list(folder.path());
      return true;
    } catch (JobException e) {
      return false;
    }
  }

  @Override
  public Duration patience() {
    return patience;
  }

  @Override
  public String nameOf(String view) {
    return new Path(folder.path(), view).toString();
  }

  @Override
  public void close() {
    lock.close();
  }

  private static List<String> names(ViewSnapshot view) {
    return view.shape().columns().stream().map(TableShape.Column::name).toList();
  }
}
