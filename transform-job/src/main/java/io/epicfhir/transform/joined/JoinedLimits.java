package io.epicfhir.transform.joined;

/**
 * What is small enough for joined tables.
 *
 * @param broadcastBytes a table of at most so many is sent to every task of a join
 * @param rowsHere so many rows of changes, or of dependencies, the job's own threads hold for a
 *     table at most; with 0 all of it is Spark's work
 */
public record JoinedLimits(long broadcastBytes, long rowsHere) {
  private static final long ROWS = 150_000;

  /** The usual ones. */
  public static JoinedLimits of(long broadcastBytes) {
    return new JoinedLimits(broadcastBytes, ROWS);
  }
}
