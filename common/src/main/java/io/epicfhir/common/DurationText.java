package io.epicfhir.common;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** Durations as people and the settings files write them: {@code 30 days}, not {@code PT720H}. */
public final class DurationText {
  private static final Map<String, Long> UNITS = new LinkedHashMap<>();

  static {
    UNITS.put("days", 86_400L);
    UNITS.put("hours", 3_600L);
    UNITS.put("minutes", 60L);
  }

  private DurationText() {}

  /** In the largest unit of which it is two or more, without a remainder. */
  public static String of(Duration duration) {
    long seconds = duration.toSeconds();
    if (!duration.equals(Duration.ofSeconds(seconds))) {
      return duration.toMillis() + " ms";
    }
    for (Map.Entry<String, Long> unit : UNITS.entrySet()) {
      if (seconds % unit.getValue() == 0 && Math.abs(seconds) >= 2 * unit.getValue()) {
        return seconds / unit.getValue() + " " + unit.getKey();
      }
    }
    return seconds + (Math.abs(seconds) == 1 ? " second" : " seconds");
  }
}
