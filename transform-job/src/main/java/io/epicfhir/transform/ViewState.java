package io.epicfhir.transform;

import io.epicfhir.transform.delta.TableState;
import io.epicfhir.transform.silver.SilverState;

/**
 * Where a view's table stands, in {@code state/views/<view>.json}; written after the commit. After
 * a crash between the two the table has a later commit than {@code deltaVersion}: no count here is
 * of its rows, and the view is built anew.
 *
 * @param view the view's name
 * @param definitionHash of the definition that made the rows
 * @param silverTable Delta's id of the silver that they were made of
 * @param silverVersion and its version
 * @param silverIdentity that version's own identity: a silver that was restored makes another
 *     commit of the same number; null in files of older pipelines
 * @param deltaVersion the newest commit of the view's table that changed rows
 * @param identity that commit's own identity
 * @param rows in the table
 * @param bytes of its files
 * @param resources how many resources have rows in it
 * @param letThrough how many resources the view's where lets through, those that are left out among
 *     them; null where that is not known
 * @param leftOut how many of those do not fit the view, or its where, and are left out
 */
record ViewState(
    String view,
    String definitionHash,
    String silverTable,
    long silverVersion,
    String silverIdentity,
    long deltaVersion,
    String identity,
    long rows,
    long bytes,
    long resources,
    Long letThrough,
    long leftOut)
    implements TableState {
  @Override
  public boolean hasAll() {
    return view != null && definitionHash != null && silverTable != null && identity != null;
  }

  /** Whether there was any resource that the view let through. */
  boolean hasResources() {
    return resources + leftOut > 0;
  }

  /**
   * The same rows, which are also those of a later version of silver. What gives no row, because
   * the where turns it away or because it is left out, changes the counts nevertheless.
   */
  ViewState at(SilverState silver, Long through, long out) {
    return new ViewState(
        view,
        definitionHash,
        silverTable,
        silver.deltaVersion(),
        silver.identity(),
        deltaVersion,
        identity,
        rows,
        bytes,
        resources,
        through,
        out);
  }
}
