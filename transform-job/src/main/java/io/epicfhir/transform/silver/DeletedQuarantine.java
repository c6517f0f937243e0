package io.epicfhir.transform.silver;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import io.epicfhir.common.StorageFailure;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.transform.delta.DataFileWriter;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Puts the entries of {@code deleted} files that delete no single resource into quarantine: the
 * Bundle verbatim, and the entry's number as the part. The others are applied.
 */
final class DeletedQuarantine {
  /** As extract writes quarantine. */
  private static final StructType COLUMNS =
      new StructType()
          .add("reason", DataTypes.StringType, false)
          .add("source_file", DataTypes.StringType, false)
          .add("source_line", DataTypes.LongType, false)
          .add("part", DataTypes.IntegerType, false)
          .add("line", DataTypes.BinaryType, false);

  private static final String REASON = "not-a-deletion";
  private static final String FOLDER = "deleted-entries";

  private final Lake lake;
  private final SilverProblems problems;

  DeletedQuarantine(Lake lake, SilverProblems problems) {
    this.lake = lake;
    this.problems = problems;
  }

  /** Takes those of the pending exports; a run that takes them again replaces them. */
  void take(SparkSession spark, Backlog backlog, Collection<String> known) {
    for (Landing landing : backlog.pending()) {
      Backlog one = new Backlog(List.of(landing), List.of(), java.util.Set.of(), false);
      ExportFacts facts = new ExportFacts(one, List.of(), HeldBack.NONE);
      new BronzeRows(spark, lake.paths(), one, facts)
          .deletionBundles()
          .ifPresent(
              bundles -> take(landing, DeletedEntries.bad(DeletedEntries.of(bundles, known))));
    }
  }

  /**
   * Tells again what an earlier try of a run took: the exports that it landed are applied, and are
   * not read any more.
   *
   * @param all every export
   * @param pending those that this try takes itself
   */
  void tellAgain(List<Landing> all, List<Landing> pending, String runKey) {
    all.stream()
        .filter(landing -> landing.runKey().equals(runKey) && !pending.contains(landing))
        .filter(
            landing -> landing.files().stream().anyMatch(f -> f.kind() == Landing.Kind.DELETIONS))
        .map(this::folder)
        .forEach(
            folder -> {
              long rows =
                  lake.list(folder).stream()
                      .filter(file -> file.getPath().getName().endsWith(".parquet"))
                      .mapToLong(this::rows)
                      .sum();
              if (rows > 0) {
                problems.quarantined(folder.toString(), rows);
              }
            });
  }

  private long rows(FileStatus file) {
    try (ParquetFileReader reader =
        ParquetFileReader.open(HadoopInputFile.fromPath(file.getPath(), lake.hadoop()))) {
      return reader.getRecordCount();
    } catch (IOException e) {
      throw StorageFailure.of("read " + file.getPath(), e);
    }
  }

  /** There is none to take: what an earlier run took of the same exports goes. */
  void clear(Backlog backlog) {
    for (Landing landing : backlog.pending()) {
      if (landing.files().stream().anyMatch(f -> f.kind() == Landing.Kind.DELETIONS)) {
        clear(folder(landing));
      }
    }
  }

  private void clear(Path folder) {
    for (FileStatus old : lake.list(folder)) {
      lake.delete(old.getPath());
    }
  }

  private void take(Landing landing, Dataset<Row> bad) {
    Path folder = folder(landing);
    clear(folder);
    Dataset<Row> rows =
        bad.select(
            lit(REASON).as("reason"),
            coalesce(col("source_file"), lit("")).as("source_file"),
            coalesce(col("source_line"), lit(0L)).as("source_line"),
            coalesce(col("entry"), lit(0)).as("part"),
            coalesce(col("resource"), lit("")).cast(DataTypes.BinaryType).as("line"));
    long taken =
        new DataFileWriter(folder, COLUMNS, Optional.empty(), Optional.empty())
            .write(rows).stream().mapToLong(file -> file.rows()).sum();
    if (taken > 0) {
      problems.quarantined(folder.toString(), taken);
    }
  }

  /** Beside the export's other quarantine, whose date is its bronze files'. */
  private Path folder(Landing landing) {
    String partition =
        landing.files().stream()
            .filter(file -> file.kind() == Landing.Kind.DELETIONS)
            .map(file -> new Path(file.path()).getParent().getName())
            .findFirst()
            .orElseThrow();
    return lake.paths()
        .at("quarantine/" + partition + "/export_id=" + landing.exportId() + "-" + FOLDER);
  }
}
