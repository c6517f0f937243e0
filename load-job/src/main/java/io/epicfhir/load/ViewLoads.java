package io.epicfhir.load;

import io.epicfhir.common.DamagedFile;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.SideBySide;
import io.epicfhir.common.StorageFailure;
import io.epicfhir.common.job.JobContext;
import io.epicfhir.common.report.RunRecorder;
import io.epicfhir.load.postgres.session.Retries;
import io.epicfhir.load.spi.LakeTable;
import io.epicfhir.load.spi.LakeTables;
import io.epicfhir.load.spi.TableBusy;
import io.epicfhir.load.spi.TableShape;
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
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All tables, as many at a time as the target takes. One that fails stops only itself: the others
 * are loaded, and the run ends red and names it. A table that somebody holds is tried again when
 * the others are done.
 */
final class ViewLoads {
  private static final Logger LOG = LoggerFactory.getLogger(ViewLoads.class);

  private static final Duration A_MOMENT = Duration.ofMillis(200);

  /** Of several failures the one that ends the run: first the one that a retry may mend. */
  private static final List<ExitCode> BY_WEIGHT =
      List.of(
          ExitCode.STORAGE,
          ExitCode.DATA_REFUSED,
          ExitCode.REFUSED,
          ExitCode.SETTINGS,
          ExitCode.UNAVAILABLE,
          ExitCode.DEFECT);

  private final JobContext context;
  private final Verification verification;
  private final Supplier<SparkSession> spark;
  private final Target target;
  private final Map<LakeTable, Map<String, Object>> loaded = new ConcurrentHashMap<>();
  private final Map<LakeTable, JobException> failures = new ConcurrentHashMap<>();
  private final Map<LakeTable, TableShape> shapes = new ConcurrentHashMap<>();
  private List<LakeTable> order = List.of();
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
      facts().ifPresent(problems::add);
    } finally {
      record();
    }
    List<JobException> all =
        new ArrayList<>(inOrder(failures.keySet()).stream().map(failures::get).toList());
    all.addAll(problems);
    all.addAll(target.problems());
    if (!all.isEmpty()) {
      throw together(all);
    }
  }

  /**
   * What the tables tell of their rows; where it cannot be had, what failed before still counts.
   */
  private Optional<JobException> facts() {
    try {
      Map<String, Map<String, Object>> facts =
          target.facts(inOrder(shapes.keySet()).stream().map(shapes::get).toList());
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
      ViewSnapshot view = ViewSnapshot.current(context.lake(), table, target.limits());
      loaded.put(
          table, new ViewLoad(context, verification, spark, view, target).run(anew, patience));
      shapes.put(table, view.shape());
      LOG.info("{}: {}", table.name(), loaded.get(table));
    } catch (TableBusy e) {
      if (Instant.now().isBefore(deadline)) {
        LOG.info("{} is locked by another session; retried after all others", table.name());
        return false;
      }
      failures.put(table, e);
    } catch (Throwable e) { // Spark throws checked ones undeclared; an Error is this table's, too
      JobException failure = of(table, e);
      // A server that is away, or a disk that is gone, is away for all of them.
      if (failure.exitCode() == ExitCode.STORAGE && !target.answers()) {
        away = true;
        throw failure;
      }
      LOG.error(failure.getMessage());
      failures.put(table, failure);
    }
    return true;
  }

  /** Spark's own messages may quote data; only what was written for people passes. */
  private static JobException of(LakeTable table, Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof JobException known) {
        return known;
      }
    }
    Optional<String> damaged = DamagedFile.in(failure);
    if (damaged.isPresent()) {
      return DamagedFile.of(table.toString(), damaged.get(), failure);
    }
    return StorageFailure.in(failure)
        .map(
            cause ->
                new JobException(
                    ExitCode.STORAGE,
                    "Cannot load "
                        + table
                        + ": "
                        + StorageFailure.why(cause)
                        + "; "
                        + StorageFailure.CHECK_DISKS,
                    failure))
        .orElseGet(
            () ->
                new JobException(
                    ExitCode.DEFECT,
                    "Cannot load " + table + ": " + failure.getClass().getName(),
                    failure));
  }

  private void record() {
    RunRecorder recorder = context.recorder();
    for (LakeTable.Kind kind : LakeTable.Kind.values()) {
      recorder.result(kind.result(), of(kind, loaded, own -> own));
      Map<String, String> refused = of(kind, failures, JobException::getMessage);
      if (!refused.isEmpty()) {
        recorder.result(kind.refused(), refused);
      }
    }
    if (!target.answers()) {
      return; // the failure says so; the warnings stay in the target for the next try
    }
    List<String> warnings = target.warnings();
    if (!warnings.isEmpty()) {
      recorder.result("warnings", warnings);
      warnings.forEach(recorder::note);
    }
  }

  /** By name, what is known of the tables of a kind. */
  private <A, B> Map<String, B> of(
      LakeTable.Kind kind, Map<LakeTable, A> tables, Function<A, B> answer) {
    Map<String, B> own = new LinkedHashMap<>();
    for (LakeTable table : inOrder(tables.keySet())) {
      if (table.kind() == kind) {
        own.put(table.name(), answer.apply(tables.get(table)));
      }
    }
    return own;
  }

  private static JobException together(List<JobException> failures) {
    ExitCode exitCode =
        BY_WEIGHT.stream()
            .filter(code -> failures.stream().anyMatch(f -> f.exitCode() == code))
            .findFirst()
            .orElse(ExitCode.DEFECT);
    JobException all =
        new JobException(
            exitCode,
            failures.stream().map(Throwable::getMessage).collect(Collectors.joining("\n")),
            failures.get(0));
    failures.stream().skip(1).forEach(all::addSuppressed);
    return all;
  }
}
