package io.epicfhir.load;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.SideBySide;
import io.epicfhir.common.job.JobContext;
import io.epicfhir.common.report.RunRecorder;
import io.epicfhir.load.postgres.session.Retries;
import io.epicfhir.load.spi.LakeTable;
import io.epicfhir.load.spi.LakeTables;
import io.epicfhir.load.spi.TableBusy;
import io.epicfhir.load.spi.TableShape;
import io.epicfhir.load.spi.TableWaits;
import io.epicfhir.load.spi.Target;
import io.epicfhir.load.spi.ViewSnapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All tables, as many at a time as the target takes. One that fails stops only itself: the others
 * are loaded, and the run ends red and names it. A table that somebody holds, or whose rows refer
 * to another's, is tried again when the others are done.
 */
final class ViewLoads implements TiedLoads.Outcome {
  /** In the report's result: what a person must hear, though the tables are loaded. */
  static final String WARNINGS = "warnings";

  private static final Logger LOG = LoggerFactory.getLogger(ViewLoads.class);

  private static final Duration A_MOMENT = Duration.ofMillis(200);

  private final JobContext context;
  private final Verification verification;
  private final Supplier<SparkSession> spark;
  private final Target target;
  private final Map<LakeTable, Map<String, Object>> loaded = new ConcurrentHashMap<>();
  private final Map<LakeTable, JobException> failures = new ConcurrentHashMap<>();
  private final Map<LakeTable, TableShape> shapes = new ConcurrentHashMap<>();
  private List<LakeTable> order = List.of();
  private final Map<LakeTable, JobException> waiting = new ConcurrentHashMap<>();
  private volatile boolean away;

  /**
   * @param verification which tables are compared with their views
   */
  ViewLoads(
      JobContext context, Verification verification, Supplier<SparkSession> spark, Target target) {
    this.context = context;
    this.verification = verification;
    this.spark = spark;
    this.target = target;
  }

  /**
   * Loads them and records how it went.
   *
   * @param anew those to replace whatever is there
   * @throws JobException with one line a failure, and the exit code of the one that weighs most
   */
  void run(LakeTables tables, List<String> anew) {
    order = Stream.concat(tables.clashing().keySet().stream(), tables.all().stream()).toList();
    failures.putAll(tables.clashing());
    List<JobException> problems = new ArrayList<>();
    try {
      Set<LakeTable> held = ConcurrentHashMap.newKeySet();
      SideBySide.forEach(
          tables.all(),
          target.tablesAtOnce(),
          table -> {
            if (!away && !load(table, anew.contains(table.name()), Duration.ZERO, Instant.MAX)) {
              held.add(table);
            }
          });
      List<LakeTable> busy = new ArrayList<>(inOrder(held));
      Instant deadline = Instant.now().plus(target.patience());
      while (!busy.isEmpty()) {
        // One that is held for long keeps no other waiting: the last one alone is waited for.
        Duration patience = busy.size() == 1 ? left(deadline) : Duration.ZERO;
        busy.removeIf(table -> load(table, anew.contains(table.name()), patience, deadline));
        if (!busy.isEmpty()) {
          Retries.sleep(A_MOMENT);
        }
      }
      waiting(anew, deadline);
      changedByOthers().ifPresent(problems::add);
      facts().ifPresent(problems::add);
    } finally {
      record();
    }
    List<JobException> all =
        new ArrayList<>(inOrder(failures.keySet()).stream().map(failures::get).toList());
    all.addAll(problems);
    all.addAll(target.problems());
    if (!all.isEmpty()) {
      throw LoadFailures.together(all);
    }
  }

  /**
   * Rows that refer to another table's are taken once that one is loaded: a pass more for each that
   * was, as long as there is one. Those that are left wait for each other, and are loaded together.
   */
  private void waiting(List<String> anew, Instant deadline) {
    for (int before = Integer.MAX_VALUE; !waiting.isEmpty() && waiting.size() < before; ) {
      before = waiting.size();
      for (LakeTable table : inOrder(waiting.keySet())) {
        waiting.remove(table);
        load(table, anew.contains(table.name()), left(deadline), Instant.MIN);
      }
    }
    TiedLoads tied = new TiedLoads(this::view, this::loadOf, target, this);
    for (List<LakeTable> group : tied.groups(waiting.keySet())) {
      Map<LakeTable, JobException> why = new LinkedHashMap<>(waiting);
      waiting.keySet().removeAll(group);
      tied.load(group, anew, left(deadline)).forEach(table -> waiting.put(table, why.get(table)));
    }
  }

  /** A table is not what its load reported where another one's load changed it after that. */
  private Optional<JobException> changedByOthers() {
    try {
      Set<String> changed =
          loaded.keySet().stream()
              .filter(table -> Boolean.TRUE.equals(loaded.get(table).get(ViewLoad.CHANGED)))
              .map(LakeTable::name)
              .collect(Collectors.toSet());
      Map<String, String> why = target.changedByOthers(shapes(), changed);
      for (LakeTable table : inOrder(shapes.keySet())) {
        if (why.containsKey(table.name())) {
          failures.put(table, new JobException(ExitCode.DATA_REFUSED, why.get(table.name())));
          loaded.remove(table);
          shapes.remove(table);
        }
      }
      return Optional.empty();
    } catch (JobException e) {
      return Optional.of(e);
    }
  }

  private List<TableShape> shapes() {
    return inOrder(shapes.keySet()).stream().map(shapes::get).toList();
  }

  /** Facts about the tables' rows; if there are none, what failed before still counts. */
  private Optional<JobException> facts() {
    try {
      Map<String, Map<String, Object>> facts = target.facts(shapes());
      loaded.forEach((table, own) -> own.putAll(facts.getOrDefault(table.name(), Map.of())));
      return Optional.empty();
    } catch (JobException e) {
      return Optional.of(e);
    }
  }

  /** In the order of the lake's tables, whichever was done first: reports stay comparable. */
  private List<LakeTable> inOrder(Set<LakeTable> some) {
    return order.stream().filter(some::contains).toList();
  }

  /** Never zero, which would mean not to wait at all. */
  private static Duration left(Instant deadline) {
    Duration left = Duration.between(Instant.now(), deadline);
    return left.toMillis() > 0 ? left : Duration.ofMillis(1);
  }

  /**
   * Loads one view.
   *
   * @return false where somebody holds the table and there is time left for another try
   */
  private boolean load(LakeTable table, boolean anew, Duration patience, Instant deadline) {
    try {
      ViewSnapshot view = view(table);
      loaded(table, view, loadOf(view).run(anew, patience));
    } catch (TableBusy e) {
      if (Instant.now().isBefore(deadline)) {
        LOG.info("{} is locked by another session; retried after all others", table.name());
        return false;
      }
      failures.put(table, e);
    } catch (TableWaits e) {
      LOG.info("{} waits for another table and is tried again at the end", table.name());
      waiting.put(table, e);
    } catch (Throwable e) { // Spark throws checked ones undeclared; an Error is this table's, too
      failed(table, e);
    }
    return true;
  }

  private ViewSnapshot view(LakeTable table) {
    return ViewSnapshot.current(context.lake(), table, target.limits());
  }

  private ViewLoad loadOf(ViewSnapshot view) {
    return new ViewLoad(context, verification, spark, view, target);
  }

  @Override
  public void loaded(LakeTable table, ViewSnapshot view, Map<String, Object> answer) {
    loaded.put(table, answer);
    shapes.put(table, view.shape());
    LOG.info("{}: {}", table.name(), answer);
  }

  @Override
  public void failed(LakeTable table, Throwable e) {
    JobException failure = LoadFailures.of(table, e);
    // A server that is away, or a disk that is gone, is away for all of them.
    if (failure.exitCode() == ExitCode.STORAGE && !target.answers()) {
      away = true;
      throw failure;
    }
    LOG.error(failure.getMessage());
    failures.put(table, failure);
  }

  private void record() {
    failures.putAll(waiting);
    RunRecorder recorder = context.recorder();
    new LoadReport(recorder, order).record(loaded, failures);
    if (!target.answers()) {
      return; // the failure says so; the warnings stay in the target for the next try
    }
    List<String> warnings = target.warnings();
    if (!warnings.isEmpty()) {
      recorder.result(WARNINGS, warnings);
      warnings.forEach(recorder::note);
    }
  }
}
