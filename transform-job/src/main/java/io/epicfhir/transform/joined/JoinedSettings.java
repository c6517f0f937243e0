package io.epicfhir.transform.joined;

import io.epicfhir.common.settings.SettingsReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The block {@code transform.joined} of the settings.
 *
 * @param sql the folder of SQLViews; none without it
 * @param lookups the folder of lookups
 * @param largeLookups the folder of large ones, by its Hadoop path
 * @param broadcastThreshold a table of at most so many bytes is sent to every task of a join
 */
public record JoinedSettings(
    Optional<Path> sql,
    Optional<Path> lookups,
    Optional<String> largeLookups,
    long broadcastThreshold) {
  private static final long TEN_MEGABYTES = 10L << 20;

  /** No joined tables and no lookups, as in settings that do not have the block. */
  public static final JoinedSettings NONE =
      new JoinedSettings(Optional.empty(), Optional.empty(), Optional.empty(), TEN_MEGABYTES);

  /** Reads it; the caller checks the reader. */
  public static JoinedSettings from(SettingsReader reader) {
    return new JoinedSettings(
        folder(reader, "sql", "an existing folder of SQLViews, or nothing"),
        folder(reader, "lookups", "an existing folder of lookups, or nothing"),
        reader.optionalHadoopPath("large-lookups"),
        reader.bytes("broadcast-threshold"));
  }

  private static Optional<Path> folder(SettingsReader reader, String key, String expected) {
    if (reader.optionalText(key).isEmpty()) {
      return Optional.empty();
    }
    Path folder = reader.path(key);
    if (!Files.isDirectory(folder)) {
      reader.problem(key, folder.toString(), expected);
    }
    return Optional.of(folder);
  }
}
