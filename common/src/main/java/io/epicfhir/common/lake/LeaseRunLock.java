package io.epicfhir.common.lake;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.fs.FSDataOutputStreamBuilder;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A folder of numbered files: the newest one is the lock. A job that wants it creates the file
 * after the newest, which only one process can, and writes it anew every {@link #RENEW}; older than
 * {@link #LEASE} it is nobody's, and the next number may be taken. No process ever removes or
 * writes the newest file of another one, so two that find the same lease run out cannot both get
 * the lock, and a holder that slept too long finds a newer file and knows that it lost it.
 *
 * <p>The file system's own clock gives the age of a file. Needs a file system whose create without
 * overwrite is exclusive: HDFS, abfss, gs, and s3a with conditional create.
 */
final class LeaseRunLock implements RunLock {
  static final Duration LEASE = Duration.ofMinutes(5);
  private static final Duration RENEW = Duration.ofMinutes(1);
  private static final String HELD = "held";
  private static final String FREE = "free";

  /**
   * s3a: have the server refuse the object where there is one; other file systems do by themselves.
   */
  private static final String IF_NONE = "fs.option.create.conditional.overwrite";

  private final Lake lake;
  private final Path folder;
  private final long number;
  private final ScheduledExecutorService renewer;
  private final ScheduledFuture<?> renewal;

  private LeaseRunLock(Lake lake, Path folder, long number) {
    this.lake = lake;
    this.folder = folder;
    this.number = number;
    this.renewer =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "lock-renewal");
              thread.setDaemon(true);
              return thread;
            });
    this.renewal =
        renewer.scheduleAtFixedRate(
            this::renew, RENEW.toSeconds(), RENEW.toSeconds(), TimeUnit.SECONDS);
  }

  static LeaseRunLock acquire(Lake lake, Path folder, String name, Duration patience) {
    try {
      FileSystem fs = folder.getFileSystem(lake.hadoop());
      long[] number = new long[1];
      if (!Waiting.until(() -> take(lake, fs, folder, number), patience, Duration.ofSeconds(1))) {
        throw RunLock.taken(name, patience);
      }
      return new LeaseRunLock(lake, folder, number[0]);
    } catch (IOException e) {
      throw new JobException(
          ExitCode.STORAGE,
          "Cannot create a lock file in " + folder + "; check that the lake is writable",
          e);
    }
  }

  private static boolean take(Lake lake, FileSystem fs, Path folder, long[] taken)
      throws IOException {
    Optional<FileStatus> newest = newest(lake, folder);
    if (newest.isPresent() && held(lake, fs, folder, newest.get())) {
      return false;
    }
    long number = newest.map(LeaseRunLock::number).orElse(0L) + 1;
    if (!create(fs, file(folder, number))) {
      return false;
    }
    if (newest(lake, folder).map(LeaseRunLock::number).orElse(0L) != number) {
      lake.delete(
          file(folder, number)); // its number was held, and given back, while this one slept
      return false;
    }
    for (FileStatus file : lake.list(folder)) {
      if (number(file) > 0 && number(file) < number) {
        lake.delete(file.getPath());
      }
    }
    taken[0] = number;
    return true;
  }

  private static boolean held(Lake lake, FileSystem fs, Path folder, FileStatus file)
      throws IOException {
    return !lake.read(file.getPath()).map(FREE::equals).orElse(true)
        && now(lake, fs, folder) - file.getModificationTime() <= LEASE.toMillis();
  }

  /** The file system's time: this machine's clock may be another. */
  private static long now(Lake lake, FileSystem fs, Path folder) throws IOException {
    Path probe = new Path(folder, "clock-" + UUID.randomUUID());
    lake.write(probe, "");
    try {
      return fs.getFileStatus(probe).getModificationTime();
    } finally {
      lake.delete(probe);
    }
  }

  private static Optional<FileStatus> newest(Lake lake, Path folder) {
    return lake.list(folder).stream()
        .filter(file -> number(file) > 0)
        .max(java.util.Comparator.comparingLong(LeaseRunLock::number));
  }

  /** 0 for a file that is no lease. */
  private static long number(FileStatus file) {
    String name = file.getPath().getName();
    return name.matches("[0-9]{1,18}") ? Long.parseLong(name) : 0;
  }

  private static Path file(Path folder, long number) {
    return new Path(folder, "%018d".formatted(number));
  }

  private static boolean create(FileSystem fs, Path file) throws IOException {
    FSDataOutputStreamBuilder<?, ?> builder = fs.createFile(file);
    builder.overwrite(false).recursive().opt(IF_NONE, true);
    try (OutputStream out = builder.build()) {
      out.write(HELD.getBytes(StandardCharsets.UTF_8));
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

  private void renew() {
    if (!mine()) {
      throw new IllegalStateException("The lock was lost"); // ends the renewal; close() reports it
    }
    lake.write(file(folder, number), HELD);
  }

  private boolean mine() {
    return newest(lake, folder).map(LeaseRunLock::number).orElse(0L) == number;
  }

  @Override
  public void close() {
    boolean lost = renewal.isDone() || !mine();
    renewer.shutdownNow();
    if (lost) {
      throw new JobException(
          ExitCode.STORAGE,
          "Cannot keep the lock "
              + folder
              + ": this run was suspended for longer than its lease, so another run may have written;"
              + " rerun this run");
    }
    lake.write(file(folder, number), FREE);
  }
}
