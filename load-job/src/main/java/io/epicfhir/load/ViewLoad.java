package io.epicfhir.load;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.Timer;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobContext;
import io.epicfhir.common.JobException;
import io.epicfhir.common.Lake;
import io.epicfhir.common.RunRecorder;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.spark.sql.SparkSession;

/** One view's way into the target: nothing, what changed, or all of it; then the counts. */
final class ViewLoad {
  /** Of the table's rows, one in so many: with more, a new table is there sooner. */
  private static final long CHANGED_AT_MOST_ONE_IN = 4;

  /** What was done. */
  private enum Way {
    NONE,
    CHANGES,
    WHOLE
  }

  private final Lake lake;
  private final Supplier<SparkSession> spark;
  private final RunRecorder recorder;
  private final ViewSnapshot view;
  private final Target target;
  private final String table;

  ViewLoad(JobContext context, Supplier<SparkSession> spark, ViewSnapshot view, Target target) {
    this.lake = context.lake();
    this.spark = spark;
    this.recorder = context.recorder();
    this.view = view;
    this.target = target;
    this.table = target.nameOf(view.name());
  }

  /**
   * The answer for the report.
   *
   * @param anew whether the table is replaced whatever stands there
   * @throws JobException {@link ExitCode#DATA_REFUSED} where the target has other rows in the end
   */
  Map<String, Object> run(boolean anew) {
    Optional<Target.Standing> before = anew ? Optional.empty() : target.standing(view);
    if (before.filter(standing -> standing.is(view)).isPresent()) {
      return answer(before.get(), before.get().rows(), Way.NONE);
    }
    before.filter(Target.Standing::tampered).ifPresent(s -> recorder.note(tampered(s)));
    SparkSession session = spark.get();
    session.sparkContext().setJobGroup("load " + view.name(), "", false);
    Timer.Context timing = recorder.registry().timer("load." + view.name()).time();
    long expected = view.rowCount().orElseGet(() -> view.rows(session).count());
    Optional<Loaded> changed = before.flatMap(standing -> change(session, standing, expected));
    Loaded loaded = changed.orElseGet(() -> target.replace(view, view.rows(session), expected));
    record(loaded, timing.stop());
    Target.Standing now = target.standing(view).orElseThrow(this::gone);
    if (now.counted() != expected) {
      throw new JobException(
          ExitCode.DATA_REFUSED,
          "Cannot reconcile %s: it has %d rows, the view table %d; look for who else writes it"
              .formatted(table, now.counted(), expected));
    }
    return answer(now, expected, changed.isPresent() ? Way.CHANGES : Way.WHOLE);
  }

  private Optional<Loaded> change(SparkSession session, Target.Standing before, long expected) {
    if (!before.leadsTo(view)) {
      return Optional.empty();
    }
    return ViewChanges.since(
            session, lake, view, before.version(), expected / CHANGED_AT_MOST_ONE_IN)
        .flatMap(changes -> target.change(changes, before, expected));
  }

  private Map<String, Object> answer(Target.Standing standing, long viewRows, Way way) {
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("rows", standing.counted());
    answer.put("view_rows", viewRows);
    answer.put("delta_version", view.version());
    answer.put("changed", way != Way.NONE);
    answer.put("loaded", way.name().toLowerCase(Locale.ROOT));
    return answer;
  }

  private void record(Loaded loaded, long nanos) {
    recorder.input(view.name(), view.path().toString(), loaded.rows(), view.bytes());
    recorder.output(table, table, loaded.rows(), loaded.bytes());
    recorder.registry().counter("load.rows").inc(loaded.rows());
    recorder.registry().counter("load.bytes").inc(loaded.bytes());
    recorder.registry().counter("load.nul-replaced").inc(loaded.nulReplaced());
    double perSecond = loaded.rows() * 1e9 / Math.max(1, nanos);
    Gauge<Long> gauge = () -> Math.round(perSecond);
    recorder.registry().registerGauge("load." + view.name() + ".rows-per-second", gauge);
  }

  private String tampered(Target.Standing standing) {
    return "%s had %d rows where %d were loaded: it was changed by somebody else, and is loaded anew"
        .formatted(table, standing.counted(), standing.rows());
  }

  private JobException gone() {
    return new JobException(
        ExitCode.DATA_REFUSED,
        "Cannot reconcile "
            + table
            + ": it is gone right after its load; look for who else writes it");
  }
}
