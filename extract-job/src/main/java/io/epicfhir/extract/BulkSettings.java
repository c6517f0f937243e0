package io.epicfhir.extract;

import io.epicfhir.common.SettingsReader;
import java.time.Duration;
import java.util.List;

/**
 * The bulk export of a group; block {@code bulk} of the settings.
 *
 * @param group the group's FHIR id
 * @param types the resource types to ask for
 * @param mode whether only changes are asked for
 * @param deadline an export that takes longer is cancelled
 * @param pollInterval between status requests where the server names no time
 * @param maxRejectedShare the share of lines, 0 to 1, that may go to quarantine
 * @param allowErrors whether the export lands although the server reports errors in it
 * @param lockPatience how long to wait for another process that works on the same export
 */
record BulkSettings(
    String group,
    List<String> types,
    Mode mode,
    Duration deadline,
    Duration pollInterval,
    double maxRejectedShare,
    boolean allowErrors,
    Duration lockPatience) {

  /** What is asked for. */
  enum Mode {
    /** What changed since the group's last landed export. */
    INCREMENTAL,
    /** Everything. */
    FULL
  }

  BulkSettings {
    types = List.copyOf(types);
  }

  static BulkSettings read(SettingsReader reader) {
    return new BulkSettings(
        reader.text("group"),
        types(reader),
        reader.choice("mode", Mode.class),
        reader.duration("deadline"),
        reader.duration("poll-interval"),
        reader.fraction("max-rejected-share", 0, 1),
        reader.flag("allow-errors"),
        reader.duration("lock-patience"));
  }

  private static List<String> types(SettingsReader reader) {
    List<String> types = reader.texts("types");
    for (String type : types) {
      if (!type.matches("[A-Z][A-Za-z]+")) {
        reader.problem("types", type, "names of FHIR resource types");
      }
    }
    if (types.isEmpty()) {
      reader.problem("types", "[]", "at least one FHIR resource type");
    }
    return types;
  }
}
