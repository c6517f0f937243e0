package io.epicfhir.transform.silver;

import io.epicfhir.common.Failpoint;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.Landing;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.apache.spark.sql.SparkSession;

/**
 * Brings silver up to date with the exports that landed: all types in one commit, or none where
 * nothing changes. A bad export, type or entry is left out, and the rest goes on.
 */
public final class Silver {
  /** In {@code gone_reason}: an erased patient's by now. */
  public static final String KEPT_OUT = ResourceEvidence.KEPT_OUT;

  private final Lake lake;
  private final Supplier<SparkSession> spark;
  private final SilverSettings settings;
  private final SilverTable table;
  private final AppliedExports applied;
  private final String signature;

  /**
   * @param spark asked only where there is more to do than this process does by itself
   * @param signature of the commits
   */
  public Silver(
      Lake lake, Supplier<SparkSession> spark, SilverSettings settings, String signature) {
    this.signature = signature;
    this.lake = lake;
    this.spark = spark;
    this.settings = settings;
    this.table = new SilverTable(lake);
    this.applied = new AppliedExports(lake);
  }

  /**
   * What is asked for beside what is pending.
   *
   * @param exports applied once more
   * @param types rebuilt from all of bronze
   * @param accepted how many inferred deletions of a type somebody has accepted
   * @param waiting exports that are not applied yet
   * @param runKey the logical run, for the marks
   */
  public record Request(
      Set<String> exports,
      Set<String> types,
      Map<String, Long> accepted,
      WaitingExports waiting,
      String runKey) {}

  /** Brings it up to date. */
  public SilverResult bringUpToDate(Request request) {
    SilverProblems problems = new SilverProblems();
    Backlog pending = applied.backlog(request.exports());
    Set<String> rebuilt = new TreeSet<>(request.types());
    boolean oldLayout = table.log().version().isEmpty() && !table.oldTables().isEmpty();
    Map<String, String> strange = new TreeMap<>(table.strange());
    Backlog everything = applied.everything();
    Set<String> known = knownTypes(everything);
    if (oldLayout) {
      problems.note(
          "Silver is rebuilt from bronze, because this lake still has a table for each resource"
              + " type; the old tables are removed afterwards.");
      rebuilt.addAll(known);
    }
    rebuilt.forEach(strange::remove);
    ExportChain chain = new ExportChain(lake, applied.landings());
    problems.gaps(chain.gaps());
    MissingLandings missing = applied.missing(chain);
    Backlog sound = sound(pending, problems);
    sound = sound.without(missing.waiting(sound));
    WaitingExports held = request.waiting();
    Set<String> unapplied = held.isEmpty() ? Set.of() : applied.backlog(Set.of()).ids();
    sound = sound.without(held.with(sound, unapplied));
    problems.changed(strange);
    Backlog all =
        rebuilt.isEmpty() ? everything : sound(everything.without(held.among(unapplied)), problems);
    Set<String> waiting = new TreeSet<>(strange.keySet());
    waiting.addAll(problems.landingsGone(missing.gone().keySet(), rebuilt));
    Set<String> fresh = rebuilt.isEmpty() ? Set.of() : applied.fresh();
    if (!rebuilt.isEmpty()) {
      Set<String> hurt =
          DamagedTypes.of(everything.all(), problems.damagedExports(), fresh, table.held(known));
      waiting.addAll(problems.notRebuilt(rebuilt, hurt));
      waiting.addAll(
          problems.notRebuiltWithout(missing.exports(), rebuilt, missing.types(table.held(known))));
    }
    RunNotes notes = new RunNotes(lake, request.runKey(), sound.pending());
    SilverUpdate update =
        new SilverUpdate(
            new SilverWork(lake, spark, settings, table, problems, missing, notes, signature),
            known,
            rebuilt,
            fresh,
            waiting);
    if (!sound.saysNothing()) {
      applied.begin(sound.pending(), request.runKey());
    }
    SilverDone done = update.run(sound, all, request.accepted());
    new DeletedQuarantine(lake, problems)
        .tellAgain(everything.all(), pending.pending(), request.runKey());
    mark(pending, done.appliedExports(), request.runKey());
    if (!rebuilt.isEmpty()) {
      // What could not be read is pending until it lands again.
      problems.damagedExports().forEach(applied::reopen);
    }
    problems.waiting(held);
    if (problems.isEmpty()) {
      table.oldTables().forEach(lake::delete);
    }
    return new SilverResult(
        done.appliedExports().stream().map(Landing::exportId).toList(),
        pending.pendingRows(),
        done.counts(),
        notes.earlier(done.state().deltaVersion()),
        done.state(),
        rebuilt,
        problems);
  }

  /** The landings that are not in the tables yet, and those that are asked for again. */
  public List<Landing> pending(Set<String> exports) {
    return applied.backlog(exports).pending();
  }

  /** Every resource type that ever landed, or that silver holds. */
  public Set<String> knownTypes() {
    return knownTypes(applied.everything());
  }

  private Set<String> knownTypes(Backlog everything) {
    Set<String> known = new TreeSet<>();
    everything.resourceFiles().forEach(file -> known.add(file.resourceType()));
    table.left().ifPresent(state -> known.addAll(state.types().keySet()));
    return known;
  }

  /**
   * Without the exports whose files are damaged. What is as old as a damaged one that had been
   * applied cannot be weighed without it, and waits.
   */
  private Backlog sound(Backlog backlog, SilverProblems problems) {
    Map<String, String> damaged = new BronzeFiles(lake).damaged(backlog.all());
    problems.damaged(damaged);
    return withoutDamaged(backlog, damaged.keySet());
  }

  static Backlog withoutDamaged(Backlog backlog, Set<String> damaged) {
    if (damaged.isEmpty()) {
      return backlog;
    }
    Set<String> left = new TreeSet<>(damaged);
    for (Landing later : backlog.later()) {
      if (damaged.contains(later.exportId())) {
        backlog.pending().stream()
            .filter(p -> !p.transactionTime().isAfter(later.transactionTime()))
            .forEach(p -> left.add(p.exportId()));
      }
    }
    return backlog.without(left);
  }

  private void mark(Backlog pending, List<Landing> done, String runKey) {
    for (Landing landing : pending.pending()) {
      if (done.contains(landing)) {
        Failpoint.at("applied.mark");
        applied.mark(landing, runKey);
      }
    }
  }
}
