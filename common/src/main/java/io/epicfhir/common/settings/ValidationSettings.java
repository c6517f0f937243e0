package io.epicfhir.common.settings;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** {@code validation.conf}: thresholds of the checks, and where alerts go. */
final class ValidationSettings {
  private static final List<String> BLOCKS =
      List.of("skew", "speed", "data", "report-url", "alerts");
  private static final int REMIND_RED = 3;
  private static final int REMIND_WARNINGS = 7;

  private ValidationSettings() {}

  static SettingsFile file(String file) {
    return SettingsFile.thresholds(file, BLOCKS);
  }

  /**
   * The values by block and key, durations in milliseconds.
   *
   * @throws JobException {@link ExitCode#SETTINGS} with every problem, one a line
   */
  static Map<String, Object> from(SettingsFile settings) {
    SettingsReader skew = settings.reader("skew");
    SettingsReader speed = settings.reader("speed");
    SettingsReader data = settings.reader("data");
    SettingsReader alerts = settings.reader("alerts");
    SettingsReader all = settings.reader("");
    Map<String, Object> told = new TreeMap<>();
    told.put("skew", skew(skew));
    told.put("speed", speed(speed));
    told.put("data", data(data));
    told.put("alerts", alerts(alerts));
    told.put("report_url", reportUrl(all));
    all.and(skew).and(speed).and(data).and(alerts).check();
    return told;
  }

  private static Map<String, Object> skew(SettingsReader reader) {
    return Map.of(
        "ratio", number(reader, "ratio", 1),
        "min_duration_ms", reader.duration("min-duration").toMillis(),
        "min_tasks", count(reader, "min-tasks", 2),
        "data_ratio", number(reader, "data-ratio", 1));
  }

  private static Map<String, Object> speed(SettingsReader reader) {
    return Map.of(
        "least_runs", count(reader, "least-runs", 5),
        "most_runs", count(reader, "most-runs", 10),
        "false_alarms", reader.fraction("false-alarms", 1e-6, 0.5),
        "slower_at_once", number(reader, "slower-at-once", 0.01),
        "part_slower_at_once", number(reader, "part-slower-at-once", 0.01),
        "slower_since", number(reader, "slower-since", 0.01),
        "noise_floor", number(reader, "noise-floor", 0.001),
        "least_duration_ms", reader.duration("least-duration").toMillis());
  }

  private static Map<String, Object> data(SettingsReader reader) {
    return Map.of(
        "least_runs", count(reader, "least-runs", 1),
        "rows_lost", share(reader, "rows-lost"),
        "nulls_more", share(reader, "nulls-more"),
        "deleted", share(reader, "deleted"),
        "patients_unknown", share(reader, "patients-unknown"),
        "max_age_ms", reader.duration("max-age").toMillis());
  }

  private static Map<String, Object> alerts(SettingsReader reader) {
    return Map.of(
        "first_try", reader.has("first-try") && reader.flag("first-try"),
        "remind_red_every", every(reader, "remind.red-every", REMIND_RED),
        "remind_warnings_every", every(reader, "remind.warnings-every", REMIND_WARNINGS),
        "mail_to", addresses(reader),
        "mail_connection", reader.optionalText("mail.connection").orElse("smtp_default"),
        "slack_connection", reader.optionalText("slack.connection").orElse(""),
        "webhook_connection", reader.optionalText("webhook.connection").orElse(""));
  }

  private static int count(SettingsReader reader, String key, int min) {
    return reader.number(key, min, Integer.MAX_VALUE);
  }

  private static double number(SettingsReader reader, String key, double min) {
    return reader.fraction(key, min, Double.POSITIVE_INFINITY);
  }

  /** Of all: more than 1 is meant as percent, and would switch its check off. */
  private static double share(SettingsReader reader, String key) {
    return reader.fraction(key, 0, 1);
  }

  private static int every(SettingsReader reader, String key, int otherwise) {
    return reader.optionalText(key).isPresent() ? count(reader, key, 1) : otherwise;
  }

  private static List<String> addresses(SettingsReader reader) {
    String text = reader.optionalText("mail.to").orElse("");
    List<String> addresses =
        Arrays.stream(text.split(",")).map(String::strip).filter(one -> !one.isEmpty()).toList();
    if (!addresses.stream().allMatch(one -> one.contains("@"))) {
      reader.problem("mail.to", text, "email addresses, separated by commas");
    }
    return addresses;
  }

  private static String reportUrl(SettingsReader reader) {
    String url = reader.optionalText("report-url").orElse("").replaceFirst("/+$", "");
    if (!url.isEmpty() && !url.matches("https?://[^/\\s].*")) {
      reader.problem("report-url", url, "a URL that starts with https:// or http://");
    }
    return url;
  }
}
