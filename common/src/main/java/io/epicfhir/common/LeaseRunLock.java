package io.epicfhir.common;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.fs.FSDataOutputStreamBuilder;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A file that only one process can create and that its holder writes anew every {@link #RENEW};
 * older than {@link #LEASE} it is nobody's. Needs a file system whose create without overwrite is
 * exclusive: HDFS, abfss, gs, and s3a with conditional create.
 */
final class LeaseRunLock implements RunLock {
  static final Duration LEASE = Duration.ofMinutes(5);
  private static final Duration RENEW = Duration.ofMinutes(1);

  /**
   * s3a: have the server refuse the object where there is one; other file systems do by themselves.
   */
  private static final String IF_NONE = "fs.option.create.conditional.overwrite";

  private final Lake lake;
  private final Path file;
  private final ScheduledExecutorService renewer;
  private final ScheduledFuture<?> renewal;

  private LeaseRunLock(Lake lake, Path file) {
    this.lake = lake;
    this.file = file;
    this.renewer =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "lock-renewal");
              thread.setDaemon(true);
              return thread;
            });
    this.renewal =
        renewer.scheduleAtFixedRate(
            () -> lake.write(file, "held"), RENEW.toSeconds(), RENEW.toSeconds(), TimeUnit.SECONDS);
  }

  static LeaseRunLock acquire(Lake lake, Path file, String name, Duration patience) {
    try {
      FileSystem fs = file.getFileSystem(lake.hadoop());
      if (!Waiting.until(() -> create(fs, file), patience, Duration.ofSeconds(1))) {
        throw RunLock.taken(name, patience);
      }
      return new LeaseRunLock(lake, file);
    } catch (IOException e) {
      throw new JobException(
          ExitCode.STORAGE,
          "Cannot make the lock file " + file + "; check that the lake is writable",
          e);
    }
  }

  private static boolean create(FileSystem fs, Path file) throws IOException {
    if (fs.exists(file)) {
      FileStatus status = fs.getFileStatus(file);
      boolean stale = System.currentTimeMillis() - status.getModificationTime() > LEASE.toMillis();
      if (!stale || !fs.delete(file, false)) {
        return false;
      }
    }
    FSDataOutputStreamBuilder<?, ?> builder = fs.createFile(file);
    builder.overwrite(false).recursive().opt(IF_NONE, true);
    try (OutputStream out = builder.build()) {
      out.write("held".getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      // Another process was first: some file systems say so when the file is made, others at its
      // end, each by an exception of its own.
      if (fs.exists(file)) {
        return false;
      }
      throw e;
    }
    return true;
  }

  @Override
  public void close() {
    boolean lost = renewal.isDone();
    renewer.shutdownNow();
    if (lost) {
      throw new JobException(
          ExitCode.STORAGE,
          "Cannot renew the lock " + file + ": another run may have written; rerun this one");
    }
    lake.delete(file);
  }
}
