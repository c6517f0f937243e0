package io.epicfhir.extract.bronze;

import io.epicfhir.common.settings.SettingsReader;

/**
 * How bronze files are made; block {@code bronze} of the settings.
 *
 * @param targetFileSize bytes a Parquet file should reach
 * @param maxLineSize bytes of the longest line that is taken in
 */
public record BronzeSettings(long targetFileSize, int maxLineSize) {
  public static BronzeSettings read(SettingsReader reader) {
    return new BronzeSettings(
        size(reader, "target-file-size", 1 << 16, Long.MAX_VALUE),
        (int) size(reader, "max-line-size", 1 << 10, 1 << 30));
  }

  private static long size(SettingsReader reader, String key, long min, long max) {
    long bytes = reader.bytes(key);
    if (bytes < min || bytes > max) {
      reader.problem(key, bytes + " bytes", "a size from " + min + " to " + max + " bytes");
      return min;
    }
    return bytes;
  }
}
