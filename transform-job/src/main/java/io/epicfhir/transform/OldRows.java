package io.epicfhir.transform;

import io.epicfhir.common.delta.NewFile;
import io.epicfhir.transform.delta.PackedBitmap;
import io.epicfhir.transform.views.ViewFile;
import io.epicfhir.transform.views.ViewParquet;
import java.io.IOException;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.unsafe.types.UTF8String;
import org.apache.spark.util.SerializableConfiguration;
import org.roaringbitmap.RoaringBitmap;

/**
 * Passes over a partition of a view's table and takes out the rows of the resources that changed:
 * the other rows go into a new file, or, with deletion vectors, the positions of those rows are
 * told.
 */
final class OldRows implements FlatMapFunction<Iterator<InternalRow>, ViewPart> {
  private static final long serialVersionUID = 1L;

  private final ViewFile file;
  private final String table;
  private final boolean mark;
  private final Broadcast<Map<UTF8String, Integer>> changed;
  private final SerializableConfiguration hadoop;

  /**
   * @param mark whether the rows are the resource's key, file_path and row_index; else they are the
   *     table's columns
   * @param changed the ids of resources that changed, each with a number
   */
  OldRows(
      ViewFile file,
      String table,
      boolean mark,
      Broadcast<Map<UTF8String, Integer>> changed,
      SerializableConfiguration hadoop) {
    this.file = file;
    this.table = table;
    this.mark = mark;
    this.changed = changed;
    this.hadoop = hadoop;
  }

  /** The columns that it is to be given. */
  static List<String> columns(ViewFile file, boolean mark) {
    return mark
        ? List.of(ViewPlan.RESOURCE_ID, "file_path", "row_index")
        : List.of(file.schema().fieldNames());
  }

  @Override
  public Iterator<ViewPart> call(Iterator<InternalRow> rows) throws IOException {
    return List.of(mark ? marked(rows) : copied(rows)).iterator();
  }

  private ViewPart marked(Iterator<InternalRow> all) {
    RoaringBitmap removed = new RoaringBitmap();
    Map<String, RoaringBitmap> positions = new HashMap<>();
    while (all.hasNext()) {
      InternalRow row = all.next();
      Integer number = changed.value().get(row.getUTF8String(0));
      if (number != null) {
        removed.add(number);
        positions
            .computeIfAbsent(row.getUTF8String(1).toString(), f -> new RoaringBitmap())
            .add(Math.toIntExact(row.getLong(2)));
      }
    }
    Map<String, byte[]> packed = new HashMap<>();
    positions.forEach((path, rows) -> packed.put(path, PackedBitmap.pack(rows)));
    return ViewPart.old(file.view(), null, PackedBitmap.pack(removed), packed);
  }

  private ViewPart copied(Iterator<InternalRow> rows) throws IOException {
    Configuration configuration = hadoop.value();
    RoaringBitmap removed = new RoaringBitmap();
    int key = file.schema().fieldIndex(ViewPlan.RESOURCE_ID);
    String name = "part-" + UUID.randomUUID() + ".zstd.parquet";
    ViewParquet parquet = null;
    try {
      while (rows.hasNext()) {
        InternalRow row = rows.next();
        Integer number = changed.value().get(row.getUTF8String(key));
        if (number != null) {
          removed.add(number);
        } else {
          if (parquet == null) {
            parquet = new ViewParquet(configuration, new Path(table, name), file);
          }
          parquet.write(row);
        }
      }
      NewFile written = null;
      if (parquet != null) {
        ViewParquet.Written done = parquet.finish();
        written =
            new NewFile(name, Map.of(), done.bytes(), done.rows(), System.currentTimeMillis());
      }
      return ViewPart.old(file.view(), written, PackedBitmap.pack(removed), Map.of());
    } finally {
      if (parquet != null) {
        parquet.close();
      }
    }
  }
}
