package io.epicfhir.common.delta;

import java.time.Instant;
import java.util.Map;
import java.util.OptionalLong;

/**
 * What the writer of a commit says of it. Text that it does not give is empty.
 *
 * @param version the commit
 * @param identity distinguishes this commit from any other in its place: its transaction id, or a
 *     hash of its file where it has none
 * @param timestamp when it was written, by the writer's clock
 * @param operation Delta's name of what was done, for example MERGE
 * @param engineInfo which program wrote it
 * @param userMetadata the signature of the program that asked for it
 * @param metrics the writer's own counts, for example numOutputRows
 */
public record CommitInfo(
    long version,
    String identity,
    Instant timestamp,
    String operation,
    String engineInfo,
    String userMetadata,
    Map<String, String> metrics) {

  /** Takes a copy of the map. */
  public CommitInfo {
    metrics = Map.copyOf(metrics);
  }

  /** Whether the commit is signed by a text that begins like this. */
  public boolean signedBy(String prefix) {
    return userMetadata.startsWith(prefix);
  }

  /** A count of the writer's, or empty where it gives none of that name. */
  public OptionalLong metric(String name) {
    String value = metrics.getOrDefault(name, "");
    return value.matches("-?\\d{1,18}")
        ? OptionalLong.of(Long.parseLong(value))
        : OptionalLong.empty();
  }
}
