package io.epicfhir.transform.silver;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.not;

import io.epicfhir.transform.UnreadFile;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Weighs types again from all of bronze. The bound of inferred deletions holds for them, too: what
 * silver has now and a rebuild would not have, although no server said that it is gone, counts.
 */
final class RebuiltTypes implements AutoCloseable {
  private final SilverWork work;
  private final SilverScope scope;
  private final Backlog pending;
  private final Set<String> fresh;
  private final Optional<SilverRows> silver;
  private final SilverState before;

  /** Of types that silver cannot show: what the applied exports give. */
  private final Map<String, SilverPass> substitutes = new TreeMap<>();

  /**
   * @param scope the types, and all of bronze
   * @param fresh exports of which silver has nothing for certain
   * @param silver the table's rows, where there is one
   */
  RebuiltTypes(
      SilverWork work,
      SilverScope scope,
      Backlog pending,
      Set<String> fresh,
      Optional<SilverRows> silver,
      SilverState before) {
    this.work = work;
    this.scope = scope;
    this.pending = pending;
    this.fresh = fresh;
    this.silver = silver;
    this.before = before;
  }

  /** The types. */
  Set<String> types() {
    return scope.only();
  }

  /** Weighs all of bronze. */
  SilverPass weigh(HeldBack held) {
    return new SilverPass(scope.holding(held), Optional.empty(), Optional.empty());
  }

  /** How many of silver's resources the pass no longer has, and no server said why. */
  Map<String, Long> lost(SilverPass pass) {
    Map<String, Long> lost = new TreeMap<>();
    scope.only().forEach(type -> lost.put(type, 0L));
    if (silver.isEmpty()) {
      return lost;
    }
    Dataset<Row> explained =
        pass.weighed()
            .where(not(col(Weighing.VERDICT).equalTo(Weighing.BURY)).or(col("gone_at").isNotNull()))
            .select("resource_type", "id");
    if (substitutes.isEmpty()) {
      try {
        lost.putAll(missing(live(scope.only()), explained));
        return lost;
      } catch (Exception e) { // Spark throws checked ones without saying so
        if (silvers(e).isEmpty()) {
          throw e;
        }
      }
    }
    scope.only().forEach(type -> lost.put(type, lost(type, explained)));
    return lost;
  }

  private long lost(String type, Dataset<Row> explained) {
    if (!substitutes.containsKey(type)) {
      try {
        return missing(live(Set.of(type)), explained).getOrDefault(type, 0L);
      } catch (Exception e) {
        Optional<UnreadFile> file = silvers(e);
        if (file.isEmpty()) {
          throw e;
        }
        substitutes.put(type, substitute(type));
        work.problems()
            .note(
                "Silver %s cannot be compared with bronze row by row, because %s. The rebuild compares numbers of resources instead."
                    .formatted(type, file.get().sentence()));
      }
    }
    SilverPass substitute = substitutes.get(type);
    Dataset<Row> had =
        substitute
            .weighed()
            .where(not(col(Weighing.VERDICT).equalTo(Weighing.BURY)))
            .select("resource_type", "id");
    long gives = substitute.counts().getOrDefault(type, SilverCounts.NONE).live();
    return missing(had, explained).getOrDefault(type, 0L)
        + Math.max(0, before.of(type).rowsLive() - gives);
  }

  /** A file of silver that ended the work: a rebuild replaces it, so it need not be readable. */
  private Optional<UnreadFile> silvers(Exception failure) {
    return UnreadFile.in(failure).filter(file -> file.isIn(work.table().path()));
  }

  /** What bronze gives of the exports that silver has. */
  private SilverPass substitute(String type) {
    Backlog had = scope.backlog().without(fresh);
    Set<String> waiting = new TreeSet<>();
    pending.pending().forEach(landing -> waiting.add(landing.exportId()));
    return new SilverPass(
        new SilverScope(
            scope.spark(),
            scope.paths(),
            had,
            scope.known(),
            Set.of(type),
            Set.of(),
            new HeldBack(Set.of(type), waiting, Set.of()),
            true),
        Optional.empty(),
        Optional.empty());
  }

  private Dataset<Row> live(Set<String> types) {
    return silver.orElseThrow().keys(types::contains).where(not(col("deleted")));
  }

  private static Map<String, Long> missing(Dataset<Row> had, Dataset<Row> explained) {
    Map<String, Long> missing = new TreeMap<>();
    had.join(explained, new String[] {"resource_type", "id"}, "left_anti")
        .groupBy("resource_type")
        .count()
        .collectAsList()
        .forEach(row -> missing.put(row.getString(0), row.getLong(1)));
    return missing;
  }

  @Override
  public void close() {
    substitutes.values().forEach(SilverPass::close);
  }
}
