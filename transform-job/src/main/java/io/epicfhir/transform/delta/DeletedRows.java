package io.epicfhir.transform.delta;

import io.epicfhir.common.delta.DataFile;
import io.epicfhir.common.delta.TableLog;
import io.epicfhir.common.lake.Lake;
import java.io.FileNotFoundException;
import java.util.Optional;
import org.apache.hadoop.fs.Path;
import org.roaringbitmap.RoaringBitmap;

/** Which rows of a table's files their deletion vectors say are gone. */
public final class DeletedRows {
  private final TableLog log;
  private final Path table;

  /** Of the table in a folder. */
  public DeletedRows(Lake lake, Path table) {
    this.log = TableLog.of(lake, table);
    this.table = table;
  }

  /**
   * The positions; empty where the file has no vector.
   *
   * @throws FileRows.Unreadable where its vector is gone: which of its rows are live nobody knows
   */
  public Optional<RoaringBitmap> of(DataFile file) {
    return file.deletionVector().map(vector -> log.deletedRows(file).orElseThrow(() -> gone(file)));
  }

  private FileRows.Unreadable gone(DataFile file) {
    return new FileRows.Unreadable(
        file.in(table).suffix("'s deletion vector"), new FileNotFoundException());
  }
}
