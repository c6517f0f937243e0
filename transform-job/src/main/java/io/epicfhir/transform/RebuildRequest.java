package io.epicfhir.transform;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.job.JobArguments;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a person asks for beside what is pending.
 *
 * @param exports applied once more; what silver holds of them already is not written again
 * @param types whose part of silver is rebuilt from all of bronze, and their views with it
 * @param views whose table is rebuilt from silver
 * @param acceptedDeletions how many inferred deletions of a type may be made in this run
 */
record RebuildRequest(
    Set<String> exports,
    Set<String> types,
    Set<String> views,
    Map<String, Long> acceptedDeletions) {
  static final RebuildRequest NOTHING = new RebuildRequest(Set.of(), Set.of(), Set.of(), Map.of());

  static RebuildRequest of(JobArguments arguments) {
    return new RebuildRequest(
        new TreeSet<>(arguments.exports()),
        new TreeSet<>(arguments.types()),
        new TreeSet<>(arguments.views()),
        arguments.acceptedDeletions());
  }

  /**
   * @throws JobException {@link ExitCode#SETTINGS} where a type or a view is none that is known
   */
  void check(Set<String> landed, Collection<String> ofViews, Collection<String> knownViews) {
    Set<String> knownTypes = new TreeSet<>(landed);
    knownTypes.addAll(ofViews);
    check("rebuild the type", types, knownTypes);
    check("accept deletions of the type", acceptedDeletions.keySet(), knownTypes);
    check("rebuild the view", views, knownViews);
  }

  private static void check(String what, Set<String> asked, Collection<String> known) {
    List<String> strange = asked.stream().filter(name -> !known.contains(name)).toList();
    if (!strange.isEmpty()) {
      throw new JobException(
          ExitCode.SETTINGS,
          "Cannot %s %s: not found. Known: %s"
              .formatted(what, String.join(", ", strange), String.join(", ", known)));
    }
  }
}
