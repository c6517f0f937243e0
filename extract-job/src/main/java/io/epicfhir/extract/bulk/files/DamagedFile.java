package io.epicfhir.extract.bulk.files;

import io.epicfhir.common.JobException;

/** A file of an export did not come whole at any try, and it is the file that is wrong. */
public final class DamagedFile extends Exception {
  private static final long serialVersionUID = 1L;

  DamagedFile(String message) {
    super(message);
  }

  /** Whether an export failed for such a file. */
  public static boolean causes(JobException failure) {
    return failure.getCause() instanceof DamagedFile;
  }
}
