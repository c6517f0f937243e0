package io.epicfhir.extract.source.settings;

import io.epicfhir.common.ResourceTypeNames;
import io.epicfhir.common.settings.Edits;
import io.epicfhir.common.settings.SettingsReader;
import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
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

  private static int edits(String name, String type) {
    return Edits.between(name.toLowerCase(Locale.ROOT), type.toLowerCase(Locale.ROOT));
  }
}
