package io.epicfhir.transform;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.Lake;
import io.epicfhir.common.LandedFile;
import io.epicfhir.common.Landing;
import java.util.Optional;

/**
 * Checks that bronze is what the landings say, before any table changes: each file is there, as
 * long as it was, whole, and of as many rows. Reads footers only.
 */
final class BronzeFiles {
  private final Lake lake;

  BronzeFiles(Lake lake) {
    this.lake = lake;
  }

  /**
   * Checks every file of the backlog.
   *
   * @throws JobException {@link ExitCode#DATA_REFUSED} naming the export and the file
   */
  void check(Backlog backlog) {
    for (Landing landing : backlog.all()) {
      // Footers are many small reads: on an object store they are worth asking for side by side.
      landing.files().parallelStream().forEach(file -> check(landing, file));
    }
  }

  private void check(Landing landing, Landing.File file) {
    Optional<String> problem = LandedFile.problem(lake, file);
    if (problem.isPresent()) {
      throw refuse(landing, file, problem.get());
    }
  }

  private static Damaged refuse(Landing landing, Landing.File file, String why) {
    return new Damaged(
        landing.exportId(),
        "Cannot take bronze file "
            + file.path()
            + " of export "
            + landing.exportId()
            + ": "
            + why
            + "; run the extract task of "
            + landing.runKey()
            + " again, which lands the export anew");
  }

  /** Bronze is not what an export's landing says. */
  static final class Damaged extends JobException {
    private static final long serialVersionUID = 1L;

    private final String exportId;

    private Damaged(String exportId, String message) {
      super(ExitCode.DATA_REFUSED, message);
      this.exportId = exportId;
    }

    /** The export that is to be landed anew. */
    String exportId() {
      return exportId;
    }
  }
}
