package io.epicfhir.extract.bulk;

import io.epicfhir.common.SettingsReader;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;

/**
 * The bulk export of a group; block {@code bulk} of the settings.
 *
 * @param groups the groups' FHIR ids, one export each
 * @param types the resource types to ask for
 * @param typeFilters searches, such as {@code Observation?category=laboratory}, that narrow a type
 * @param method how the export is asked for
 * @param mode whether only changes are asked for
 * @param deadline an export that takes longer is cancelled
 * @param window within which the server may refuse another export of a group
 * @param pollInterval between status requests where the server names no time
 * @param maxRejectedShare the share of lines, 0 to 1, that may go to quarantine
 * @param allowErrors whether the export lands although the server reports errors in it
 * @param lockPatience how long to wait for another process that works on the same export
 */
public record BulkSettings(
    List<String> groups,
    List<String> types,
    List<String> typeFilters,
    Method method,
    Mode mode,
    Duration deadline,
    Duration window,
    Duration pollInterval,
    double maxRejectedShare,
    boolean allowErrors,
    Duration lockPatience) {

  /** What is asked for. */
  public enum Mode {
    /** What changed since the group's last landed export. */
    INCREMENTAL,
    /** Everything. */
    FULL
  }

  /** How the parameters travel. */
  public enum Method {
    /** In the query. */
    GET,
    /** In a Parameters resource: for queries too long for a URL. */
    POST
  }

  public BulkSettings {
    groups = List.copyOf(groups);
    types = List.copyOf(types);
    typeFilters = List.copyOf(typeFilters);
  }

  public static BulkSettings read(SettingsReader reader) {
    return new BulkSettings(
        groups(reader),
        types(reader),
        typeFilters(reader),
        reader.choice("method", Method.class),
        reader.choice("mode", Mode.class),
        reader.duration("deadline"),
        reader.duration("window"),
        reader.duration("poll-interval"),
        reader.fraction("max-rejected-share", 0, 1),
        reader.flag("allow-errors"),
        reader.duration("lock-patience"));
  }

  private static List<String> groups(SettingsReader reader) {
    List<String> groups = reader.texts("groups");
    if (groups.isEmpty() || new HashSet<>(groups).size() < groups.size()) {
      reader.problem("groups", groups.toString(), "at least one group id, each once");
    }
    return groups;
  }

  private static List<String> typeFilters(SettingsReader reader) {
    List<String> filters = reader.list("type-filters");
    for (String filter : filters) {
      if (!filter.matches("[A-Z][A-Za-z]+\\?[^\\s]+")) {
        reader.problem("type-filters", filter, "searches such as Observation?category=laboratory");
      }
    }
    return filters;
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
