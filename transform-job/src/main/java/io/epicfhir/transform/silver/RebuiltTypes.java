package io.epicfhir.transform.silver;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.not;

import io.epicfhir.common.lake.Landing;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Weighs types anew from all of bronze. The bound of inferred deletions holds for them, too: what
 * silver has now and a rebuild would not have, although no server said that it is gone, counts.
 */
final class RebuiltTypes {
  private final SilverWork work;
  private final Set<String> rebuilt;
  private final Optional<SilverRows> silver;
  private final Map<String, Long> live = new TreeMap<>();
  private final Map<String, Long> accepted;

  /**
   * @param silver the table's rows, where there is one
   * @param accepted how many inferred deletions of a type somebody has accepted
   */
  RebuiltTypes(
      SilverWork work,
      Set<String> rebuilt,
      Optional<SilverRows> silver,
      SilverState before,
      Map<String, Long> accepted) {
    this.work = work;
    this.rebuilt = rebuilt;
    this.silver = silver;
    this.accepted = accepted;
    rebuilt.forEach(type -> live.put(type, before.of(type).rowsLive()));
  }

  /**
   * Weighs them. Where too many would go, the pending exports' conclusions wait; where too many
   * would go even so, the type stays as it is.
   *
   * @param scope all of bronze
   * @param refused gets the types that stay
   */
  SilverPass weigh(SilverScope scope, Backlog pending, Set<String> refused) {
    SilverPass pass = pass(scope);
    Map<String, Long> beyond = beyond(pass);
    if (beyond.isEmpty()) {
      return pass;
    }
    pass.close();
    work.problems().tooMany(beyond, live);
    Set<String> concluding =
        pending.pending().stream()
            .filter(landing -> !landing.completeTypes().isEmpty() || landing.inferredDeletions())
            .map(Landing::exportId)
            .collect(Collectors.toSet());
    SilverPass held = pass(scope.ofEverything(scope.backlog().without(concluding)));
    Set<String> staying = beyond(held).keySet();
    if (!staying.isEmpty()) {
      work.problems().notRebuilt(staying);
      refused.addAll(staying);
    }
    return held;
  }

  private static SilverPass pass(SilverScope scope) {
    return new SilverPass(scope, Optional.empty(), Optional.empty());
  }

  private Map<String, Long> beyond(SilverPass pass) {
    return work.settings().bound().exceeded(live, lost(pass), accepted);
  }

  /** How many of silver's resources the pass no longer has, and no server said why. */
  private Map<String, Long> lost(SilverPass pass) {
    Map<String, Long> lost = new TreeMap<>();
    if (silver.isEmpty()) {
      return lost;
    }
    Dataset<Row> explained =
        pass.weighed()
            .where(not(col(Weighing.VERDICT).equalTo(Weighing.BURY)).or(col("gone_at").isNotNull()))
            .select("resource_type", "id");
    silver
        .get()
        .keys(rebuilt::contains)
        .where(not(col("deleted")))
        .join(explained, new String[] {"resource_type", "id"}, "left_anti")
        .groupBy("resource_type")
        .count()
        .collectAsList()
        .forEach(row -> lost.put(row.getString(0), row.getLong(1)));
    return lost;
  }
}
