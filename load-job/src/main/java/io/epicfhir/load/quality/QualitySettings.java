package io.epicfhir.load.quality;

import io.epicfhir.common.settings.SettingsReader;
import io.epicfhir.load.sql.Identifiers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The block {@code load.quality} of the settings: checks that return the rows that are bad.
 *
 * @param enabled whether they run
 * @param folder their SQL files; null where they are off
 * @param schema where the bad rows are kept
 * @param statementTimeout how long one statement of a check may take
 * @param keepRows how many bad rows of a check are kept at most
 * @param overrides by check, what holds instead of what its file says: {@code off}, {@code amber},
 *     {@code red}, {@code max-rows=N}, {@code max-share=S}
 */
public record QualitySettings(
    boolean enabled,
    Path folder,
    String schema,
    Duration statementTimeout,
    int keepRows,
    Map<String, List<String>> overrides) {
  private static final Pattern OVERRIDE =
      Pattern.compile("off|amber|red|max-rows=\\d{1,12}|max-share=(0(\\.\\d{1,9})?|1(\\.0{1,9})?)");

  public QualitySettings {
    overrides = Map.copyOf(overrides);
  }

  /**
   * The block {@code quality} of the settings of load.
   *
   * @param tables the schema of the tables that are checked
   */
  public static QualitySettings read(SettingsReader reader, String tables) {
    if (!reader.has("quality.enabled") || !reader.flag("quality.enabled")) {
      return off(reader, tables);
    }
    Map<String, List<String>> overrides =
        reader.has("quality.overrides") ? reader.table("quality.overrides") : Map.of();
    overrides.forEach(
        (check, words) -> {
          for (String word : words) {
            if (!OVERRIDE.matcher(word).matches()) {
              reader.problem(
                  "quality.overrides." + check,
                  word,
                  "off, amber, red, max-rows=N or max-share=S with S from 0 to 1");
            }
          }
        });
    return new QualitySettings(
        true,
        reader.path("quality.folder"),
        schema(reader, tables),
        reader.duration("quality.statement-timeout"),
        reader.number("quality.keep-rows", 0, 10_000_000),
        overrides);
  }

  /** Several sites may share a database, and each has bad rows of its own. */
  private static String schema(SettingsReader reader, String tables) {
    return reader.optionalText("quality.schema").isEmpty()
        ? tables + "_quality"
        : reader.parsed("quality.schema", Identifiers::checked).orElse("");
  }

  /** The other keys count as known all the same. Bad rows of earlier runs may be there still. */
  private static QualitySettings off(SettingsReader reader, String tables) {
    for (String key : List.of("folder", "statement-timeout", "keep-rows", "overrides")) {
      reader.has("quality." + key);
    }
    return new QualitySettings(false, null, schema(reader, tables), Duration.ZERO, 0, Map.of());
  }
}
