package io.epicfhir.extract.source.settings;

import io.epicfhir.common.settings.SettingsReader;
import io.epicfhir.extract.source.request.ResourceTypeNames;
import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Checks names of resource types in settings: one that is misspelt would ask for nothing. */
public final class TypeNames {
  private static final int MOST_EDITS = 3;

  private TypeNames() {}

  /**
   * Reports each that is not the name of a resource type of FHIR R4, with the one that is meant.
   */
  public static void check(SettingsReader reader, String key, Collection<String> names) {
    for (String name : names) {
      if (!ResourceTypeNames.ALL.contains(name)) {
        String meant = closest(name).map(type -> "; did you mean " + type + "?").orElse("");
        reader.problem(key, name, "names of FHIR R4 resource types" + meant);
      }
    }
  }

  private static Optional<String> closest(String name) {
    return ResourceTypeNames.ALL.stream()
        .filter(type -> edits(name, type) <= MOST_EDITS)
        .min(
            Comparator.comparingInt((String type) -> edits(name, type))
                .thenComparing(Comparator.naturalOrder()));
  }

  /** How many letters to add, take out or replace (Levenshtein's distance); case does not count. */
  private static int edits(String from, String to) {
    int[] before = new int[to.length() + 1];
    for (int j = 0; j <= to.length(); j++) {
      before[j] = j;
    }
    for (int i = 1; i <= from.length(); i++) {
      int[] now = new int[to.length() + 1];
      now[0] = i;
      for (int j = 1; j <= to.length(); j++) {
        char one = Character.toLowerCase(from.charAt(i - 1));
        int replaced = before[j - 1] + (one == Character.toLowerCase(to.charAt(j - 1)) ? 0 : 1);
        now[j] = Math.min(replaced, 1 + Math.min(before[j], now[j - 1]));
      }
      before = now;
    }
    return before[to.length()];
  }
}
