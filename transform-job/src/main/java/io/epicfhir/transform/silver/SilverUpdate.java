package io.epicfhir.transform.silver;

import io.epicfhir.common.lake.Landing;
import io.epicfhir.transform.Failures;
import io.epicfhir.transform.delta.TaskProgress;
import io.epicfhir.transform.silver.SilverState.TypeState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** One update of silver: weighs, checks, writes, commits. */
final class SilverUpdate {
  private final SilverWork work;
  private final Set<String> known;
  private final Set<String> rebuilt;
  private final Set<String> strange;
  private final SilverReconciliation reconciliation;
  private TaskProgress progress;

  /**
   * @param known every type that ever landed, or that silver holds
   * @param rebuilt types that are built anew
   * @param strange types that stay as they are
   */
  SilverUpdate(SilverWork work, Set<String> known, Set<String> rebuilt, Set<String> strange) {
    this.work = work;
    this.known = known;
    this.rebuilt = rebuilt;
    this.strange = strange;
    this.reconciliation = new SilverReconciliation(work.problems());
  }

  SilverDone run(Backlog pending, Backlog everything, Map<String, Long> accepted) {
    if (pending.saysNothing() && rebuilt.isEmpty()) {
      return new SilverDone(pending.pending(), Map.of(), work.table().state(work.spark()));
    }
    try {
      if (rebuilt.isEmpty()) {
        SmallUpdate small = new SmallUpdate(work, known, strange);
        Optional<SmallUpdate.Done> done = small.run(pending, accepted);
        if (done.isPresent()) {
          return new SilverDone(
              finished(pending, new TreeSet<>(strange)), done.get().counts(), done.get().state());
        }
      }
      return inSpark(pending, everything, accepted);
    } catch (Exception e) {
      // A page whose checksum is wrong ends whatever reads it; its export is left out then.
      Map<String, String> damaged = damagedPages(pending, everything);
      if (damaged.isEmpty()) {
        damaged = new BronzeFiles(work.lake()).unreadable(e, everything.all());
      }
      if (damaged.isEmpty()) {
        throw Failures.of("silver", e);
      }
      work.problems().damaged(damaged);
      return new SilverUpdate(work, known, rebuilt, waiting(pending, damaged))
          .run(
              Silver.withoutDamaged(pending, damaged.keySet()),
              Silver.withoutDamaged(everything, damaged.keySet()),
              accepted);
    }
  }

  private SilverDone inSpark(Backlog pending, Backlog everything, Map<String, Long> accepted) {
    SilverState left = work.table().left().orElse(SilverState.NONE);
    long silverBytes = left.types().values().stream().mapToLong(TypeState::bytes).sum();
    long read = pending.bytes() + (rebuilt.isEmpty() ? 0 : everything.bytes());
    SparkSession session = SilverSession.of(work.spark().get(), read, silverBytes);
    session.sparkContext().setJobGroup("silver", "silver", false);
    try (TaskProgress told = new TaskProgress(session.sparkContext(), "merge bronze into silver")) {
      progress = told;
      return update(session, pending, everything, accepted);
    }
  }

  /**
   * The types that stay as they are. Where the damaged export was applied before, and is read only
   * to weigh some resources anew or to rebuild a type, silver has what bronze no longer gives:
   * nothing is concluded of its types.
   */
  private Set<String> waiting(Backlog pending, Map<String, String> damaged) {
    AppliedExports exports = new AppliedExports(work.lake());
    boolean rebuilds = !rebuilt.isEmpty();
    Set<String> hurt =
        DamagedTypes.of(
            exports.landings(),
            damaged.keySet(),
            rebuilds ? exports.notApplied() : pending.all(),
            rebuilds ? work.table().held(known) : known);
    Set<String> waiting = new TreeSet<>(strange);
    waiting.addAll(rebuilds ? work.problems().notRebuilt(rebuilt, hurt) : hurt);
    return waiting;
  }

  private Map<String, String> damagedPages(Backlog pending, Backlog everything) {
    Map<String, Landing> read = new TreeMap<>();
    everything.all().forEach(landing -> read.put(landing.exportId(), landing));
    pending.all().forEach(landing -> read.put(landing.exportId(), landing));
    return new BronzeFiles(work.lake()).damagedPages(read.values());
  }

  private SilverDone update(
      SparkSession session, Backlog pending, Backlog everything, Map<String, Long> accepted) {
    SilverState before = work.table().state(() -> session);
    new DeletedQuarantine(work.lake(), work.problems()).take(session, pending, known);
    SilverScope scope =
        new SilverScope(
            session, work.lake().paths(), pending, known, Set.of(), without(), Set.of(), false);
    List<SilverPass> passes = new ArrayList<>();
    try {
      Set<String> refused = new TreeSet<>(strange);
      if (!pending.pending().isEmpty()) {
        passes.addAll(weigh(scope, everything, before, accepted, refused));
      }
      if (!rebuilt.isEmpty()) {
        progress.now("rebuild from all of bronze: " + String.join(", ", rebuilt));
        RebuiltTypes types = new RebuiltTypes(work, rebuilt, rows(session), before, accepted);
        SilverPass anew = types.weigh(rebuild(scope, everything), pending, refused);
        passes.add(anew);
        reconciliation.check(anew, rebuilt, refused);
      }
      Map<String, SilverCounts> counts = SilverCounts.of(passes);
      SilverState after =
          new SilverCommit(work, Optional.of(session), rebuilt, progress)
              .commit(passes, counts, refused, before);
      return new SilverDone(finished(pending, refused), counts, after);
    } finally {
      passes.forEach(SilverPass::close);
    }
  }

  private SilverScope rebuild(SilverScope scope, Backlog everything) {
    return new SilverScope(
        scope.spark(), scope.paths(), everything, known, rebuilt, Set.of(), Set.of(), false);
  }

  private Set<String> without() {
    Set<String> without = new TreeSet<>(strange);
    without.addAll(rebuilt);
    return without;
  }

  /** The pending exports against silver, and what only all of bronze can show. */
  private List<SilverPass> weigh(
      SilverScope scope,
      Backlog everything,
      SilverState before,
      Map<String, Long> accepted,
      Set<String> refused) {
    Optional<SilverRows> silver = rows(scope.spark());
    SilverPass pass = new SilverPass(scope, silver, Optional.empty());
    Map<String, Long> live = new TreeMap<>();
    Map<String, Long> released = new TreeMap<>();
    pass.counts()
        .forEach(
            (type, counts) -> {
              live.put(type, before.of(type).rowsLive());
              released.put(type, counts.released());
            });
    Map<String, Long> beyond = work.settings().bound().exceeded(live, released, accepted);
    if (!beyond.isEmpty()) {
      work.problems().tooMany(beyond, live);
      pass.close();
      // Where one type is suspicious no conclusion of the same exports is trusted.
      Set<String> held = new TreeSet<>(released.keySet());
      held.removeAll(accepted.keySet());
      held.addAll(beyond.keySet());
      pass = new SilverPass(scope.holding(held), silver, Optional.empty());
    }
    reconciliation.check(pass, pass.counts().keySet(), refused);
    if (pass.sum(SilverCounts::recompute) == 0) {
      return List.of(pass);
    }
    progress.now("read all of bronze for some resources");
    Dataset<Row> open = Weighing.recompute(pass.weighed());
    SilverPass second =
        new SilverPass(pass.scope().ofEverything(everything), silver, Optional.of(open));
    List<SilverPass> passes = List.of(pass, second);
    SilverCounts.of(passes)
        .forEach(
            (type, counts) -> {
              live.put(type, before.of(type).rowsLive());
              released.put(type, counts.released());
            });
    // What another landing of an export takes away by itself is bounded, too.
    Map<String, Long> more = work.settings().bound().exceeded(live, released, accepted);
    if (!more.isEmpty()) {
      work.problems().tooMany(more, live);
      refused.addAll(more.keySet());
    }
    return passes;
  }

  private Optional<SilverRows> rows(SparkSession session) {
    return work.table()
        .log()
        .snapshot()
        .map(snapshot -> new SilverRows(session, work.lake(), work.table().path(), snapshot));
  }

  /** The landings all of which is in silver. */
  private List<Landing> finished(Backlog pending, Set<String> refused) {
    return pending.pending().stream()
        .filter(landing -> work.problems().isFinished(landing, refused))
        .toList();
  }
}
