package io.epicfhir.sandbox.bulk;

import io.epicfhir.sandbox.epic.Behaviour;
import java.time.Clock;
import java.time.Duration;
import java.util.Set;

/**
 * How exports behave.
 *
 * @param exportTime how long a status URL answers 202
 * @param retryAfter the Retry-After of a status answer
 * @param fileLifetime how long an export's files can be had
 * @param since whether {@code _since} is known
 * @param filesAPage how many files a page of the manifest has
 * @param reusesExports whether a repeated kick-off gets the export that is there
 * @param recentKickOff for how long a group is refused after its last kick-off
 * @param recentKickOffStatus by which status it is refused then
 */
public record ExportOptions(
    Set<Behaviour> behaviours,
    Clock clock,
    Duration exportTime,
    Duration retryAfter,
    Duration fileLifetime,
    long maxFileBytes,
    int maxFileLines,
    int filesAPage,
    boolean since,
    boolean oncePerDay,
    boolean reusesExports,
    Set<FileServing> files,
    Duration recentKickOff,
    int recentKickOffStatus) {
  boolean behaves(Behaviour behaviour) {
    return behaviours.contains(behaviour);
  }
}
