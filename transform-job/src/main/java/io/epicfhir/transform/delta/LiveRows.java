package io.epicfhir.transform.delta;

import io.epicfhir.common.delta.DataFile;
import io.epicfhir.common.lake.Lake;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.StructType;
import org.roaringbitmap.RoaringBitmap;

/** The live rows of a Delta table's files, read by the thread that asks: no session, no job. */
public final class LiveRows {
  private final Path table;
  private final FileRows rows;
  private final DeletedRows deleted;

  /**
   * Of the table in a folder.
   *
   * @param columns those that are read, in order
   */
  public LiveRows(Lake lake, Path table, StructType columns) {
    this.table = table;
    this.rows = new FileRows(lake.hadoop(), columns);
    this.deleted = new DeletedRows(lake, table);
  }

  /** Takes a row. */
  @FunctionalInterface
  public interface Taker {
    /**
     * One row, good until the next one comes.
     *
     * @param file its path as a URI
     * @param position its number in the file
     */
    void row(InternalRow row, String file, int position);
  }

  /**
   * Reads a file's.
   *
   * @throws FileRows.Unreadable where it cannot be read
   */
  public void read(DataFile file, Taker taker) {
    Path path = file.in(table);
    String uri = path.toUri().toString();
    rows.read(path, deleted.of(file), (row, position) -> taker.row(row, uri, position));
  }

  /**
   * Reads some of a file's.
   *
   * @param only positions of live rows
   * @throws FileRows.Unreadable where it cannot be read
   */
  public void readOnly(DataFile file, RoaringBitmap only, Taker taker) {
    Path path = file.in(table);
    String uri = path.toUri().toString();
    rows.readOnly(path, only, (row, position) -> taker.row(row, uri, position));
  }
}
