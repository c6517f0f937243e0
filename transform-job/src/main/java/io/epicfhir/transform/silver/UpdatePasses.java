package io.epicfhir.transform.silver;

import io.epicfhir.common.lake.Landing;
import io.epicfhir.transform.delta.TaskProgress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * The passes of one update of silver in Spark: the pending exports against silver, rebuilt types
 * from all of bronze, and the one bound of inferred deletions over both.
 */
final class UpdatePasses implements AutoCloseable {
  private final SilverWork work;
  private final SilverScope scope;
  private final Backlog everything;
  private final Optional<SilverRows> silver;
  private final SilverState before;
  private final Map<String, Long> accepted;
  private final TaskProgress progress;
  private final Optional<RebuiltTypes> rebuilt;
  private final List<SilverPass> passes = new ArrayList<>();
  private final Map<String, Long> live = new TreeMap<>();
  private final Set<String> unseen = new TreeSet<>();
  private HeldBack held = HeldBack.NONE;

  /**
   * @param scope the pending exports, without the types that are rebuilt or stay
   * @param everything all that ever landed
   * @param rebuilt weighs the types that are rebuilt, where there are some
   * @param accepted how many inferred deletions of a type somebody has accepted
   */
  UpdatePasses(
      SilverWork work,
      SilverScope scope,
      Backlog everything,
      Optional<RebuiltTypes> rebuilt,
      Optional<SilverRows> silver,
      SilverState before,
      Map<String, Long> accepted,
      TaskProgress progress) {
    this.work = work;
    this.scope = scope;
    this.everything = everything;
    this.rebuilt = rebuilt;
    this.silver = silver;
    this.before = before;
    this.accepted = accepted;
    this.progress = progress;
  }

  /** What does not count yet; known when all is weighed. */
  HeldBack held() {
    return held;
  }

  /** Types of which some resources wait for a landing that is missing; known then, too. */
  Set<String> unseen() {
    return unseen;
  }

  /**
   * Weighs all. Where too many resources would go, the pending exports' conclusions wait.
   *
   * @param refused gets the types that stay as they are
   */
  List<SilverPass> weigh(Set<String> refused) {
    Map<String, Long> released = weigh();
    Map<String, Long> beyond = beyond(released);
    if (!beyond.isEmpty()) {
      hold(beyond, released.keySet());
      keepLost(weigh(), refused);
    }
    check(refused);
    released = recompute();
    // What another landing of an export takes away by itself is bounded, too.
    beyond = beyond(released);
    if (!beyond.isEmpty()) {
      hold(beyond, released.keySet());
      keepLost(weigh(), refused);
      recompute();
    }
    keepReleased();
    return passes;
  }

  /** Where one type is suspicious no conclusion of the same exports is trusted. */
  private void hold(Map<String, Long> beyond, Set<String> released) {
    work.problems().tooMany(beyond, live);
    Set<String> types = new TreeSet<>(released);
    types.removeAll(accepted.keySet());
    types.addAll(beyond.keySet());
    types.addAll(held.types());
    held = new HeldBack(types, pendingExports(), Set.of());
    close();
  }

  /**
   * What a replaced export's earlier landing alone had brought no full export concludes: it is
   * released all the same, and stays.
   */
  private void keepReleased() {
    long released =
        passes.stream()
            .flatMap(pass -> pass.counts().entrySet().stream())
            .filter(one -> held.types().contains(one.getKey()))
            .mapToLong(one -> one.getValue().released())
            .sum();
    if (released > 0) {
      passes.forEach(pass -> pass.keepReleased(held.types()));
      held = new HeldBack(held.types(), held.exports(), scope.backlog().replaced());
    }
  }

  private Set<String> pendingExports() {
    return scope.backlog().pending().stream().map(Landing::exportId).collect(Collectors.toSet());
  }

  private boolean hasPending() {
    return !scope.backlog().pending().isEmpty();
  }

  /** One pass over the pending exports, one over all of bronze; what would go of each type. */
  private Map<String, Long> weigh() {
    Map<String, Long> released = new TreeMap<>();
    if (hasPending()) {
      passes.add(new SilverPass(scope.holding(held), silver, Optional.empty()));
      passes.get(0).counts().forEach((type, counts) -> released.put(type, counts.released()));
    }
    rebuilt.ifPresent(
        types -> {
          progress.now("rebuild from all of bronze: " + String.join(", ", types.types()));
          SilverPass pass = types.weigh(held);
          passes.add(pass);
          released.putAll(types.lost(pass));
        });
    released.keySet().forEach(type -> live.put(type, before.of(type).rowsLive()));
    return released;
  }

  private Map<String, Long> beyond(Map<String, Long> released) {
    return work.settings().bound().exceeded(live, released, accepted);
  }

  /** A rebuilt type that would lose too many even so stays as it is: bronze does not have them. */
  private void keepLost(Map<String, Long> released, Set<String> refused) {
    Set<String> staying = new TreeSet<>(beyond(released).keySet());
    rebuilt.ifPresent(types -> staying.retainAll(types.types()));
    if (rebuilt.isPresent() && !staying.isEmpty()) {
      work.problems().notRebuilt(staying);
      refused.addAll(staying);
    }
  }

  private void check(Set<String> refused) {
    SilverReconciliation reconciliation = new SilverReconciliation(work.problems());
    for (SilverPass pass : passes) {
      boolean anew = pass.scope().everything();
      reconciliation.check(
          pass, anew ? rebuilt.orElseThrow().types() : pass.counts().keySet(), refused);
    }
  }

  /**
   * Looks again at what only all of bronze can tell of some resources. Where landings are missing,
   * bronze does not tell: those resources stay as they are.
   *
   * @return what would go of each type, by all that the pending exports say
   */
  private Map<String, Long> recompute() {
    Map<String, Long> released = new TreeMap<>();
    if (!hasPending()) {
      return released;
    }
    SilverPass pass = passes.get(0);
    Set<String> types = SilverCounts.open(pass.counts());
    unseen.addAll(work.missing().types(types));
    if (!unseen.isEmpty()) {
      work.problems().notRecomputed(unseen, work.missing().exports());
      types.removeAll(unseen);
    }
    if (types.isEmpty()) {
      return released;
    }
    progress.now("read all of bronze for some resources");
    Dataset<Row> open = Weighing.recompute(pass.weighed(), types);
    SilverPass second =
        new SilverPass(pass.scope().ofEverything(everything), silver, Optional.of(open));
    passes.add(1, second);
    SilverCounts.of(List.of(pass, second))
        .forEach(
            (type, counts) -> {
              live.put(type, before.of(type).rowsLive());
              released.put(type, counts.released());
            });
    return released;
  }

  @Override
  public void close() {
    passes.forEach(SilverPass::close);
    passes.clear();
  }
}
