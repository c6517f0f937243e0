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
 * @param filesAPage how many files a page of the manifest has
 * @param kickOffs which of them are taken
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
    KickOffs kickOffs,
    Set<FileServing> files) {
  boolean behaves(Behaviour behaviour) {
    return behaviours.contains(behaviour);
  }
}
