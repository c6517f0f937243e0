package io.epicfhir.transform.erase;

import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.RunLock;
import java.time.Duration;
import org.apache.hadoop.fs.FileStatus;

/**
 * Waits until every extract that may have begun before the list was written has ended: each holds
 * the lock of its export from before it reads the list until its landing shows. One that begins
 * later reads the new list.
 */
final class ExtractBarrier {
  private ExtractBarrier() {}

  /**
   * @throws io.epicfhir.common.JobException {@link io.epicfhir.common.ExitCode#STORAGE} where one
   *     takes longer
   */
  static void await(Lake lake, Duration patience) {
    for (FileStatus file : lake.list(lake.paths().state("locks"))) {
      String name = file.getPath().getName().replaceFirst("\\.leases$", "");
      if (name.startsWith("export-")) {
        RunLock.acquire(lake, name, patience).close();
      }
    }
  }
}
