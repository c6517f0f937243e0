package io.epicfhir.transform.silver;

import java.util.Set;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * A resource as silver has it, without its text.
 *
 * @param rank its content's place in the order
 * @param heldBy the sources that hold it
 * @param source which holds the content; null where none does
 * @param floating whether its place in the order is its export's time
 * @param file where the row lies, as a URI
 * @param position its number there
 */
record SilverRow(
    boolean deleted,
    Rank rank,
    Set<UTF8String> heldBy,
    UTF8String source,
    UTF8String exportId,
    boolean floating,
    String file,
    long position) {
  /** Whether a last_updated says nothing of the order: it is missing, or later than its export. */
  static boolean isFloating(Long lastUpdated, Long exportTime) {
    return lastUpdated == null || (exportTime != null && lastUpdated > exportTime);
  }
}
