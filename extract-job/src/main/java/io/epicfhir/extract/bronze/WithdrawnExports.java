package io.epicfhir.extract.bronze;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import java.util.Collection;
import java.util.List;

/**
 * Exports that were withdrawn because their bronze files were damaged or their counts did not
 * match, and that have no successor: nothing that they brought has come again. Until it has, no run
 * is green.
 */
public final class WithdrawnExports {
  private final List<Landing> withdrawn;
  private final List<Landing> landed;

  /** Of a lake, as it is now. */
  public WithdrawnExports(Lake lake) {
    Landings landings = new Landings(lake);
    this.withdrawn = landings.withdrawn();
    this.landed = withdrawn.isEmpty() ? List.of() : landings.all();
  }

  /** Those of a group. */
  public List<Landing> withoutSuccessor(String group) {
    return withdrawn.stream()
        .filter(lost -> lost.group().equals(group))
        .filter(lost -> landed.stream().noneMatch(landing -> succeeds(landing, lost)))
        .toList();
  }

  /**
   * Returns where none of the groups has one.
   *
   * @throws JobException {@link ExitCode#DATA_REFUSED} where one has
   */
  public void requireSuccessors(Collection<String> groups) {
    for (String group : groups) {
      for (Landing lost : withoutSuccessor(group)) {
        throw new JobException(
            ExitCode.DATA_REFUSED,
            "The data of group \""
                + group
                + "\" is incomplete: export "
                + lost.exportId()
                + " was withdrawn because its bronze files were damaged or its counts did not match, and its"
                + " data has not been exported again since. Clear the task extract of run "
                + lost.runKey()
                + ", or rerun from the kick-off: the next export of the group then covers that time as well");
      }
    }
  }

  /** Whether a landing brings all that another one did, or newer. */
  private static boolean succeeds(Landing landing, Landing lost) {
    if (landing.exportId().equals(lost.exportId())) {
      return true;
    }
    boolean later = !landing.transactionTime().isBefore(lost.transactionTime());
    boolean allOfIt =
        landing.since() == null || (lost.since() != null && !landing.since().isAfter(lost.since()));
    return landing.group().equals(lost.group()) && later && allOfIt;
  }
}
