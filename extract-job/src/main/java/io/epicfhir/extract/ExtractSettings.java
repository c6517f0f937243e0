package io.epicfhir.extract;

import io.epicfhir.common.SettingsFile;
import io.epicfhir.common.SettingsReader;
import io.epicfhir.extract.bronze.BronzeSettings;
import io.epicfhir.extract.bulk.BulkSettings;
import io.epicfhir.extract.source.SourceSettings;

/**
 * Everything that extract reads from the settings.
 *
 * @param source the server
 * @param bulk the export
 * @param bronze the files
 */
public record ExtractSettings(SourceSettings source, BulkSettings bulk, BronzeSettings bronze) {
  /**
   * Reads the three blocks.
   *
   * @throws io.epicfhir.common.JobException exit 2 with every problem of all blocks at once
   */
  public static ExtractSettings from(SettingsFile file) {
    SettingsReader source = file.reader("source");
    SettingsReader bulk = file.reader("bulk");
    SettingsReader bronze = file.reader("bronze");
    ExtractSettings settings =
        new ExtractSettings(
            SourceSettings.read(source), BulkSettings.read(bulk), BronzeSettings.read(bronze));
    source.and(bulk).and(bronze).check();
    return settings;
  }
}
