package io.epicfhir.transform.delta;

import io.epicfhir.common.delta.DataFile;
import io.epicfhir.common.delta.TableLog;
import io.epicfhir.common.lake.Lake;
import java.util.Optional;
import org.apache.hadoop.fs.Path;
import org.roaringbitmap.RoaringBitmap;

/** Which rows of a table's files their deletion vectors say are gone. */
public final class DeletedRows {
  private final TableLog log;

  /** Of the table in a folder. */
  public DeletedRows(Lake lake, Path table) {
    this.log = TableLog.of(lake, table);
  }

  /** The positions; empty where the file has no vector. */
  public Optional<RoaringBitmap> of(DataFile file) {
    return file.deletionVector().map(vector -> log.deletedRows(file).orElseThrow());
  }
}
