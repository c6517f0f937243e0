package io.epicfhir.transform.silver;

import io.epicfhir.transform.delta.DeletionVectors;

/**
 * How silver is written.
 *
 * @param vectors when changed rows are marked instead of copying the others
 * @param bound how many resources may go without a server's word
 * @param inProcessBelow bronze of fewer bytes is weighed without Spark
 */
public record SilverSettings(DeletionVectors vectors, DeletionBound bound, long inProcessBelow) {}
