package io.epicfhir.common.lake;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import java.time.Duration;
import org.apache.hadoop.fs.Path;

/**
 * One writer at a time for a table or another named thing of the lake. On a local disk the
 * operating system holds the lock and drops it when the process ends, however it ends; elsewhere it
 * is a lease that its holder renews and that runs out without it.
 */
public interface RunLock extends AutoCloseable {
  /**
   * Waits for the lock.
   *
   * @param lake whose state folder holds the lock
   * @param name what is written, for example {@code silver}
   * @param patience how long to wait
   * @throws JobException {@link ExitCode#STORAGE} where another process keeps it for longer
   */
  static RunLock acquire(Lake lake, String name, Duration patience) {
    Path file = lake.paths().state("locks/" + name);
    String scheme = file.toUri().getScheme();
    return scheme == null || scheme.equals("file")
        ? FileRunLock.acquire(java.nio.file.Path.of(file.toUri().getPath()), name, patience)
        : LeaseRunLock.acquire(lake, file.suffix(".leases"), name, patience);
  }

  /** Gives the lock back. */
  @Override
  void close();

  /** Why a lock was not had in time. */
  static JobException taken(String name, Duration patience) {
    return new JobException(
        ExitCode.STORAGE,
        "Cannot get the lock \""
            + name
            + "\" within "
            + patience.toSeconds()
            + " s: another run is writing; wait for it to end, then rerun");
  }
}
