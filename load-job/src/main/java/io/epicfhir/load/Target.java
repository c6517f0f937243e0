package io.epicfhir.load;

import java.util.Optional;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** Where view tables go. One loader at a time has it open; closing it lets the next one in. */
interface Target extends AutoCloseable {
  /**
   * What stands there.
   *
   * @param tableId the Delta table that the rows were read from
   * @param version its Delta version
   * @param rows the rows that were loaded then
   * @param counted the rows that are there now
   */
  record Standing(String tableId, long version, long rows, long counted) {
    boolean is(ViewSnapshot view) {
      return tableId.equals(view.tableId()) && version == view.version() && rows == counted;
    }
  }

  /** What stands there of a view; empty where it was never loaded or its table is gone. */
  Optional<Standing> standing(String view);

  /**
   * Makes the view's table these rows. Whoever reads sees the old table or the new one, and a
   * failure leaves the old one.
   *
   * @param view the version that the rows are of
   * @param rows as the view table has them
   * @param expected how many; the old table stays where another number arrives
   */
  Loaded replace(ViewSnapshot view, Dataset<Row> rows, long expected);

  /** The table's name as people of this target write it. */
  String nameOf(String view);

  @Override
  void close();
}
