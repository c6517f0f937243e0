package io.epicfhir.transform.silver;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.count_if;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.sum;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * What the exports amount to for one resource type.
 *
 * @param sighted pending resources that were read of bronze
 * @param saidGone pending entries of {@code deleted} files
 * @param ids distinct ids among all that was weighed
 * @param inserted ids that silver did not have, tombstones included
 * @param updated ids whose row has another content now: another text, gone, or back
 * @param kept ids whose row stays, or changes nothing but who holds it
 * @param deleted those of the inserted and updated that are tombstones now
 * @param released those of the deleted that nobody said are gone: no source holds them any more
 * @param holders ids of which only the sources that hold them changed
 * @param parts pending resources that are parts only (tag SUBSETTED)
 * @param capped pending resources whose last_updated is later than their export
 * @param live how many resources there are more than before, tombstones not counted
 * @param newcomers ids that silver did not have and that came by an incremental export, which has
 *     only what changed lately
 * @param recompute ids for which all of bronze must be read
 * @param keptOut ids that belong to a patient whose records stay out: those of the deleted, those
 *     that bronze has as somebody else's, and older tombstones. Only an erasure removes them all
 */
public record SilverCounts(
    long sighted,
    long saidGone,
    long ids,
    long inserted,
    long updated,
    long kept,
    long deleted,
    long released,
    long holders,
    long parts,
    long capped,
    long live,
    long newcomers,
    long recompute,
    long keptOut) {

  /** All zero. */
  public static final SilverCounts NONE =
      new SilverCounts(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

  /** Pending rows and entries that were read. */
  public long received() {
    return sighted + saidGone;
  }

  /** Rows whose content is another one now: the views of the type change with them. */
  public long changed() {
    return inserted + updated;
  }

  /** Rows that are written. */
  long written() {
    return changed() + holders;
  }

  /** Rows of silver that go, or give way to another version of themselves. */
  long standing() {
    return updated + holders;
  }

  /** Ids that have their place in silver. */
  public long weighed() {
    return inserted + updated + kept;
  }

  /** What a second look at some resources changes; they were counted as read before. */
  SilverCounts recomputed() {
    return new SilverCounts(
        0, 0, 0, inserted, updated, kept, deleted, released, holders, 0, 0, live, 0, -ids, keptOut);
  }

  /** The same where what nobody holds any more stays. */
  SilverCounts keepingReleased() {
    return plus(
        new SilverCounts(
            0, 0, 0, 0, -released, released, -released, -released, 0, 0, 0, released, 0, 0, 0));
  }

  /** The same where nobody took a second look: those rows stay. */
  private SilverCounts settled() {
    return plus(new SilverCounts(0, 0, 0, 0, 0, recompute, 0, 0, 0, 0, 0, 0, 0, -recompute, 0));
  }

  /** The counts of two disjoint sets of ids. */
  SilverCounts plus(SilverCounts other) {
    return new SilverCounts(
        sighted + other.sighted,
        saidGone + other.saidGone,
        ids + other.ids,
        inserted + other.inserted,
        updated + other.updated,
        kept + other.kept,
        deleted + other.deleted,
        released + other.released,
        holders + other.holders,
        parts + other.parts,
        capped + other.capped,
        live + other.live,
        newcomers + other.newcomers,
        recompute + other.recompute,
        keptOut + other.keptOut);
  }

  /** The types of which all of bronze must be read for some ids. */
  static Set<String> open(Map<String, SilverCounts> counts) {
    return counts.entrySet().stream()
        .filter(one -> one.getValue().recompute() > 0)
        .map(Map.Entry::getKey)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** By resource type; one Spark job. */
  static Map<String, SilverCounts> of(Dataset<Row> weighed) {
    Column inserted = is(Weighing.INSERT, Weighing.BURY);
    Column updated = is(Weighing.UPDATE, Weighing.DELETE, Weighing.RELEASE);
    Column gone = is(Weighing.DELETE, Weighing.RELEASE);
    Column come = is(Weighing.INSERT).or(is(Weighing.UPDATE).and(col("was_deleted")));
    List<Column> sums = new ArrayList<>();
    sums.add(sum("received"));
    sums.add(sum("received_deletions"));
    sums.add(count(lit(1)));
    sums.add(count_if(inserted));
    sums.add(count_if(updated));
    sums.add(count_if(is(Weighing.KEEP, Weighing.HOLD)));
    sums.add(count_if(is(Weighing.BURY, Weighing.DELETE, Weighing.RELEASE)));
    sums.add(count_if(is(Weighing.RELEASE)));
    sums.add(count_if(is(Weighing.HOLD)));
    sums.add(sum("parts"));
    sums.add(sum("capped"));
    sums.add(count_if(come).minus(count_if(gone)));
    sums.add(count_if(is(Weighing.INSERT).and(col("best.incremental"))));
    sums.add(count_if(is(Weighing.RECOMPUTE)));
    Column known =
        is(Weighing.DELETE)
            .or(is(Weighing.BURY).and(col("best").isNotNull()))
            .or(is(Weighing.KEEP).and(col("was_deleted")));
    sums.add(count_if(col("gone_reason").equalTo(ResourceEvidence.KEPT_OUT).and(known)));
    Map<String, SilverCounts> counts = new TreeMap<>();
    List<Row> rows =
        weighed
            .groupBy("resource_type")
            .agg(sums.get(0), sums.subList(1, sums.size()).toArray(Column[]::new))
            .collectAsList();
    for (Row row : rows) {
      counts.put(row.getString(0), of(row));
    }
    return counts;
  }

  private static SilverCounts of(Row row) {
    long[] n = new long[row.length()];
    for (int i = 1; i < n.length; i++) {
      n[i] = row.isNullAt(i) ? 0 : row.getLong(i);
    }
    return new SilverCounts(
        n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8], n[9], n[10], n[11], n[12], n[13], n[14],
        n[15]);
  }

  private static Column is(Object... verdicts) {
    return col(Weighing.VERDICT).isin(verdicts);
  }

  /** What several passes over disjoint resources amount to. */
  static Map<String, SilverCounts> of(List<SilverPass> passes) {
    Map<String, SilverCounts> counts = new TreeMap<>();
    for (SilverPass pass : passes) {
      pass.counts()
          .forEach(
              (type, one) ->
                  counts.merge(
                      type,
                      pass.scope().everything() ? one.recomputed() : one,
                      SilverCounts::plus));
    }
    counts.replaceAll((type, one) -> one.settled());
    return counts;
  }
}
