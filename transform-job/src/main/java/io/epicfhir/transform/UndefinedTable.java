package io.epicfhir.transform;

import java.util.Collection;
import org.apache.hadoop.fs.Path;

/** A table that no definition names. */
final class UndefinedTable {
  private UndefinedTable() {}

  /**
   * The note about it.
   *
   * @param table what it is, for example {@code View patient}
   * @param path where it lies
   * @param unread files that may define it: their names cannot be read
   */
  static String note(String table, Path path, Collection<String> unread) {
    return unread.isEmpty()
        ? table
            + " no longer has a definition; its table is kept but not updated. When you no longer need the"
            + " table, delete "
            + path
            + "."
        : table
            + " may be defined in "
            + String.join(" or ", unread)
            + ", which cannot be read; its table is kept but not updated. Correct that file.";
  }
}
