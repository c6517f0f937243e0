package io.epicfhir.transform;

import io.epicfhir.common.delta.NewFile;
import io.epicfhir.transform.delta.PackedBitmap;
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
 * Takes the rows of the resources that changed out of rows of a view's table: the other rows go
 * into a new file, or, with deletion vectors, the positions of those rows are told.
 */
final class OldRows implements AutoCloseable {
  private final ViewFile file;
  private final String table;
  private final Map<UTF8String, Integer> changed;
  private final Configuration hadoop;
  private final int key;
  private final RoaringBitmap removed = new RoaringBitmap();
  private final Map<String, RoaringBitmap> positions = new HashMap<>();
  private String name;
  private ViewParquet parquet;

  /**
   * @param changed the ids of resources that changed, each with a number
   */
  OldRows(ViewFile file, String table, Map<UTF8String, Integer> changed, Configuration hadoop) {
    this.file = file;
    this.table = table;
    this.changed = changed;
    this.hadoop = hadoop;
    this.key = file.schema().fieldIndex(ViewPlan.RESOURCE_ID);
  }

  /** The columns that are read of the table's files. */
  static List<String> columns(ViewFile file, boolean mark) {
    return mark ? List.of(ViewPlan.RESOURCE_ID) : List.of(file.schema().fieldNames());
  }

  /** Whether the resource changed. */
  boolean isChanged(UTF8String id) {
    return changed.containsKey(id);
  }

  /**
   * Marks a row of a resource that changed.
   *
   * @param path the file that it lies in, as a URI
   */
  void mark(UTF8String id, String path, int position) {
    removed.add(changed.get(id));
    positions.computeIfAbsent(path, f -> new RoaringBitmap()).add(position);
  }

  /** Copies a row of all the table's columns, but where its resource changed. */
  void copy(InternalRow row) {
    Integer number = changed.get(row.getUTF8String(key));
    if (number != null) {
      removed.add(number);
      return;
    }
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
