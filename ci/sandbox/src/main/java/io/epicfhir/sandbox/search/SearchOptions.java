package io.epicfhir.sandbox.search;

import io.epicfhir.sandbox.epic.Behaviour;
import java.time.Clock;
import java.time.Duration;
import java.util.Set;

/**
 * How searches and reads behave.
 *
 * @param pageSize entries of a page where the client names no smaller number
 * @param patientSearch whether patients are found by identifier and all of them are listed
 * @param lastUpdatedSearch whether dates are searched where resources have them
 * @param searchLifetime how long after a search its next links work
 * @param documentsPerDay how many Binaries a day are read
 */
public record SearchOptions(
    Set<Behaviour> behaviours,
    Clock clock,
    int pageSize,
    boolean patientSearch,
    boolean lastUpdatedSearch,
    Duration searchLifetime,
    int documentsPerDay) {
  boolean behaves(Behaviour behaviour) {
    return behaviours.contains(behaviour);
  }
}
