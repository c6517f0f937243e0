package io.epicfhir.extract.crawl.settings;

import io.epicfhir.common.settings.SettingsReader;
import java.util.List;

/**
 * Documents that resources point to.
 *
 * @param enabled whether they are fetched
 * @param types whose attachments are fetched
 * @param maxSize bytes of the longest Binary, as JSON
 * @param dailyLimit documents a day; 0 for any number
 */
public record AttachmentSettings(boolean enabled, List<String> types, int maxSize, int dailyLimit) {
  public AttachmentSettings {
    types = List.copyOf(types);
  }

  static AttachmentSettings read(SettingsReader reader) {
    return new AttachmentSettings(
        reader.flag("attachments.enabled"),
        CrawlSettings.types(reader, "attachments.types"),
        CrawlSettings.size(reader, "attachments.max-size"),
        reader.number("attachments.daily-limit", 0, Integer.MAX_VALUE));
  }
}
