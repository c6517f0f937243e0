package io.epicfhir.transform.silver;

import io.epicfhir.common.lake.Landing;
import io.epicfhir.transform.Failures;
import io.epicfhir.transform.delta.TaskProgress;
import io.epicfhir.transform.silver.SilverState.TypeState;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.spark.sql.SparkSession;

/** One update of silver: weighs, checks, writes, commits. */
final class SilverUpdate {
  private final SilverWork work;
  private final Set<String> known;
  private final Set<String> rebuilt;
  private final Set<String> fresh;
  private final Set<String> strange;
  private TaskProgress progress;

  /**
   * @param known every type that ever landed, or that silver holds
   * @param rebuilt types that are built anew
   * @param fresh exports of which silver has nothing for certain, where types are rebuilt
   * @param strange types that stay as they are
   */
  SilverUpdate(
      SilverWork work,
      Set<String> known,
      Set<String> rebuilt,
      Set<String> fresh,
      Set<String> strange) {
    this.work = work;
    this.known = known;
    this.rebuilt = rebuilt;
    this.fresh = fresh;
    this.strange = strange;
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
              finished(pending, HeldBack.NONE, strange), done.get().counts(), done.get().state());
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
      work.problems().forgetQuarantined();
      return new SilverUpdate(work, known, rebuilt, fresh, waiting(pending, damaged))
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
            rebuilds ? fresh : ids(pending.all()),
            rebuilds ? work.table().held(known) : known);
    Set<String> waiting = new TreeSet<>(strange);
    waiting.addAll(rebuilds ? work.problems().notRebuilt(rebuilt, hurt) : hurt);
    return waiting;
  }

  private static Set<String> ids(List<Landing> landings) {
    return landings.stream().map(Landing::exportId).collect(Collectors.toSet());
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
    Optional<SilverRows> silver = rows(session);
    SilverScope scope =
        new SilverScope(
            session,
            work.lake().paths(),
            pending,
            known,
            Set.of(),
            without(),
            HeldBack.NONE,
            false);
    try (RebuiltTypes anew =
            new RebuiltTypes(work, rebuild(scope, everything), pending, fresh, silver, before);
        UpdatePasses passes =
            new UpdatePasses(
                work,
                scope,
                everything,
                Optional.of(anew).filter(types -> !rebuilt.isEmpty()),
                silver,
                before,
                accepted,
                progress)) {
      Set<String> refused = new TreeSet<>(strange);
      List<SilverPass> weighed = passes.weigh(refused);
      Map<String, SilverCounts> counts = SilverCounts.of(weighed);
      SilverState after =
          new SilverCommit(work, Optional.of(session), rebuilt, progress)
              .commit(weighed, counts, refused, before);
      refused.addAll(passes.unseen());
      return new SilverDone(finished(pending, passes.held(), refused), counts, after);
    }
  }

  private SilverScope rebuild(SilverScope scope, Backlog everything) {
    return new SilverScope(
        scope.spark(), scope.paths(), everything, known, rebuilt, Set.of(), HeldBack.NONE, true);
  }

  private Set<String> without() {
    Set<String> without = new TreeSet<>(strange);
    without.addAll(rebuilt);
    return without;
  }

  private Optional<SilverRows> rows(SparkSession session) {
    return work.table()
        .log()
        .snapshot()
        .map(snapshot -> new SilverRows(session, work.lake(), work.table().path(), snapshot));
  }

  /** The landings all of which is in silver. */
  private static List<Landing> finished(Backlog pending, HeldBack held, Set<String> refused) {
    return pending.pending().stream().filter(landing -> held.appliesAll(landing, refused)).toList();
  }
}
