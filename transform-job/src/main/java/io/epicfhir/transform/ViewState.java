package io.epicfhir.transform;

import io.epicfhir.common.StateFile;

/**
 * Where a view's table stands, in {@code state/views/<view>.json}; written after the commit. After
 * a crash between the two the table has a later commit than {@code deltaVersion}: no count here is
 * of its rows, and the view is built anew.
 *
 * @param view the view's name
 * @param definitionHash of the definition that made the rows
 * @param silverTable Delta's id of the silver that they were made of
 * @param silverVersion and its version
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
    long deltaVersion,
    String identity,
    long rows,
    long bytes,
    long resources,
    Long letThrough,
    long leftOut)
    implements StateFile {

  /**
   * The same rows, which are also those of a later version of silver. What gives no row, because
   * the where turns it away or because it is left out, changes the counts nevertheless.
   */
  ViewState at(long version, Long through, long out) {
    return new ViewState(
        view,
        definitionHash,
        silverTable,
        version,
        deltaVersion,
        identity,
        rows,
        bytes,
        resources,
        through,
        out);
  }
}
