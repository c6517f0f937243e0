package io.epicfhir.transform;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobArguments;
import io.epicfhir.common.JobException;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What is done although it was done before; asked for by hand, when a table is in doubt.
 *
 * @param exports applied once more; what silver holds of them already is not written again
 * @param types whose silver table is made anew of all of bronze, and its views with it
 * @param views whose table is made anew of silver
 */
record Again(Set<String> exports, Set<String> types, Set<String> views) {
  static final Again NOTHING = new Again(Set.of(), Set.of(), Set.of());

  static Again of(JobArguments arguments) {
    return new Again(
        new TreeSet<>(arguments.exports()),
        new TreeSet<>(arguments.types()),
        new TreeSet<>(arguments.views()));
  }

  /**
   * @throws JobException {@link ExitCode#SETTINGS} where a type or a view is none that is known
   */
  void check(Collection<String> knownTypes, Collection<String> knownViews) {
    check("type", types, knownTypes);
    check("view", views, knownViews);
  }

  boolean anew(String type, ViewPlan view) {
    return types.contains(type) || views.contains(view.name());
  }

  private static void check(String what, Set<String> asked, Collection<String> known) {
    List<String> strange = asked.stream().filter(name -> !known.contains(name)).toList();
    if (!strange.isEmpty()) {
      throw new JobException(
          ExitCode.SETTINGS,
          "Cannot make anew the %s %s: known are %s"
              .formatted(what, String.join(", ", strange), String.join(", ", known)));
    }
  }
}
