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
    implements Serializable {}
