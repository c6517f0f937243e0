package io.epicfhir.transform.delta;

import io.epicfhir.common.delta.DataFile;
import io.epicfhir.common.delta.PackedBitmap;
import java.net.URI;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;
import org.roaringbitmap.RoaringBitmap;

/**
 * Which rows of which files: compressed bitmaps of positions by file, gathered in the tasks, so
 * that a million rows are some kilobytes here.
 */
public final class RowPositions {
  private final Map<String, RoaringBitmap> byFile = new TreeMap<>();

  /** None yet. */
  public RowPositions() {}

  /** Adds a row of a file, whose path is as in {@code _metadata}. */
  public void add(String file, long position) {
    byFile.computeIfAbsent(path(file), f -> new RoaringBitmap()).add(Math.toIntExact(position));
  }

  private static String path(String file) {
    return new Path(URI.create(file)).toUri().getPath();
  }

  /** Adds those of another one. */
  public void add(RowPositions other) {
    other.byFile.forEach(
        (file, rows) -> byFile.merge(file, rows, (a, b) -> RoaringBitmap.or(a, b)));
  }

  /**
   * Runs one Spark job.
   *
   * @param rows the columns file_path and row_index, as Spark's {@code _metadata} has them
   */
  public static RowPositions of(Dataset<Row> rows) {
    var classic = (org.apache.spark.sql.classic.Dataset<Row>) rows.select("file_path", "row_index");
    return of(
        classic.queryExecution().toRdd().toJavaRDD().mapPartitions(RowPositions::pack).collect());
  }

  /** What tasks have found: packed bitmaps by file, the file's path as in {@code _metadata}. */
  public static RowPositions of(Iterable<? extends Map<String, byte[]>> parts) {
    RowPositions all = new RowPositions();
    for (Map<String, byte[]> part : parts) {
      part.forEach(
          (file, bytes) ->
              all.byFile.merge(
                  path(file), PackedBitmap.unpack(bytes), (a, b) -> RoaringBitmap.or(a, b)));
    }
    return all;
  }

  private static Iterator<Map<String, byte[]>> pack(Iterator<InternalRow> rows) {
    Map<String, RoaringBitmap> byFile = new HashMap<>();
    while (rows.hasNext()) {
      InternalRow row = rows.next();
      byFile
          .computeIfAbsent(row.getUTF8String(0).toString(), f -> new RoaringBitmap())
          .add(Math.toIntExact(row.getLong(1)));
    }
    Map<String, byte[]> packed = new HashMap<>();
    byFile.forEach((file, positions) -> packed.put(file, PackedBitmap.pack(positions)));
    return List.of(packed).iterator();
  }

  /** The positions in a file; empty where no row of it is meant. */
  Optional<RoaringBitmap> in(Path file) {
    return Optional.ofNullable(byFile.get(file.toUri().getPath()));
  }

  /**
   * The positions in each of these files, by its path in the table.
   *
   * @param files all that have any
   */
  public Map<String, RoaringBitmap> of(List<DataFile> files, Path table) {
    Map<String, RoaringBitmap> positions = new HashMap<>();
    files.forEach(
        file -> positions.put(file.path(), in(file.in(table)).orElseGet(RoaringBitmap::new)));
    long found = positions.values().stream().mapToLong(RoaringBitmap::getLongCardinality).sum();
    if (found != rows()) {
      throw new IllegalStateException("Rows of files that are not part of " + table);
    }
    return positions;
  }

  /** How many files have such rows. */
  public int files() {
    return byFile.size();
  }

  /** How many rows. */
  public long rows() {
    return byFile.values().stream().mapToLong(RoaringBitmap::getLongCardinality).sum();
  }
}
