package io.epicfhir.transform;

import io.epicfhir.common.SettingsFile;
import io.epicfhir.common.SettingsReader;
import java.time.Duration;

/**
 * How tables are taken care of.
 *
 * @param fileSize bytes of a data file as they should be
 * @param smallFiles so many files of less than half of that are made into larger ones
 * @param retention how long files stay that no current version needs: readers of the version before
 *     and time travel live on them
 * @param quarantineRetention how long quarantined lines stay; zero: for ever
 * @param lockPatience how long to wait for another writer of the tables
 */
record CareSettings(
    long fileSize,
    int smallFiles,
    Duration retention,
    Duration quarantineRetention,
    Duration lockPatience) {

  /** Reads the block {@code transform.care}; every problem in it is told at once. */
  static CareSettings from(SettingsFile file) {
    SettingsReader reader = file.reader("transform.care");
    SettingsReader transform = file.reader("transform").partly();
    CareSettings settings =
        new CareSettings(
            reader.bytes("file-size"),
            reader.number("small-files", 2, 100_000),
            reader.duration("retention"),
            reader.has("quarantine-retention")
                ? reader.duration("quarantine-retention")
                : Duration.ZERO,
            transform.duration("lock-patience"));
    reader.and(transform).check();
    return settings;
  }
}
