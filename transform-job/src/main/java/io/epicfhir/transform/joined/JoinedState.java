package io.epicfhir.transform.joined;

import io.epicfhir.transform.delta.TableState;
import java.util.List;

/**
 * Where a joined table stands, in {@code state/joined/<name>.json}; written after the commit. After
 * a crash between the two all rows are computed once more, and compared with the table's.
 *
 * @param table its name
 * @param definitionHash of the SQLView that made the rows
 * @param reads the tables that they were made of
 * @param deltaVersion the newest commit that changed rows
 * @param identity that commit's own identity
 * @param rows in the table
 * @param bytes of its files
 */
public record JoinedState(
    String table,
    String definitionHash,
    List<Read> reads,
    long deltaVersion,
    String identity,
    long rows,
    long bytes)
    implements TableState {
  @Override
  public boolean hasAll() {
    return table != null && definitionHash != null && reads != null && identity != null;
  }

  /**
   * A table that was read.
   *
   * @param label what the SQL calls it
   * @param table its folder in the lake
   * @param version the newest commit of it that changed rows
   * @param identity that commit's own identity
   */
  public record Read(String label, String table, long version, String identity) {}

  /** The same rows, which are also those of later versions of what they are made of. */
  JoinedState of(List<Read> later) {
    return new JoinedState(table, definitionHash, later, deltaVersion, identity, rows, bytes);
  }
}
