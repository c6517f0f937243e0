package io.epicfhir.transform.erase;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.optout.OptOutList;
import io.epicfhir.common.report.RunRecorder;

/** The proof that nothing of those on the list is in the lake; red where it cannot be given. */
public final class ErasureProof {
  private ErasureProof() {}

  /**
   * Looks through the lake and tells what was found.
   *
   * @throws JobException {@link ExitCode#DATA_REFUSED} where a file names somebody on the list, or
   *     could not be read
   */
  public static void of(Lake lake, RunRecorder recorder) {
    OptOutList list = new OptOutList(lake);
    LakeScan.Result scan = new LakeScan(lake, list.load()).run();
    recorder.result("persons_on_list", list.persons());
    recorder.result("files_scanned", scan.files());
    recorder.result("finds", scan.found());
    recorder.result("unreadable", scan.unreadable());
    if (!scan.isClean()) {
      throw new JobException(
          ExitCode.DATA_REFUSED,
          "The lake is not proved to be free of the patients on the list: files that name one: "
              + scan.found()
              + "; files that cannot be read: "
              + scan.unreadable()
              + ". Run the erasure again with the same list. What is found again in bronze and silver"
              + " is another patient's record that names the erased one, which only the hospital"
              + " can change");
    }
    recorder.note(
        "No file of the lake names anybody on the list: %d files were looked through."
            .formatted(scan.files()));
  }
}
