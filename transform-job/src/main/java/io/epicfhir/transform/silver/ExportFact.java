package io.epicfhir.transform.silver;

import io.epicfhir.common.lake.Landing;
import java.io.Serializable;
import java.util.Set;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * What is known of an export beside its rows; times in microseconds.
 *
 * @param source the group or crawl
 * @param time when the source was observed
 * @param commitTime when it landed
 * @param pending whether it is not in the tables yet
 * @param stated whether all its deletions are the server's own word; see {@link #ofDeletion}
 * @param incremental whether it has only what changed
 * @param obsoleteTypes the types of which its source made a full export later
 */
record ExportFact(
    UTF8String exportId,
    UTF8String source,
    long time,
    long commitTime,
    boolean pending,
    boolean stated,
    boolean incremental,
    Set<String> obsoleteTypes)
    implements Serializable {
  private static final UTF8String DELETED_FILES = UTF8String.fromString(Landing.DELETED_FILES);

  /**
   * The export as far as one of its deletions goes: what the server itself lists as deleted is its
   * own word, whatever else was concluded from the same export.
   *
   * @param sourceFile of the deletion's row; may be null
   */
  ExportFact ofDeletion(UTF8String sourceFile) {
    return sourceFile != null && sourceFile.startsWith(DELETED_FILES) ? stating() : this;
  }

  /** The same, of a deletion that is the server's own word. */
  ExportFact stating() {
    return stated
        ? this
        : new ExportFact(
            exportId, source, time, commitTime, pending, true, incremental, obsoleteTypes);
  }
}
