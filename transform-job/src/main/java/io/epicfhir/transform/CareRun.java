package io.epicfhir.transform;

import io.epicfhir.common.JobException;
import io.epicfhir.common.delta.DamagedLog;
import io.epicfhir.common.delta.TableLog;
import io.epicfhir.common.job.JobContext;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.report.RunRecorder;
import io.epicfhir.transform.silver.BronzeRetention;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One run over all tables, and the two retentions. Each part stands alone. */
final class CareRun {
  private static final Logger LOG = LoggerFactory.getLogger(CareRun.class);

  private final SparkSession spark;
  private final Lake lake;
  private final CareSettings settings;
  private final RunRecorder recorder;
  private final Map<String, Object> tables = new LinkedHashMap<>();
  private final List<String> failures = new ArrayList<>();

  CareRun(JobContext context, CareSettings settings) {
    this.spark = context.spark();
    this.lake = context.lake();
    this.recorder = context.recorder();
    this.settings = settings;
  }

  /**
   * Does it all; what failed, and what to do about it, a sentence each.
   *
   * @throws RuntimeException where the storage is away, which is every table's affair
   */
  List<String> run() {
    part("silver", "", () -> table(lake.paths().silver(), "silver"));
    for (String kind : List.of("views", "joined", "lookups")) {
      for (FileStatus folder : lake.list(lake.paths().at(kind))) {
        if (folder.isDirectory()) {
          String name = folder.getPath().getName();
          String table = kind + "/" + name;
          part(table, remedy(kind, name), () -> table(folder.getPath(), table));
        }
      }
    }
    recorder.result("tables", tables);
    if (!settings.bronzeRetention().isZero()) {
      part("bronze", "", this::bronze);
    }
    part("quarantine", "", this::quarantine);
    return failures;
  }

  /** How a table comes again of what it is made of. */
  private String remedy(String kind, String name) {
    return kind.equals("lookups")
        ? "; delete " + lake.paths().lookup(name) + " and rerun from transform, which rebuilds it"
        : "; rerun from transform with views = " + name + ", which rebuilds it";
  }

  private void part(String name, String remedy, Runnable work) {
    spark.sparkContext().setJobGroup("care " + name, "care " + name, false);
    try {
      work.run();
    } catch (Exception e) { // Spark throws checked ones without saying so
      if (isAway(e)) {
        throw Failures.of(name, e);
      }
      failures.add(name + ": " + why(e, remedy));
      LOG.warn("Cannot maintain {}: {}", name, Failures.root(e).getClass().getName());
    }
  }

  /** Whether it is the storage, and no file of this part. */
  private static boolean isAway(Exception failure) {
    return UnreadFile.in(failure).isEmpty() && !DamagedLog.isDamage(failure);
  }

  private static String why(Exception failure, String remedy) {
    Optional<UnreadFile> file = UnreadFile.in(failure);
    if (file.isPresent()) {
      return file.get().sentence() + (remedy.isEmpty() ? "; " + file.get().remedy() : remedy);
    }
    if (failure instanceof JobException known) {
      return known.getMessage();
    }
    return "it failed with "
        + Failures.root(failure).getClass().getName()
        + "; see the task's log."
        + (remedy.isEmpty() ? "" : " If the table is damaged" + remedy.replaceFirst("^;", ","));
  }

  private void table(Path path, String name) {
    if (TableLog.of(lake, path).version().isEmpty()) {
      return; // what a writer left before its first commit
    }
    TableCare.Done done =
        recorder
            .registry()
            .timer("care." + name)
            .timeSupplier(() -> new TableCare(spark, lake, path, settings).run());
    recorder.output(name, path.toString(), null, done.bytes());
    tables.put(name, done);
  }

  private void bronze() {
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

  private void quarantine() {
    long days =
        new QuarantineCare(lake, LocalDate.now(ZoneOffset.UTC)).run(settings.quarantineRetention());
    recorder.result("quarantine_days_removed", days);
  }
}
