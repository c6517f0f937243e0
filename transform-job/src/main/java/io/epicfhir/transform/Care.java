package io.epicfhir.transform;

import io.epicfhir.common.delta.TableLog;
import io.epicfhir.common.job.Job;
import io.epicfhir.common.job.JobContext;
import io.epicfhir.common.job.JobRunner;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.RunLock;
import io.epicfhir.common.report.RunRecorder;
import io.epicfhir.transform.silver.BronzeRetention;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/**
 * Takes care of the tables of silver, views, joined tables and lookups: small files become large
 * ones, files that only old versions need go. Where settings ask for it, bronze loses what no table
 * stands on any more. No row of a table changes by it.
 */
public final class Care implements Job {
  /** Runs the job as a process; see {@link io.epicfhir.common.job.JobArguments#USAGE}. */
  public static void main(String[] args) {
    System.exit(JobRunner.run(new Care(), args));
  }

  @Override
  public String phase() {
    return "care";
  }

  @Override
  @SuppressWarnings("try") // the lock is held, not used
  public void run(JobContext context) throws InterruptedException {
    CareSettings settings = CareSettings.from(context.settings());
    SparkSession spark = context.spark();
    Lake lake = context.lake();
    try (RunLock lock = RunLock.acquire(lake, Transformation.LOCK, settings.lockPatience())) {
      Map<String, Object> tables = new LinkedHashMap<>();
      Path silver = lake.paths().silver();
      table(spark, lake, silver, "silver", settings, context.recorder())
          .ifPresent(done -> tables.put("silver", done));
      for (String kind : List.of("views", "joined", "lookups")) {
        for (FileStatus folder : lake.list(lake.paths().at(kind))) {
          if (folder.isDirectory()) {
            String name = kind + "/" + folder.getPath().getName();
            table(spark, lake, folder.getPath(), name, settings, context.recorder())
                .ifPresent(done -> tables.put(name, done));
          }
        }
      }
      context.recorder().result("tables", tables);
      if (!settings.bronzeRetention().isZero()) {
        bronze(spark, lake, settings, context.recorder());
      }
      long days =
          new QuarantineCare(lake, LocalDate.now(ZoneOffset.UTC))
              .run(settings.quarantineRetention());
      context.recorder().result("quarantine_days_removed", days);
    }
  }

  private static void bronze(
      SparkSession spark, Lake lake, CareSettings settings, RunRecorder recorder) {
    spark.sparkContext().setJobGroup("care bronze", "care bronze", false);
    BronzeRetention.Done done =
        new BronzeRetention(lake, spark)
            .removeObsolete(Instant.now().minus(settings.bronzeRetention()));
    recorder.result("bronze_rows_removed", done.rowsRemoved());
    recorder.result("bronze_bytes_freed", done.bytesFreed());
    recorder.note(
        "Bronze: deleted %d rows that no table needs and that were older than %d days."
            .formatted(done.rowsRemoved(), settings.bronzeRetention().toDays()));
    done.damaged().values().forEach(recorder::note);
  }

  private static Optional<TableCare.Done> table(
      SparkSession spark,
      Lake lake,
      Path path,
      String name,
      CareSettings settings,
      RunRecorder recorder) {
    if (TableLog.of(lake, path).version().isEmpty()) {
      return Optional.empty(); // what a writer left before its first commit
    }
    spark.sparkContext().setJobGroup("care " + name, "care " + name, false);
    try {
      TableCare.Done done =
          recorder
              .registry()
              .timer("care." + name)
              .timeSupplier(() -> new TableCare(spark, lake, path, settings).run());
      recorder.output(name, path.toString(), null, done.bytes());
      return Optional.of(done);
    } catch (Exception e) {
      throw Failures.of(name, e);
    }
  }
}
