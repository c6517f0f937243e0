package io.epicfhir.transform.silver;

import io.epicfhir.common.lake.Landing;
import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;

/** The types of which silver has what bronze no longer gives, because files are damaged. */
final class DamagedTypes {
  private DamagedTypes() {}

  /**
   * Chooses them.
   *
   * @param landings all that ever landed
   * @param damaged exports with a damaged file
   * @param fresh exports of which silver has nothing for certain: nothing of theirs can be lost
   * @param held every type that silver may have; a file of deletions names its types only inside
   */
  static Set<String> of(
      Collection<Landing> landings, Set<String> damaged, Set<String> fresh, Set<String> held) {
    Set<String> types = new TreeSet<>();
    for (Landing landing : landings) {
      if (damaged.contains(landing.exportId()) && !fresh.contains(landing.exportId())) {
        held.stream().filter(landing::isCompleteFor).forEach(types::add);
        landing.files().forEach(file -> types.add(file.resourceType()));
        if (landing.removes()) {
          types.addAll(held);
        }
      }
    }
    types.retainAll(held);
    return types;
  }
}
