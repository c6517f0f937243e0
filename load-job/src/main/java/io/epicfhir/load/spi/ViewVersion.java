package io.epicfhir.load.spi;

/**
 * One version of a view table. The number alone does not identify it: a lake that came back from a
 * backup has the same numbers again, with other rows.
 *
 * @param lake the lake's path, see {@link LakeName}
 * @param tableId Delta's own id; another one means that the table was created again
 * @param number the Delta version
 * @param commit the commit's own identity; empty where its file can no longer be read
 */
public record ViewVersion(String lake, String tableId, long number, String commit) {

  /** Whether it is certainly the same commit of the same table. */
  boolean isSameAs(ViewVersion other) {
    return !commit.isEmpty() && equals(other);
  }
}
