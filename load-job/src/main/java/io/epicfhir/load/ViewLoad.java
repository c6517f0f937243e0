package io.epicfhir.load;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.Timer;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.job.JobContext;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.report.RunRecorder;
import io.epicfhir.load.spi.LoadRequest;
import io.epicfhir.load.spi.LoadResult;
import io.epicfhir.load.spi.Loaded;
import io.epicfhir.load.spi.TableDamaged;
import io.epicfhir.load.spi.Target;
import io.epicfhir.load.spi.ViewChanges;
import io.epicfhir.load.spi.ViewSnapshot;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.spark.sql.SparkSession;

/** One view's way into the target: nothing, what changed, or all of it; then the counts. */
final class ViewLoad {
  /** In the answer: whether something was written. */
  static final String CHANGED = "changed";

  /** Of the table's rows, one in so many: with more, a new table is there sooner. */
  private static final long CHANGED_AT_MOST_ONE_IN = 4;

  /** What was done. */
  private enum Way {
    NONE,
    CHANGES,
    WHOLE
  }

  private final Lake lake;
  private final Verification verification;
  private final Supplier<SparkSession> spark;
  private final RunRecorder recorder;
  private final ViewSnapshot view;
  private final Target target;
  private final String table;

  ViewLoad(
      JobContext context,
      Verification verification,
      Supplier<SparkSession> spark,
      ViewSnapshot view,
      Target target) {
    this.lake = context.lake();
    this.verification = verification;
    this.spark = spark;
    this.recorder = context.recorder();
    this.view = view;
    this.target = target;
    this.table = target.nameOf(view.name());
  }

  /**
   * The answer for the report.
   *
   * @param anew whether the table is replaced whatever is there
   * @param patience see {@link LoadRequest}
   * @throws JobException {@link ExitCode#DATA_REFUSED} where the target has other rows in the end
   */
  Map<String, Object> run(boolean anew, Duration patience) {
    // One that is replaced by hand may be too damaged to be looked at.
    Optional<Target.Standing> found = anew ? Optional.empty() : target.standing(view);
    boolean same = found.filter(standing -> standing.is(view)).isPresent();
    if (same && !verification.isDue(view.name(), found.get())) {
      return answer(found.get().counted(), found.get().rows(), Way.NONE);
    }
    long expected = view.rowCount().orElseGet(() -> view.rows(session()).count());
    LoadRequest request =
        new LoadRequest(view, () -> view.rows(session()), expected, patience, doubt(found));
    if (!same) {
      return load(request, found);
    }
    Optional<String> unlike = unlike(request, found.get());
    if (unlike.isEmpty()) {
      return answer(found.get().counted(), found.get().rows(), Way.NONE);
    }
    return load(request.because(unlike.get()), Optional.empty());
  }

  /**
   * Its part of a load of several tables at once.
   *
   * @param anew as for {@link #run}
   * @param patience as for {@link #run}
   */
  Target.Tied tied(boolean anew, Duration patience) {
    Optional<Target.Standing> found = anew ? Optional.empty() : target.standing(view);
    long expected = view.rowCount().orElseGet(() -> view.rows(session()).count());
    LoadRequest request =
        new LoadRequest(view, () -> view.rows(session()), expected, patience, doubt(found));
    return new Target.Tied(
        request,
        looked -> request.because(doubt(looked)),
        found.flatMap(standing -> changes(request, standing)),
        found);
  }

  /** The answer for the report, where the table was loaded as such a part. */
  Map<String, Object> answer(Target.Tied tied, Target.TiedResult result) {
    Timer.Context timing = recorder.registry().timer("load." + view.name()).time();
    Optional<String> unlike =
        result.whole() ? Optional.empty() : unlike(tied.request(), tied.before().get());
    if (unlike.isPresent()) {
      return replaced(tied.request().because(unlike.get()), timing);
    }
    return done(tied.request(), result.result(), result.whole() ? Way.WHOLE : Way.CHANGES, timing);
  }

  /** Asked for late: a table of few rows needs none. */
  private SparkSession session() {
    SparkSession session = spark.get();
    session.sparkContext().setJobGroup("load " + view.name(), "", false);
    return session;
  }

  private Map<String, Object> load(LoadRequest request, Optional<Target.Standing> before) {
    Timer.Context timing = recorder.registry().timer("load." + view.name()).time();
    Optional<LoadResult> changed = Optional.empty();
    Optional<String> unlike;
    try {
      changed =
          before.flatMap(
              standing ->
                  changes(request, standing)
                      .flatMap(some -> target.change(request, some, standing)));
      unlike = changed.flatMap(some -> unlike(request, before.get()));
    } catch (TableDamaged e) {
      unlike = Optional.of(damaged(e.why()));
    }
    if (unlike.isPresent()) {
      return replaced(request.because(unlike.get()), timing);
    }
    if (changed.isEmpty()) {
      return replaced(before.isPresent() ? lookedAt(request) : request, timing);
    }
    return done(request, changed.get(), Way.CHANGES, timing);
  }

  private Map<String, Object> replaced(LoadRequest request, Timer.Context timing) {
    return done(request, target.replace(request), Way.WHOLE, timing);
  }

  private Map<String, Object> done(
      LoadRequest request, LoadResult result, Way way, Timer.Context timing) {
    record(result.copied(), timing.stop());
    if (result.rows() != request.expected()) {
      throw new JobException(
          ExitCode.DATA_REFUSED,
          "Cannot load %s: after the load the table has %d rows, but the view has %d; find out who else writes to the table, then rerun"
              .formatted(table, result.rows(), request.expected()));
    }
    return answer(result.rows(), request.expected(), way);
  }

  /** Where it is time for the comparison, also of a table with news: why it does not end well. */
  private Optional<String> unlike(LoadRequest request, Target.Standing before) {
    if (!verification.isDue(view.name(), before)) {
      return Optional.empty();
    }
    try {
      return target.verify(request) ? Optional.empty() : Optional.of(differs(before));
    } catch (TableDamaged e) {
      return Optional.of(damaged(e.why()));
    }
  }

  /** Nobody has looked yet, or changes did not fit: somebody else may have changed the table. */
  private LoadRequest lookedAt(LoadRequest request) {
    return request.because(doubt(target.lookedAt(view)));
  }

  private Optional<ViewChanges> changes(LoadRequest request, Target.Standing before) {
    if (!before.leadsTo(view) || !view.shape().isByResource()) {
      return Optional.empty();
    }
    long most = request.expected() / CHANGED_AT_MOST_ONE_IN;
    return ViewChanges.since(this::session, lake, view, before.at().number(), most);
  }

  /** Why the table cannot simply follow its view, for a person; empty where it can. */
  private String doubt(Optional<Target.Standing> found) {
    String damage = found.map(Target.Standing::damage).orElse("");
    if (!damage.isEmpty()) {
      return damaged(damage);
    }
    if (found.filter(Target.Standing::tampered).isPresent()) {
      Target.Standing standing = found.get();
      return "Someone else changed %s between %s and %s: the table has %d rows, but %d were loaded. It was reloaded in full. Find out who else writes to it."
          .formatted(table, since(standing), now(), standing.counted(), standing.rows());
    }
    if (found.filter(standing -> standing.restored(view)).isPresent()) {
      return "%s was loaded from version %d of its view, but the lake now has a different commit with that number, or none: was the lake restored from a backup? The table was reloaded in full."
          .formatted(table, found.get().at().number());
    }
    return "";
  }

  private String differs(Target.Standing standing) {
    return "Values in %s differed from its view. Row counts had not shown this, only the full comparison did (load.verify-every). The table last matched at %s and was now reloaded in full. Find out who else writes to the table; if nobody does, have the server's disks checked."
        .formatted(table, standing.verifiedAt().truncatedTo(ChronoUnit.SECONDS));
  }

  private String damaged(String damage) {
    return "The rows of %s could not be read (%s): the server's storage is damaged. The table was reloaded in full. Have the server's disks checked."
        .formatted(table, damage);
  }

  private static Instant since(Target.Standing standing) {
    return standing.loadedAt().truncatedTo(ChronoUnit.SECONDS);
  }

  private static Instant now() {
    return Instant.now().truncatedTo(ChronoUnit.SECONDS);
  }

  private Map<String, Object> answer(long rows, long viewRows, Way way) {
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("rows", rows);
    answer.put("view_rows", viewRows);
    answer.put("delta_version", view.version());
    answer.put(CHANGED, way != Way.NONE);
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
}
