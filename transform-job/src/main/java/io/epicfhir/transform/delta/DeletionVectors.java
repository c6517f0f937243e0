package io.epicfhir.transform.delta;

/**
 * When a table marks changed rows as deleted instead of rewriting the files they lie in. A change
 * then costs what changed, not what the table holds; but readers must know deletion vectors, and
 * once a table has had them there is no way back for its older versions.
 */
public enum DeletionVectors {
  /** Every Delta reader can read the tables. */
  OFF,
  /** For tables whose files take longer to rewrite than a reader's trouble is worth. */
  AUTO,
  /** For all tables. */
  ON;

  /** Rewriting this much takes about as long as a merge takes anyhow. */
  private static final long WORTH_IT = 8L << 20;

  /**
   * Whether a table of so many bytes gets them.
   *
   * @param bytes of its data files
   */
  public boolean wanted(long bytes) {
    return this == ON || (this == AUTO && bytes >= WORTH_IT);
  }
}
