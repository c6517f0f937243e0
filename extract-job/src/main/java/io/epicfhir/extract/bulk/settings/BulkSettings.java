package io.epicfhir.extract.bulk.settings;

import io.epicfhir.common.settings.SettingsReader;
import io.epicfhir.extract.source.settings.TypeNames;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The bulk export of a group; block {@code bulk} of the settings.
 *
 * @param groups the groups' FHIR ids, one export each
 * @param types the resource types to ask for
 * @param typeFilters searches, such as {@code Observation?category=laboratory}, that narrow a type
 * @param method how the export is asked for
 * @param postForm how lists are written in a POST
 * @param mode whether only changes are asked for
 * @param deadline an export that takes longer is cancelled
 * @param window within which the server may refuse another export of a group
 * @param pollInterval between status requests where the server names no time
 * @param maxRejectedShare the share of lines, 0 to 1, that may go to quarantine
 * @param allowErrors whether the export lands although the server reports errors in it
 * @param acceptedErrors errors of the server, each as 59204 or Condition:59204, with which the
 *     export lands although the others make it red; warning: before one accepts only issues that do
 *     not say that data are missing
 * @param lockPatience how long to wait for another process that works on the same export
 * @param coverage what is asked for besides the changes that the server reports
 * @param hydrate the types that are fetched by reference when an export is taken in
 */
public record BulkSettings(
    List<String> groups,
    List<String> types,
    List<String> typeFilters,
    Method method,
    PostForm postForm,
    Mode mode,
    Duration deadline,
    Duration window,
    Duration pollInterval,
    double maxRejectedShare,
    boolean allowErrors,
    List<String> acceptedErrors,
    Duration lockPatience,
    BulkCoverage coverage,
    List<String> hydrate) {
  private static final Pattern ACCEPTED_ERROR =
      Pattern.compile("(warning:)?(?:([A-Z][A-Za-z]+(?:\\+[A-Z][A-Za-z]+)*):)?([A-Za-z0-9._-]+)");

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

  /** How a list of values is written in a Parameters resource. */
  public enum PostForm {
    /** One text with commas, as Bulk Data 2.0 has it. */
    COMMA,
    /** One parameter for each value, as Bulk Data 4.0 has it. */
    REPEATED
  }

  public BulkSettings {
    groups = List.copyOf(groups);
    types = List.copyOf(types);
    typeFilters = List.copyOf(typeFilters);
    acceptedErrors = List.copyOf(acceptedErrors);
    hydrate = List.copyOf(hydrate);
  }

  /** Reads the block; what is wrong stays with the reader until its check. */
  public static BulkSettings read(SettingsReader reader) {
    BulkSettings settings = read(reader, typeFilters(reader));
    settings.coverage().check(reader, settings);
    return settings;
  }

  private static BulkSettings read(SettingsReader reader, List<String> typeFilters) {
    return new BulkSettings(
        groups(reader),
        types(reader),
        typeFilters,
        reader.choice("method", Method.class),
        reader.choice("post-form", PostForm.class),
        reader.choice("mode", Mode.class),
        reader.duration("deadline"),
        reader.duration("window"),
        reader.duration("poll-interval"),
        reader.fraction("max-rejected-share", 0, 1),
        reader.flag("allow-errors"),
        acceptedErrors(reader),
        reader.duration("lock-patience"),
        BulkCoverage.read(reader),
        typeNames(reader, "hydrate"));
  }

  /** One for each of its types: messages put several types of one issue into one. */
  private static List<String> acceptedErrors(SettingsReader reader) {
    List<String> accepted = new ArrayList<>();
    for (String error : reader.texts("accepted-errors")) {
      Matcher parts = ACCEPTED_ERROR.matcher(error);
      if (!parts.matches()) {
        reader.problem(
            "accepted-errors", error, "codes such as 59204, Condition:59204 or warning:processing");
      } else if (parts.group(2) == null) {
        accepted.add(error);
      } else {
        for (String type : parts.group(2).split("\\+", -1)) {
          accepted.add(Objects.toString(parts.group(1), "") + type + ":" + parts.group(3));
        }
      }
    }
    return accepted;
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
    List<String> types = typeNames(reader, "types");
    if (types.isEmpty()) {
      reader.problem("types", "[]", "at least one FHIR resource type");
    }
    return types;
  }

  private static List<String> typeNames(SettingsReader reader, String key) {
    List<String> types = reader.texts(key);
    TypeNames.check(reader, key, types);
    return types;
  }
}
