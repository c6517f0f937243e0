package io.epicfhir.extract.bulk.settings;

import io.epicfhir.common.settings.SettingsReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What is asked for besides the changes that a server reports: what {@code _since} misses, the past
 * of patients who joined the group, and, where a server has no {@code _since}, date windows.
 *
 * @param fullEvery how often everything is asked for all the same; zero for never
 * @param newcomers what to do when patients joined the group
 * @param windows by type, what narrows it to the newest days
 * @param maxConfirmations resources that are read by their ids because a full export lacks them and
 *     does not hold all of their type
 */
public record BulkCoverage(
    Duration fullEvery,
    Newcomers newcomers,
    SortedMap<String, DateWindow> windows,
    int maxConfirmations) {
  private static final String EVERY_TYPE = "*";
  private static final int MOST_DAYS = 36_500;

  /** What to do about patients whom no earlier export had. */
  public enum Newcomers {
    /** The group is asked for in full, which brings their past. */
    FULL,
    /** A warning says how many there are. */
    WARN,
    /** Nobody looks for them. */
    OFF
  }

  /**
   * The newest days of a type.
   *
   * @param queries searches with {from}, and maybe {until}; several add up
   * @param days how far they reach back
   */
  public record DateWindow(List<String> queries, int days) {
    public DateWindow {
      queries = List.copyOf(queries);
    }
  }

  public BulkCoverage {
    windows = Collections.unmodifiableSortedMap(new TreeMap<>(windows));
  }

  static BulkCoverage read(SettingsReader reader) {
    return new BulkCoverage(
        reader.duration("full-every"),
        reader.choice("newcomers", Newcomers.class),
        windows(reader),
        reader.number("max-confirmations", 0, 10_000_000));
  }

  /** The days that the widest window reaches back; zero where there is no window. */
  int widestDays() {
    return windows.values().stream().mapToInt(DateWindow::days).max().orElse(0);
  }

  private static SortedMap<String, DateWindow> windows(SettingsReader reader) {
    Map<String, List<String>> days = reader.table("window-days");
    days.forEach((type, value) -> requireDays(reader, type, value));
    SortedMap<String, DateWindow> windows = new TreeMap<>();
    reader
        .table("windows")
        .forEach(
            (type, queries) -> {
              if (!type.matches("[A-Z][A-Za-z]+")
                  || queries.isEmpty()
                  || !queries.stream().allMatch(query -> query.contains("{from}"))) {
                reader.problem(
                    "windows",
                    type,
                    "a resource type with searches such as \"date=ge{from}\", each with {from}");
              }
              if (!days.containsKey(type) && !days.containsKey(EVERY_TYPE)) {
                reader.problem(
                    "window-days",
                    "nothing for " + type,
                    "a number of days for " + type + ", which bulk.windows names, or for \"*\"");
              }
              List<String> own = days.getOrDefault(type, days.getOrDefault(EVERY_TYPE, List.of()));
              windows.put(type, new DateWindow(withType(type, queries), number(own)));
            });
    return windows;
  }

  private static List<String> withType(String type, List<String> queries) {
    List<String> searches = new ArrayList<>();
    queries.forEach(q -> searches.add(q.startsWith(type + "?") ? q : type + "?" + q));
    return searches;
  }

  private static void requireDays(SettingsReader reader, String type, List<String> days) {
    if (number(days) < 1) {
      reader.problem("window-days", type + " = " + days, "a whole number of days, 1 or more");
    }
  }

  private static int number(List<String> days) {
    boolean fits = days.size() == 1 && days.get(0).matches("[1-9][0-9]{0,4}");
    return fits ? Math.min(MOST_DAYS, Integer.parseInt(days.get(0))) : 0;
  }

  /** What only the other settings show. */
  void check(SettingsReader reader, BulkSettings settings) {
    if (!windows.isEmpty() && settings.mode() != BulkSettings.Mode.FULL) {
      reader.problem(
          "windows",
          windows.keySet().toString(),
          "no windows with bulk.mode = incremental; they need bulk.mode = full");
    }
    for (Map.Entry<String, DateWindow> window : windows.entrySet()) {
      String type = window.getKey();
      if (!settings.types().contains(type)) {
        reader.problem("windows", type, "a type of bulk.types");
      }
      if (settings.typeFilters().stream().anyMatch(f -> f.startsWith(type + "?"))) {
        reader.problem("windows", type, "a type that has no search in bulk.type-filters");
      }
    }
  }
}
