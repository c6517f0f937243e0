package io.epicfhir.common.delta;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import org.apache.hadoop.fs.Path;

/** Nothing was committed, because somebody else committed to the table meanwhile. */
public final class CommitConflict extends JobException {
  private static final long serialVersionUID = 1L;

  CommitConflict(Path table, String why) {
    super(
        ExitCode.STORAGE,
        "Cannot commit to the Delta table "
            + table
            + ": "
            + why
            + "; find out who else writes to it, then rerun the task");
  }
}
