package io.epicfhir.transform.silver;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Holds what a pass over bronze has found against what the landings say. */
final class SilverReconciliation {
  private final SilverProblems problems;

  /**
   * @param problems where a type that does not reconcile is reported
   */
  SilverReconciliation(SilverProblems problems) {
    this.problems = problems;
  }

  /**
   * Every row that landed was read, and every id in it has its place in silver.
   *
   * @param types those that are looked at
   * @param refused gets the types of which that is not so
   */
  void check(SilverPass pass, Set<String> types, Set<String> refused) {
    Map<String, Long> landed = pass.scope().backlog().pendingRows();
    Set<String> all = new TreeSet<>(types);
    if (pass.scope().only().isEmpty()) {
      all.addAll(landed.keySet());
    }
    all.removeAll(pass.scope().without());
    for (String type : all) {
      SilverCounts counts = pass.counts().getOrDefault(type, SilverCounts.NONE);
      long rows = landed.getOrDefault(type, 0L);
      if (counts.sighted() != rows) {
        refused.add(type);
        problems.refuse(
            "Silver "
                + type
                + " keeps its rows: the landings list "
                + rows
                + " rows, but "
                + counts.sighted()
                + " were read from bronze; run the extract task again");
      } else if (counts.weighed() + counts.recompute() != counts.ids()) {
        throw new JobException(
            ExitCode.DEFECT,
            "Silver %1$s: only %3$d of %2$d ids were evaluated; report this as a bug"
                .formatted(type, counts.ids(), counts.weighed()));
      }
    }
  }
}
