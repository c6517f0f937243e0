package io.epicfhir.transform.joined;

/**
 * What is small enough for joined tables.
 *
 * @param broadcastBytes a table of at most so many is sent to every task of a join
 * @param rowsHere so many rows of changes, or of dependencies, the job's own threads hold for a
 *     table at most; with 0 all of it is Spark's work
 * @param bytesHere tables of so many bytes in all are read by those threads; of more each executor
 *     should have its part
 */
public record JoinedLimits(long broadcastBytes, long rowsHere, long bytesHere) {
  private static final long ROWS = 300_000;
  private static final long BYTES = 512L << 20;

  /** The usual ones. */
  public static JoinedLimits of(long broadcastBytes) {
    return new JoinedLimits(broadcastBytes, ROWS, BYTES);
  }
}
