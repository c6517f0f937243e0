package io.epicfhir.common.lake;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.StorageFailure;
import io.epicfhir.common.localfs.FileReaders;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;

/** The operating system's lock on a file of a local disk. */
public final class FileRunLock implements RunLock {
  private final FileChannel channel;

  private FileRunLock(FileChannel channel) {
    this.channel = channel;
  }

  static FileRunLock acquire(Path file, String name, Duration patience) {
    try {
      FileReaders.createPrivateFolder(file.getParent());
      FileChannel channel =
          FileReaders.openPrivate(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      boolean got = Waiting.until(() -> lock(channel), patience, Duration.ofMillis(200));
      if (!got) {
        channel.close();
        throw RunLock.taken(name, patience);
      }
      return new FileRunLock(channel);
    } catch (IOException e) {
      throw StorageFailure.of("make the lock file " + file, e);
    }
  }

  /** Whether the lock is this caller's now; it ends with the channel, or with the process. */
  public static boolean lock(FileChannel channel) throws IOException {
    try {
      FileLock lock = channel.tryLock();
      return lock != null;
    } catch (OverlappingFileLockException e) {
      return false; // another thread of this JVM has it
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new JobException(ExitCode.STORAGE, "Cannot release a lock; check the lake's disk", e);
    }
  }
}
