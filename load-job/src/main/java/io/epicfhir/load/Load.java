package io.epicfhir.load;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.Timer;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.Job;
import io.epicfhir.common.JobContext;
import io.epicfhir.common.JobException;
import io.epicfhir.common.JobRunner;
import io.epicfhir.common.RunRecorder;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** Makes the analysts' tables what the view tables of the lake are. */
public final class Load implements Job {

  /** The process: {@code --conf FILE --dag ID --run ID --task ID ...}. */
  public static void main(String[] args) {
    System.exit(JobRunner.run(new Load(), args));
  }

  @Override
  public String phase() {
    return "load";
  }

  @Override
  public void run(JobContext context) {
    LoadSettings settings = LoadSettings.from(context.settings());
    Retries retries = new Retries(settings.maxTries(), settings.retryPause(), Retries::sleep);
    var names = ViewSnapshot.names(context.lake());
    Map<String, Object> tables = new LinkedHashMap<>();
    // The database first: where it is away, no Spark session need start.
    try (Target target = PostgresTarget.open(settings, context.run().key(), retries)) {
      SparkSession spark = context.spark();
      // The log of a view table names few files; Delta's 50 partitions suit millions.
      spark.conf().set("spark.databricks.delta.snapshotPartitions", "1");
      for (String name : names) {
        ViewSnapshot view = ViewSnapshot.current(spark, context.lake(), name);
        tables.put(name, load(context, view, target));
      }
    } finally {
      context.recorder().result("tables", tables);
    }
  }

  private static Map<String, Object> load(JobContext context, ViewSnapshot view, Target target) {
    RunRecorder recorder = context.recorder();
    Optional<Target.Standing> before = target.standing(view.name());
    if (before.filter(standing -> standing.is(view)).isPresent()) {
      return answer(view, before.get(), before.get().rows(), false);
    }
    before
        .filter(standing -> standing.rows() != standing.counted())
        .ifPresent(standing -> recorder.note(tampered(target.nameOf(view.name()), standing)));
    context.spark().sparkContext().setJobGroup("load " + view.name(), "", false);
    Timer.Context timing = recorder.registry().timer("load." + view.name()).time();
    Dataset<Row> rows = view.rows(context.spark());
    // Answered from the table's log; a scan only where a file has no statistics.
    long expected = rows.count();
    Loaded loaded = target.replace(view, rows, expected);
    record(recorder, view, target, loaded, timing.stop());
    Target.Standing now = target.standing(view.name()).orElseThrow(() -> gone(view, target));
    if (now.counted() != expected) {
      throw new JobException(
          ExitCode.DATA_REFUSED,
          "Cannot reconcile %s: it has %d rows, the view table %d; look for who else writes it"
              .formatted(target.nameOf(view.name()), now.counted(), expected));
    }
    return answer(view, now, expected, true);
  }

  private static Map<String, Object> answer(
      ViewSnapshot view, Target.Standing standing, long viewRows, boolean changed) {
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("rows", standing.counted());
    answer.put("view_rows", viewRows);
    answer.put("delta_version", view.version());
    answer.put("changed", changed);
    return answer;
  }

  private static void record(
      RunRecorder recorder, ViewSnapshot view, Target target, Loaded loaded, long nanos) {
    recorder.input(view.name(), view.path().toString(), loaded.rows(), view.bytes());
    recorder.output(
        target.nameOf(view.name()), target.nameOf(view.name()), loaded.rows(), loaded.bytes());
    recorder.registry().counter("load.rows").inc(loaded.rows());
    recorder.registry().counter("load.bytes").inc(loaded.bytes());
    recorder.registry().counter("load.nul-replaced").inc(loaded.nulReplaced());
    double perSecond = loaded.rows() * 1e9 / Math.max(1, nanos);
    Gauge<Long> gauge = () -> Math.round(perSecond);
    recorder.registry().registerGauge("load." + view.name() + ".rows-per-second", gauge);
  }

  private static String tampered(String table, Target.Standing standing) {
    return "%s had %d rows where %d were loaded: it was changed by somebody else, and is loaded anew"
        .formatted(table, standing.counted(), standing.rows());
  }

  private static JobException gone(ViewSnapshot view, Target target) {
    return new JobException(
        ExitCode.DATA_REFUSED,
        "Cannot reconcile "
            + target.nameOf(view.name())
            + ": it is gone right after its load; look for who else writes it");
  }
}
