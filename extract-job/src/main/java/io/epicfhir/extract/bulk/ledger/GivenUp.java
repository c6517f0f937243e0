package io.epicfhir.extract.bulk.ledger;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.Json;
import io.epicfhir.common.StateFile;
import io.epicfhir.common.lake.Lake;
import java.time.Instant;
import java.util.Optional;
import org.apache.hadoop.fs.Path;

/**
 * Why a run has no export of a group, in the words of the task that noticed it: {@code
 * state/exports/<export id>/given-up.json}. The tasks after it go on with the other groups, and
 * extract fails by these words when those have landed.
 */
public final class GivenUp {
  private final Lake lake;
  private final String exportId;

  /**
   * The words.
   *
   * @param why the message of the failure
   */
  record Why(Instant at, String why) implements StateFile {}

  /** Of an export. */
  public GivenUp(Lake lake, String exportId) {
    this.lake = lake;
    this.exportId = exportId;
  }

  /** Notes why the export is no more, or was never begun. */
  public void note(Instant at, String why) {
    lake.write(file(), Json.write(new Why(at, why)));
  }

  /** There is an export again. */
  void forget() {
    lake.delete(file());
  }

  /** What a task fails by that cannot do without the export. */
  JobException failure() {
    Path file = file();
    Optional<Why> why = lake.read(file).map(text -> Json.read(text, Why.class, file.toString()));
    return why.map(known -> new JobException(ExitCode.REFUSED, known.why()))
        .orElseGet(
            () ->
                new JobException(
                    ExitCode.SETTINGS,
                    "Cannot find export "
                        + exportId
                        + ": it was not kicked off, or was given up; rerun from the kick-off"));
  }

  private Path file() {
    return lake.paths().state("exports/" + exportId + "/given-up.json");
  }
}
