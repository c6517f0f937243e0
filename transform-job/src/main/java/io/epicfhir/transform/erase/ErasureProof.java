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
   * Searches the lake and reports what was found.
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
          "The lake may still contain patients on the list. Files that name one: "
              + scan.found()
              + "; unreadable files: "
              + scan.unreadable()
              + ". Run the erasure again with the same list. If bronze or silver still matches, the match"
              + " is in another patient's record that names the erased one; only the hospital can"
              + " correct that record"
              + waiting(list.unsettled()));
    }
    recorder.note(
        "None of the %d files in the lake names a patient on the list.".formatted(scan.files()));
  }

  private static String waiting(long persons) {
    return persons == 0
        ? ""
        : ". The erasure of %d persons on the list was refused or has not ended: trigger epic_fhir_erase for them again, or readmit them"
            .formatted(persons);
  }
}
