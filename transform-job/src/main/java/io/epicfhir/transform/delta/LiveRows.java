package io.epicfhir.transform.delta;

import io.epicfhir.common.delta.DataFile;
import io.epicfhir.common.lake.Lake;
import java.util.List;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.StructType;

/** The live rows of files of a Delta table, read by this thread: no session, no job. */
public final class LiveRows {
  private final Lake lake;
  private final Path table;

  /** Of the table in a folder. */
  public LiveRows(Lake lake, Path table) {
    this.lake = lake;
    this.table = table;
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
   * Reads them.
   *
   * @param columns those that are read, in order
   * @throws FileRows.Unreadable where a file cannot be read
   */
  public void read(List<DataFile> files, StructType columns, Taker taker) {
    FileRows rows = new FileRows(lake.hadoop(), columns);
    DeletedRows deleted = new DeletedRows(lake, table);
    for (DataFile file : files) {
      String uri = file.in(table).toUri().toString();
      rows.read(file.in(table), deleted.of(file), (row, position) -> taker.row(row, uri, position));
    }
  }
}
