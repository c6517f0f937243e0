package io.epicfhir.common;

import java.time.Instant;
import java.util.List;

/**
 * What makes an export's bronze files visible: the list of them, written in one step after they are
 * all in place and counted. Readers take only files that a landing names.
 *
 * @param exportId the export
 * @param group the group whose export it was
 * @param transactionTime the server's time of the export: the order of exports, and the next
 *     export's {@code _since}
 * @param since only what changed after this time was asked for; null for all
 * @param landedAt when this landing was written, by this machine's clock
 * @param runKey the logical run that landed it
 * @param files the bronze files, none of them shared with another landing
 */
public record Landing(
    String exportId,
    String group,
    Instant transactionTime,
    Instant since,
    Instant landedAt,
    String runKey,
    List<File> files) {

  /** What the lines of a bronze file are. */
  public enum Kind {
    /** Resources of the file's type. */
    RESOURCES,
    /** Transaction Bundles whose DELETE entries say what is gone. */
    DELETIONS
  }

  /**
   * One bronze file.
   *
   * @param resourceType the partition's type
   * @param path relative to the lake
   * @param rows lines in it
   * @param bytes its size on storage
   * @param kind what its lines are
   */
  public record File(String resourceType, String path, long rows, long bytes, Kind kind) {}
}
