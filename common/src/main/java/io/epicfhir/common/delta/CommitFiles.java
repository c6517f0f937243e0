package io.epicfhir.common.delta;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.roaringbitmap.RoaringBitmap;

/**
 * The files that one commit added and removed. A commit that deletes rows of a file removes the
 * file as it was and adds it with another deletion vector.
 *
 * @param version the commit
 * @param added files that are there since this commit
 * @param removed files that went with it
 * @param leftOut of removed files whose other rows were copied in this commit: the positions of
 *     live rows that are in no copy
 * @param schemaJson the table's columns, where the commit wrote the table's metadata anew
 */
public record CommitFiles(
    long version,
    List<Change> added,
    List<Change> removed,
    Map<String, RoaringBitmap> leftOut,
    Optional<String> schemaJson) {

  /** Takes copies of the lists and the map. */
  public CommitFiles {
    added = List.copyOf(added);
    removed = List.copyOf(removed);
    leftOut = Map.copyOf(leftOut);
  }

  /**
   * One file.
   *
   * @param file the file
   * @param dataChange false where its rows only moved from one file to another, as OPTIMIZE does,
   *     and as the rows that stay do where others of their file go
   */
  public record Change(DataFile file, boolean dataChange) {}

  /** Whether a reader may see other rows than before, or other columns. */
  public boolean changesTable() {
    return schemaJson.isPresent()
        || added.stream().anyMatch(Change::dataChange)
        || removed.stream().anyMatch(Change::dataChange);
  }
}
