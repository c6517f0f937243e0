package io.epicfhir.transform.silver;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;

/** Chooses the obsolete sightings of a partition's resources, on an executor. */
final class ObsoleteSightingsTask implements FlatMapFunction<Iterator<InternalRow>, InternalRow> {
  private static final long serialVersionUID = 1L;

  /** What it takes, sorted by the first two; deletions have only the first five of it. */
  static final StructType SAID =
      new StructType()
          .add("resource_type", DataTypes.StringType)
          .add("id", DataTypes.StringType)
          .add("sighted", DataTypes.BooleanType)
          .add("export_id", DataTypes.StringType)
          .add("stated", DataTypes.BooleanType)
          .add("version_id", DataTypes.StringType)
          .add("last_updated", DataTypes.TimestampType)
          .add("content_hash", DataTypes.LongType)
          .add("subsetted", DataTypes.BooleanType)
          .add("file", DataTypes.StringType)
          .add("row_index", DataTypes.LongType);

  /** What it gives: where an obsolete row lies. */
  static final StructType PLACE =
      new StructType().add("file", DataTypes.StringType).add("row_index", DataTypes.LongType);

  private final HashMap<UTF8String, ExportFact> exports;

  ObsoleteSightingsTask(Map<UTF8String, ExportFact> exports) {
    this.exports = new HashMap<>(exports);
  }

  @Override
  public Iterator<InternalRow> call(Iterator<InternalRow> rows) {
    List<InternalRow> places = new ArrayList<>();
    List<Sighting> sightings = new ArrayList<>();
    List<ExportFact> gone = new ArrayList<>();
    UTF8String type = null;
    UTF8String id = null;
    while (rows.hasNext()) {
      InternalRow row = rows.next();
      if (!row.getUTF8String(1).equals(id) || !row.getUTF8String(0).equals(type)) {
        choose(sightings, gone, places);
        type = row.getUTF8String(0).copy();
        id = row.getUTF8String(1).copy();
      }
      ExportFact export = exports.get(row.getUTF8String(3));
      if (row.getBoolean(2)) {
        sightings.add(sighting(type, export, row));
      } else {
        gone.add(row.getBoolean(4) ? export.stating() : export);
      }
    }
    choose(sightings, gone, places);
    return places.iterator();
  }

  private static void choose(
      List<Sighting> sightings, List<ExportFact> gone, List<InternalRow> places) {
    ObsoleteSightings.of(sightings, gone).stream()
        .map(one -> new GenericInternalRow(new Object[] {one.sourceFile(), one.sourceLine()}))
        .forEach(places::add);
    sightings.clear();
    gone.clear();
  }

  /** Its place is the one in bronze. */
  private static Sighting sighting(UTF8String type, ExportFact export, InternalRow row) {
    UTF8String version = row.isNullAt(5) ? null : row.getUTF8String(5).copy();
    return new Sighting(
        export,
        export.obsoleteTypes().contains(type.toString()),
        version,
        Rank.number(version),
        row.isNullAt(6) ? null : (Long) row.getLong(6),
        row.getLong(7),
        row.getBoolean(8),
        row.getUTF8String(9).copy(),
        row.getLong(10),
        null);
  }
}
