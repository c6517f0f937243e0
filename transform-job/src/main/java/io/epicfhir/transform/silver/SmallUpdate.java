package io.epicfhir.transform.silver;

import io.epicfhir.common.delta.TableSnapshot;
import io.epicfhir.transform.delta.TaskProgress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * One update of silver of a small backlog, in this process: Spark's start and its plans would take
 * most of the night. Whatever is out of the ordinary it leaves to {@link SilverUpdate}, before
 * anything is written.
 */
final class SmallUpdate {
  /** Silver's keys are read whole: a table of so many times the backlog's limit is too large. */
  private static final long TABLE = 128;

  /** More rows than these are not held in memory. */
  private static final long FEW = 200_000;

  private final SilverWork work;
  private final Set<String> known;
  private final Set<String> without;

  /** What was done. */
  record Done(Map<String, SilverCounts> counts, SilverState state) {}

  SmallUpdate(SilverWork work, Set<String> known, Set<String> without) {
    this.work = work;
    this.known = known;
    this.without = without;
  }

  /** Does it, or nothing where that is Spark's work. */
  Optional<Done> run(Backlog pending, Map<String, Long> accepted) {
    if (pending.pending().isEmpty()
        || !pending.replaced().isEmpty()
        || pending.bytes() >= work.settings().inProcessBelow()
        || pending.rows() > FEW) {
      return Optional.empty();
    }
    Optional<TableSnapshot> silver = work.table().log().snapshot();
    return silver.map(TableSnapshot::bytes).orElse(0L) < TABLE * work.settings().inProcessBelow()
        ? update(pending, silver, accepted)
        : Optional.empty();
  }

  /**
   * @param silver empty where there is no table yet
   */
  private Optional<Done> update(
      Backlog pending, Optional<TableSnapshot> silver, Map<String, Long> accepted) {
    SilverState before = work.table().state(work.spark());
    try (TaskProgress progress = new TaskProgress("merge bronze into silver")) {
      Optional<SmallPass> weighed = weigh(pending, silver);
      if (weighed.filter(pass -> isOrdinary(pass, pending, before, accepted)).isEmpty()) {
        return Optional.empty();
      }
      SmallPass pass = weighed.get();
      new DeletedQuarantine(work.lake(), work.problems()).clear(pending);
      SilverState after =
          new SilverCommit(work, Optional.empty(), Set.of(), progress)
              .commit(List.of(pass), pass.counts(), without, before);
      return Optional.of(new Done(pass.counts(), after));
    }
  }

  private Optional<SmallPass> weigh(Backlog pending, Optional<TableSnapshot> silver) {
    ExportFacts facts = new ExportFacts(pending, known, HeldBack.NONE);
    Set<String> swept = new TreeSet<>(facts.swept());
    swept.removeAll(without);
    if (rows(silver, swept) > FEW) {
      return Optional.empty();
    }
    KeptOutResources keptOut = KeptOutResources.of(work.lake(), pending, facts);
    return ExportsRead.of(work.lake(), pending, facts)
        .map(
            said -> {
              said.keySet().removeIf(key -> without.contains(key.type()));
              Set<String> types = new TreeSet<>(swept);
              said.keySet().forEach(key -> types.add(key.type()));
              types.addAll(keptOut.types());
              types.removeAll(without);
              Map<ResourceKey, SilverRow> rows =
                  silver
                      .map(
                          now ->
                              SilverIndex.of(
                                  work.lake(),
                                  work.table().path(),
                                  now,
                                  types,
                                  key ->
                                      swept.contains(key.type())
                                          || said.containsKey(key)
                                          || !keptOut.of(key.type(), key.id()).isEmpty()))
                      .orElse(Map.of());
              keepOut(keptOut, said, rows.keySet());
              return new SmallPass(new ResourceWeighing(pending, facts, known, false), said, rows);
            });
  }

  /** Says of the resources that are at hand which exports kept them out. */
  private static void keepOut(
      KeptOutResources keptOut, Map<ResourceKey, ExportsRead.Said> said, Set<ResourceKey> silver) {
    Set<ResourceKey> keys = new HashSet<>(said.keySet());
    keys.addAll(silver);
    for (ResourceKey key : keys) {
      List<ExportFact> exports = keptOut.of(key.type(), key.id());
      if (!exports.isEmpty()) {
        said.computeIfAbsent(key, k -> new ExportsRead.Said()).keptOut(exports);
      }
    }
  }

  private static long rows(Optional<TableSnapshot> silver, Set<String> types) {
    return silver.stream()
        .flatMap(now -> now.files().stream())
        .filter(file -> types.contains(file.partitionValues().get(SilverSchema.PARTITION)))
        .mapToLong(file -> file.rows().orElse(FEW))
        .sum();
  }

  /** Every row was read, nothing is left open, and no more goes than may. */
  private boolean isOrdinary(
      SmallPass pass, Backlog pending, SilverState before, Map<String, Long> accepted) {
    Map<String, Long> read = new HashMap<>();
    Map<String, Long> live = new TreeMap<>();
    Map<String, Long> released = new TreeMap<>();
    boolean open = false;
    for (Map.Entry<String, SilverCounts> one : pass.counts().entrySet()) {
      SilverCounts counts = one.getValue();
      if (counts.sighted() > 0) {
        read.put(one.getKey(), counts.sighted());
      }
      live.put(one.getKey(), before.of(one.getKey()).rowsLive());
      released.put(one.getKey(), counts.released());
      // The text of a row of which only the holders change is not at hand.
      open |= counts.recompute() > 0 || counts.holders() > 0;
    }
    Map<String, Long> landed = new HashMap<>(pending.pendingRows());
    landed.keySet().removeAll(without);
    landed.values().removeIf(rows -> rows == 0);
    return !open
        && read.equals(landed)
        && work.settings().bound().exceeded(live, released, accepted).isEmpty();
  }
}
