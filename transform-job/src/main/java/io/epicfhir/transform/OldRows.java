package io.epicfhir.transform;

import io.epicfhir.common.delta.NewFile;
import io.epicfhir.common.delta.PackedBitmap;
import io.epicfhir.transform.views.ViewFile;
import io.epicfhir.transform.views.ViewParquet;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.unsafe.types.UTF8String;
import org.roaringbitmap.RoaringBitmap;

/**
 * Takes the rows of the resources that changed out of rows of a view's table: the positions of
 * those rows are marked, and without deletion vectors the other rows go into a new file.
 */
final class OldRows implements AutoCloseable {
  private final ViewFile file;
  private final String table;
  private final boolean mark;
  private final Map<UTF8String, Integer> changed;
  private final Configuration hadoop;
  private final int key;
  private final RoaringBitmap removed = new RoaringBitmap();
  private final Map<String, RoaringBitmap> positions = new HashMap<>();
  private String name;
  private ViewParquet parquet;

  /**
   * @param mark whether positions are enough
   * @param changed the ids of resources that changed, each with a number
   */
  OldRows(
      ViewFile file,
      String table,
      boolean mark,
      Map<UTF8String, Integer> changed,
      Configuration hadoop) {
    this.file = file;
    this.table = table;
    this.mark = mark;
    this.changed = changed;
    this.hadoop = hadoop;
    this.key = columns(file, mark).indexOf(ViewPlan.RESOURCE_ID);
  }

  /** The columns that are read of the table's files. */
  static List<String> columns(ViewFile file, boolean mark) {
    return mark ? List.of(ViewPlan.RESOURCE_ID) : List.of(file.schema().fieldNames());
  }

  /** Whether a row goes, because its resource changed; one that stays is copied if need be. */
  boolean goes(InternalRow row) {
    Integer number = changed.get(row.getUTF8String(key));
    if (number != null) {
      removed.add(number);
    } else if (!mark) {
      copy(row);
    }
    return number != null;
  }

  /**
   * Where a row lies that goes.
   *
   * @param path the file, as a URI
   * @param position its number in that file
   */
  void gone(String path, int position) {
    positions.computeIfAbsent(path, f -> new RoaringBitmap()).add(position);
  }

  private void copy(InternalRow row) {
    try {
      if (parquet == null) {
        name = "part-" + UUID.randomUUID() + ".zstd.parquet";
        parquet = new ViewParquet(hadoop, new Path(table, name), file);
      }
      parquet.write(row);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What was done. */
  ViewPart finish() throws IOException {
    NewFile written = null;
    if (parquet != null) {
      ViewParquet.Written done = parquet.finish();
      written = new NewFile(name, Map.of(), done.bytes(), done.rows(), System.currentTimeMillis());
    }
    Map<String, byte[]> packed = new HashMap<>();
    positions.forEach((path, rows) -> packed.put(path, PackedBitmap.pack(rows)));
    return ViewPart.old(file.view(), written, PackedBitmap.pack(removed), packed);
  }

  @Override
  public void close() throws IOException {
    if (parquet != null) {
      parquet.close();
    }
  }
}
