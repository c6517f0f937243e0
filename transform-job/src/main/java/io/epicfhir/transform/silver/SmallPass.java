package io.epicfhir.transform.silver;

import io.epicfhir.common.delta.NewFile;
import io.epicfhir.transform.delta.RowPositions;
import io.epicfhir.transform.delta.TableWriter;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.util.GenericArrayData;
import org.apache.spark.unsafe.types.UTF8String;

/** One pass over a small backlog in this process; {@link SilverPass} is the same in Spark. */
final class SmallPass implements SilverChange {
  private static final List<String> COLUMNS = List.of(SilverSchema.TABLE.fieldNames());

  private static final Comparator<ResourceKey> ORDER =
      Comparator.comparing(ResourceKey::type).thenComparing(ResourceKey::id);

  private final Map<ResourceKey, Judged> resources = new TreeMap<>(ORDER);
  private final Map<String, SilverCounts> counts = new TreeMap<>();

  private record Judged(
      ResourceEvidence evidence, Optional<SilverRow> silver, ResourceWeighing.Weighed weighed) {
    String verdict() {
      return weighed.verdict();
    }

    boolean is(String... verdicts) {
      return List.of(verdicts).contains(verdict());
    }
  }

  /**
   * Weighs.
   *
   * @param said by the exports
   * @param silver the rows of those resources, and all of the types that were swept
   */
  SmallPass(
      ResourceWeighing weighing,
      Map<ResourceKey, ExportsRead.Said> said,
      Map<ResourceKey, SilverRow> silver) {
    said.forEach(
        (key, one) -> judge(weighing, key, one.evidence(), Optional.ofNullable(silver.get(key))));
    silver.forEach(
        (key, row) -> {
          if (!said.containsKey(key)) {
            judge(weighing, key, ResourceEvidence.NONE, Optional.of(row));
          }
        });
    resources.forEach((key, one) -> counts.merge(key.type(), counts(one), SilverCounts::plus));
  }

  private void judge(
      ResourceWeighing weighing,
      ResourceKey key,
      ResourceEvidence evidence,
      Optional<SilverRow> row) {
    resources.put(key, new Judged(evidence, row, weighing.weigh(key.type(), evidence, row)));
  }

  private static SilverCounts counts(Judged one) {
    ResourceEvidence said = one.evidence();
    boolean back = one.is(Weighing.UPDATE) && one.silver().filter(SilverRow::deleted).isPresent();
    boolean gone = one.is(Weighing.DELETE, Weighing.RELEASE);
    boolean newcomer = one.is(Weighing.INSERT) && said.best().export().incremental();
    return new SilverCounts(
        said.received(),
        said.receivedDeletions(),
        1,
        number(one.is(Weighing.INSERT, Weighing.BURY)),
        number(one.is(Weighing.UPDATE, Weighing.DELETE, Weighing.RELEASE)),
        number(one.is(Weighing.KEEP, Weighing.HOLD)),
        number(one.is(Weighing.BURY, Weighing.DELETE, Weighing.RELEASE)),
        number(one.is(Weighing.RELEASE)),
        number(one.is(Weighing.HOLD)),
        said.parts(),
        said.capped(),
        number(one.is(Weighing.INSERT) || back) - number(gone),
        number(newcomer),
        number(one.is(Weighing.RECOMPUTE)),
        number(said.keptOut() && isKnown(one)));
  }

  /** Whether bronze or silver has it, although no table shows it. */
  private static boolean isKnown(Judged one) {
    return one.is(Weighing.DELETE)
        || (one.is(Weighing.BURY) && one.evidence().best() != null)
        || (one.is(Weighing.KEEP) && one.silver().filter(SilverRow::deleted).isPresent());
  }

  private static long number(boolean is) {
    return is ? 1 : 0;
  }

  @Override
  public Map<String, SilverCounts> counts() {
    return counts;
  }

  @Override
  public RowPositions going(Set<String> without) {
    RowPositions going = new RowPositions();
    resources.forEach(
        (key, one) -> {
          if (!without.contains(key.type())
              && one.is(Weighing.UPDATE, Weighing.DELETE, Weighing.RELEASE)) {
            one.silver().ifPresent(row -> going.add(row.file(), row.position()));
          }
        });
    return going;
  }

  @Override
  public List<NewFile> write(TableWriter writer, long version, Set<String> without) {
    Iterator<InternalRow> rows =
        resources.entrySet().stream()
            .filter(one -> !without.contains(one.getKey().type()))
            .filter(one -> Weighing.CONTENT.contains(one.getValue().verdict()))
            .map(one -> row(one.getKey(), one.getValue(), version))
            .iterator();
    return rows.hasNext() ? writer.write(rows) : List.of();
  }

  private static InternalRow row(ResourceKey key, Judged one, long version) {
    Object[] values = new Object[COLUMNS.size()];
    Row row = new Row(values);
    row.set("id", key.id());
    row.set(SilverSchema.PARTITION, UTF8String.fromString(key.type()));
    row.set(SilverSchema.VERSION, version);
    if (one.is(Weighing.INSERT, Weighing.UPDATE)) {
      content(row, one);
    } else {
      row.set("deleted", true);
      row.set("held_by", new GenericArrayData(new Object[0]));
      row.set("gone_at", one.evidence().goneAt());
      row.set("gone_by", one.evidence().goneBy());
      row.set("gone_reason", UTF8String.fromString(one.evidence().goneReason()));
    }
    return new GenericInternalRow(values);
  }

  private static void content(Row row, Judged one) {
    Sighting best = one.evidence().best();
    row.set("version_id", best.version());
    row.set("last_updated", best.lastUpdated());
    row.set("deleted", false);
    row.set("resource", best.text());
    row.set("content_hash", best.contentHash());
    row.set("subsetted", best.subsetted());
    row.set("source", one.evidence().bestIsHeld() ? best.export().source() : null);
    row.set("export_id", best.export().exportId());
    row.set("export_time", best.export().time());
    row.set("commit_time", best.export().commitTime());
    row.set("order_time", best.orderTime());
    row.set("held_by", new GenericArrayData(one.weighed().heldBy().toArray()));
  }

  /** A row by its columns' names. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Row(Object[] values) {
    void set(String column, Object value) {
      values[COLUMNS.indexOf(column)] = value;
    }
  }
}
