package io.epicfhir.transform;

import io.epicfhir.transform.SilverChanges.Counts;
import java.util.Map;
import java.util.Optional;

/**
 * One resource type after the run.
 *
 * @param type the resource type
 * @param landedRows resources that the pending landings brought
 * @param landedDeletions deletions that they brought
 * @param counts what they changed; empty where nothing of the type was pending
 * @param silver what silver holds now; empty where the type was never landed
 * @param views the views of the type, by name
 * @param drift what the resources that are new to the views have that FHIR does not say, and how
 *     often
 * @param changedViews what somebody else did to views, by name; they were made anew of silver
 * @param millis how long the type took
 */
record TypeResult(
    String type,
    long landedRows,
    long landedDeletions,
    Optional<Counts> counts,
    Optional<SilverTable.State> silver,
    Map<String, ViewTable.State> views,
    Map<String, Long> drift,
    Map<String, String> changedViews,
    long millis) {}
