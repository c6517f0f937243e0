package io.epicfhir.transform;

import io.epicfhir.transform.delta.TableScan;
import io.epicfhir.transform.views.ViewFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.unsafe.types.UTF8String;
import org.apache.spark.util.SerializableConfiguration;

/** Passes over a partition of a view's table, on an executor; see {@link OldRows}. */
final class OldRowsTask implements FlatMapFunction<Iterator<InternalRow>, ViewPart> {
  private static final long serialVersionUID = 1L;

  private final ViewFile file;
  private final String table;
  private final boolean mark;
  private final Broadcast<Map<UTF8String, Integer>> changed;
  private final SerializableConfiguration hadoop;

  /**
   * @param mark whether positions are enough; else the rows that stay are copied
   */
  OldRowsTask(
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
    List<String> columns = new ArrayList<>(OldRows.columns(file, mark));
    columns.addAll(TableScan.POSITION);
    return columns;
  }

  @Override
  public Iterator<ViewPart> call(Iterator<InternalRow> rows) throws IOException {
    int path = OldRows.columns(file, mark).size();
    try (OldRows old = new OldRows(file, table, mark, changed.value(), hadoop.value())) {
      while (rows.hasNext()) {
        InternalRow row = rows.next();
        if (old.goes(row)) {
          old.gone(row.getUTF8String(path).toString(), Math.toIntExact(row.getLong(path + 1)));
        }
      }
      return List.of(old.finish()).iterator();
    }
  }
}
