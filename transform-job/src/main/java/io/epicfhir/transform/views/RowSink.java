package io.epicfhir.transform.views;

import org.apache.spark.sql.catalyst.InternalRow;

/**
 * Takes what views give of one resource after the other. For each view and resource come first its
 * rows, then either {@link #done} or {@link #refused}; a refused resource gives no row.
 */
public interface RowSink {
  /**
   * A row of a view, in the order of the view's rows.
   *
   * @param view the view's number
   * @param row the view's columns, then the resource's key; good until this call returns
   */
  void row(int view, InternalRow row);

  /**
   * The view is done with the resource.
   *
   * @param letThrough whether the view's where let the resource through
   * @param rows how many rows it gave
   */
  void done(int view, boolean letThrough, int rows);

  /** The resource does not fit the view. */
  void refused(int view, Refusal refusal);
}
