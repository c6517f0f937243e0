package io.epicfhir.transform.joined;

import io.epicfhir.transform.sqlviews.RowMark;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.fs.Path;

/**
 * A table that SQLViews read, as this run has left it.
 *
 * @param table its folder in the lake, such as {@code views/patient}
 * @param path the folder's full path
 * @param version the newest commit that changed its rows; -1 for a lookup that is not there
 * @param identity that commit's own identity
 * @param bytes of its files
 * @param missing for a lookup that is not there: the columns that it has nevertheless
 * @param marked whether its column {@value RowMark#COLUMN} marks rows of labelled resources
 */
public record Source(
    String table,
    Path path,
    long version,
    String identity,
    long bytes,
    Optional<List<String>> missing,
    boolean marked) {

  /** A table that is there. */
  public static Source of(String table, Path path, long version, String identity, long bytes) {
    return new Source(table, path, version, identity, bytes, Optional.empty(), false);
  }

  /** An optional lookup that is not there. */
  static Source missing(String name, Path path, List<String> columns) {
    return new Source("lookups/" + name, path, -1, "", 0, Optional.of(columns), false);
  }

  /** The same table, whose rows are marked. */
  public Source withMarks() {
    return new Source(table, path, version, identity, bytes, missing, true);
  }

  boolean isLookup() {
    return table.startsWith("lookups/");
  }

  JoinedState.Read readAs(String label) {
    return new JoinedState.Read(label, table, version, identity);
  }
}
