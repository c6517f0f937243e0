package io.epicfhir.transform.views;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.catalyst.InternalRow;

/** The rows of one view as lines of JSON, or why there are none. */
final class RowLines implements RowSink {
  private final List<ViewColumn> columns;
  private final List<String> lines = new ArrayList<>();
  private Refusal refusal;

  RowLines(List<ViewColumn> columns) {
    this.columns = columns;
  }

  /** The rows so far. */
  List<String> lines() {
    return lines;
  }

  /** The last refusal; null where there was none. */
  Refusal refusal() {
    return refusal;
  }

  @Override
  public void row(int view, InternalRow row) {
    lines.add(ViewOutput.line(columns, row));
  }

  @Override
  public void done(int view, boolean letThrough, int rows) {}

  @Override
  public void refused(int view, Refusal refused) {
    refusal = refused;
  }
}
