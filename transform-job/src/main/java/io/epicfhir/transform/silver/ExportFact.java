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
 * @param keepsOut whether it only says what of the export stayed out of the lake
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
    boolean keepsOut,
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
            exportId,
            source,
            time,
            commitTime,
            pending,
            true,
            incremental,
            keepsOut,
            obsoleteTypes);
  }

  /**
   * The same for what the export has of patients whose records stay out: what the tables have of it
   * as somebody else's is no longer true. Bronze has no row of it that is counted.
   */
  ExportFact keepingOut() {
    return new ExportFact(
        exportId, source, time, commitTime, false, true, incremental, true, obsoleteTypes);
  }
}
