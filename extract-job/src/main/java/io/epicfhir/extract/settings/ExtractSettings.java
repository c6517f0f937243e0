package io.epicfhir.extract.settings;

import io.epicfhir.common.settings.SettingsFile;
import io.epicfhir.common.settings.SettingsReader;
import io.epicfhir.extract.bronze.BronzeSettings;
import io.epicfhir.extract.bulk.settings.BulkSettings;
import io.epicfhir.extract.crawl.settings.CrawlSettings;
import io.epicfhir.extract.source.settings.SourceSettings;
import java.util.Collection;

/**
 * Everything that extract reads from the settings.
 *
 * @param by how the data come
 * @param source the server
 * @param bulk the exports, where they come by bulk
 * @param crawl the searches, where they come by crawl
 * @param bronze the files
 */
public record ExtractSettings(
    By by, SourceSettings source, BulkSettings bulk, CrawlSettings crawl, BronzeSettings bronze) {

  /** How the data come. */
  public enum By {
    /** Bulk exports of groups. */
    BULK,
    /** Searches, patient by patient. */
    CRAWL
  }

  /**
   * Reads the blocks.
   *
   * @throws io.epicfhir.common.JobException exit 2 with every problem of all blocks at once
   */
  public static ExtractSettings from(SettingsFile file) {
    SettingsReader extract = file.reader("extract");
    SettingsReader source = file.reader("source");
    SettingsReader bulk = file.reader("bulk");
    SettingsReader crawl = file.reader("crawl");
    SettingsReader bronze = file.reader("bronze");
    ExtractSettings settings =
        new ExtractSettings(
            extract.choice("by", By.class),
            SourceSettings.read(source),
            BulkSettings.read(bulk),
            CrawlSettings.read(crawl),
            BronzeSettings.read(bronze));
    extract.and(source).and(bulk).and(crawl).and(bronze).check();
    return settings;
  }

  /** The resource types that are asked for. */
  public Collection<String> types() {
    return by == By.CRAWL ? crawl.searches().keySet() : bulk.types();
  }
}
