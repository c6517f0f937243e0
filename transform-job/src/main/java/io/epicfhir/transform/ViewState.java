package io.epicfhir.transform;

import io.epicfhir.common.StateFile;

/**
 * Where a view's table stands, in {@code state/views/<view>.json}; written after the commit. A
 * crash between the two applies the same changes once more, which changes nothing.
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
 * @param letThrough how many resources the view's where lets through; null where that is not known
 * @param leftOut how many of those do not fit the view and are left out
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

  /** The same rows, which are also those of a later version of silver. */
  ViewState at(long version, Long through) {
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
        leftOut);
  }
}
