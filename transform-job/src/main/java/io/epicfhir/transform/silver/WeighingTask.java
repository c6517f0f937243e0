package io.epicfhir.transform.silver;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.catalyst.util.GenericArrayData;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;

/** Weighs the resources of a partition, on an executor: {@link Weighing#SAID}, sorted by keys. */
final class WeighingTask implements FlatMapFunction<Iterator<InternalRow>, InternalRow> {
  private static final long serialVersionUID = 1L;

  /** One row a resource; {@code best} is the place of the content that counts. */
  static final StructType WEIGHED =
      new StructType()
          .add("resource_type", DataTypes.StringType)
          .add("id", DataTypes.StringType)
          .add(Weighing.VERDICT, DataTypes.StringType)
          .add("held_by", DataTypes.createArrayType(DataTypes.StringType))
          .add("received", DataTypes.LongType)
          .add("received_deletions", DataTypes.LongType)
          .add("parts", DataTypes.LongType)
          .add("capped", DataTypes.LongType)
          .add(
              "best",
              new StructType()
                  .add("export_id", DataTypes.StringType)
                  .add("source_file", DataTypes.StringType)
                  .add("source_line", DataTypes.LongType)
                  .add("held", DataTypes.BooleanType)
                  .add("incremental", DataTypes.BooleanType))
          .add("gone_at", DataTypes.TimestampType)
          .add("gone_by", DataTypes.StringType)
          .add("gone_reason", DataTypes.StringType)
          .add("was_deleted", DataTypes.BooleanType)
          .add("file_path", DataTypes.StringType)
          .add("row_index", DataTypes.LongType);

  private final ResourceWeighing rule;
  private final Map<UTF8String, ExportFact> exports;
  private final KeptOutResources keptOut;

  WeighingTask(
      ResourceWeighing rule, Map<UTF8String, ExportFact> exports, KeptOutResources keptOut) {
    this.rule = rule;
    this.exports = exports;
    this.keptOut = keptOut;
  }

  @Override
  public Iterator<InternalRow> call(Iterator<InternalRow> rows) {
    return new Resources(rows);
  }

  /** A resource after the other. */
  private final class Resources implements Iterator<InternalRow> {
    private final Iterator<InternalRow> rows;
    private Group begun;
    private InternalRow next;

    Resources(Iterator<InternalRow> rows) {
      this.rows = rows;
    }

    @Override
    public boolean hasNext() {
      while (next == null && (rows.hasNext() || begun != null)) {
        Group whole = null;
        if (rows.hasNext()) {
          InternalRow row = rows.next();
          if (begun == null || !begun.isOf(row)) {
            whole = begun;
            begun = new Group(row);
          }
          begun.add(row);
        } else {
          whole = begun;
          begun = null;
        }
        next = whole == null ? null : whole.weighed();
      }
      return next != null;
    }

    @Override
    public InternalRow next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      InternalRow weighed = next;
      next = null;
      return weighed;
    }
  }

  /** All that is about one resource. */
  private final class Group {
    private final UTF8String type;
    private final UTF8String id;
    private final List<Sighting> sightings = new ArrayList<>(1);
    private final List<ExportFact> gone = new ArrayList<>(0);
    private SilverRow silver;

    Group(InternalRow row) {
      this.type = row.getUTF8String(0).copy();
      this.id = row.getUTF8String(1).copy();
    }

    boolean isOf(InternalRow row) {
      return id.equals(row.getUTF8String(1)) && type.equals(row.getUTF8String(0));
    }

    void add(InternalRow row) {
      switch (row.getInt(2)) {
        case Weighing.SILVER -> silver(row);
        case Weighing.DELETION ->
            gone.add(exports.get(row.getUTF8String(3)).ofDeletion(text(row, 8)));
        default -> sightings.add(sighting(row));
      }
    }

    private void silver(InternalRow row) {
      Rank rank =
          new Rank(
              flag(row, 7) ? Rank.PART : Rank.WHOLE,
              number(row, 14),
              Rank.number(text(row, 4)),
              number(row, 12),
              number(row, 13),
              number(row, 6));
      silver =
          new SilverRow(
              flag(row, 10),
              rank,
              texts(row.isNullAt(15) ? null : row.getArray(15)),
              text(row, 11),
              text(row, 3),
              SilverRow.isFloating(number(row, 5), number(row, 12)),
              row.getUTF8String(16).toString(),
              row.getLong(17));
    }

    private Sighting sighting(InternalRow row) {
      ExportFact export = exports.get(row.getUTF8String(3));
      UTF8String version = text(row, 4);
      return new Sighting(
          export,
          export.obsoleteTypes().contains(type.toString()),
          version,
          Rank.number(version),
          number(row, 5),
          row.getLong(6),
          flag(row, 7),
          text(row, 8),
          number(row, 9),
          null);
    }

    /** Null where nothing is to be said of it. */
    InternalRow weighed() {
      gone.addAll(keptOut.of(type.toString(), id));
      if (sightings.isEmpty() && gone.isEmpty() && !rule.concerns(type.toString())) {
        return null;
      }
      ResourceEvidence evidence = ResourceEvidence.of(sightings, gone);
      ResourceWeighing.Weighed weighed =
          rule.weigh(type.toString(), evidence, Optional.ofNullable(silver));
      Sighting best = evidence.best();
      Object[] values = {
        type,
        id,
        UTF8String.fromString(weighed.verdict()),
        new GenericArrayData(weighed.heldBy().toArray()),
        evidence.received(),
        evidence.receivedDeletions(),
        evidence.parts(),
        evidence.capped(),
        best == null ? null : place(best, evidence.bestIsHeld()),
        evidence.goneAt(),
        evidence.goneBy(),
        UTF8String.fromString(evidence.goneReason()),
        silver == null ? null : (Object) silver.deleted(),
        silver == null ? null : UTF8String.fromString(silver.file()),
        silver == null ? null : (Object) silver.position()
      };
      return new GenericInternalRow(values);
    }
  }

  private static InternalRow place(Sighting best, boolean held) {
    Object[] values = {
      best.export().exportId(),
      best.sourceFile(),
      best.sourceLine(),
      held,
      best.export().incremental()
    };
    return new GenericInternalRow(values);
  }

  private static boolean flag(InternalRow row, int column) {
    return !row.isNullAt(column) && row.getBoolean(column);
  }

  private static Long number(InternalRow row, int column) {
    return row.isNullAt(column) ? null : (Long) row.getLong(column);
  }

  private static UTF8String text(InternalRow row, int column) {
    return row.isNullAt(column) ? null : row.getUTF8String(column).copy();
  }

  private static Set<UTF8String> texts(ArrayData values) {
    Set<UTF8String> texts = new TreeSet<>();
    for (int i = 0; values != null && i < values.numElements(); i++) {
      texts.add(values.getUTF8String(i).copy());
    }
    return texts;
  }
}
