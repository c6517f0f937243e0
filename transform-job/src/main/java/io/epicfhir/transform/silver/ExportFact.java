package io.epicfhir.transform.silver;

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
 * @param stated whether its deletions are the server's own word
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
  /**
   * The same for what the export has of patients whose records stay out: what the tables have of it
   * as somebody else's is no longer true. Bronze has no row of it that is counted.
   */
  ExportFact keepingOut() {
    return new ExportFact(
        exportId, source, time, commitTime, false, true, incremental, true, obsoleteTypes);
  }
}
