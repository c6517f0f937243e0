package io.epicfhir.load.postgres.state;

import io.epicfhir.load.spi.ViewVersion;
import java.time.Instant;
import java.util.Optional;

/**
 * The last load of a view.
 *
 * @param mark what it left; empty where an earlier release loaded it
 * @param comments the comments that it wrote, as JSON; null where an earlier release loaded it
 * @param readerRole the role that the settings named; null where an earlier release loaded it
 */
public record LastLoad(
    ViewVersion at,
    long rows,
    Instant loadedAt,
    Instant verifiedAt,
    Optional<TableMark> mark,
    String comments,
    String readerRole) {}
