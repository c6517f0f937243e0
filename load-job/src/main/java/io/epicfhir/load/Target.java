package io.epicfhir.load;

import java.util.List;
import java.util.Map;
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
   * @param fits whether it has the view's columns
   */
  record Standing(String tableId, long version, long rows, long counted, boolean fits) {
    /** Whether there is nothing to do. */
    boolean is(ViewSnapshot view) {
      return version == view.version() && sameTable(view);
    }

    /** Whether it is an earlier version, whole, so that the changes since then lead to the view. */
    boolean leadsTo(ViewSnapshot view) {
      return version < view.version() && sameTable(view);
    }

    /** Whether somebody else took rows away or added some. */
    boolean tampered() {
      return rows != counted;
    }

    private boolean sameTable(ViewSnapshot view) {
      return tableId.equals(view.tableId()) && !tampered() && fits;
    }
  }

  /** What stands there of a view; empty where it was never loaded or its table is gone. */
  Optional<Standing> standing(ViewSnapshot view);

  /**
   * Makes the view's table these rows. Whoever reads sees the old table or the new one, and a
   * failure leaves the old one.
   *
   * @param view the version that the rows are of
   * @param rows as the view table has them
   * @param expected how many; the old table stays where another number arrives
   */
  Loaded replace(ViewSnapshot view, Dataset<Row> rows, long expected);

  /**
   * Takes changes into the view's table, in one step that readers see whole or not at all. Of a
   * resource that changed, all rows go and those of its newest commit come. What comes is in the
   * view table and whatever went from there goes, so the table is right where it has as many rows
   * as the view table, and only there.
   *
   * @param before what stands there; the changes begin at it
   * @param expected how many rows there are in the end
   * @return empty, with nothing changed, where that does not come out: then the table is to be
   *     replaced
   */
  Optional<Loaded> change(ViewChanges changes, Standing before, long expected);

  /**
   * What the tables of these views tell of their rows, by view, as further entries of its answer.
   * To be asked when all are loaded, as they tell of each other. Nothing where a target cannot say.
   */
  default Map<String, Map<String, Object>> facts(List<TableShape> views) {
    return Map.of();
  }

  /** The table's name as people of this target write it. */
  String nameOf(String view);

  @Override
  void close();
}
