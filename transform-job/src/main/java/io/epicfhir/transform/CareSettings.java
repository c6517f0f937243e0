package io.epicfhir.transform;

import io.epicfhir.common.settings.SettingsFile;
import io.epicfhir.common.settings.SettingsReader;
import java.time.Duration;

/**
 * How tables are taken care of.
 *
 * @param fileSize bytes of a data file as they should be
 * @param smallFiles so many files of less than half of that are made into larger ones
 * @param retention how long files stay that no current version needs: readers of the version before
 *     and time travel live on them
 * @param bronzeRetention how old what no table stands on becomes in bronze; zero: it stays for ever
 * @param quarantineRetention how long quarantined lines stay; zero: for ever
 * @param lockPatience how long to wait for another writer of the tables
 */
record CareSettings(
    long fileSize,
    int smallFiles,
    Duration retention,
    Duration bronzeRetention,
    Duration quarantineRetention,
    Duration lockPatience) {

  /** What landed in the meantime, or lands anew, must find what it is weighed against. */
  private static final Duration SHORTEST_BRONZE = Duration.ofDays(7);

  /** Reads the block {@code transform.care}; every problem in it is reported at once. */
  static CareSettings from(SettingsFile file) {
    SettingsReader reader = file.reader("transform.care");
    SettingsReader transform = file.reader("transform").partly();
    CareSettings settings =
        new CareSettings(
            reader.bytes("file-size"),
            reader.number("small-files", 2, 100_000),
            reader.duration("retention"),
            orForEver(reader, "bronze-retention"),
            orForEver(reader, "quarantine-retention"),
            transform.duration("lock-patience"));
    Duration bronze = settings.bronzeRetention();
    if (!bronze.isZero() && bronze.compareTo(SHORTEST_BRONZE) < 0) {
      reader.problem(
          "bronze-retention",
          bronze.toString(),
          "7 days or more, or \"0 days\" to keep them forever");
    }
    reader.and(transform).check();
    return settings;
  }

  private static Duration orForEver(SettingsReader reader, String key) {
    return reader.has(key) ? reader.duration(key) : Duration.ZERO;
  }
}
