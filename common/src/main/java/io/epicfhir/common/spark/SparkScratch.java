package io.epicfhir.common.spark;

import io.epicfhir.common.lake.FileRunLock;
import io.epicfhir.common.localfs.FileReaders;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;

/**
 * Where Spark puts shuffle and spill files, which hold patient data: a folder of this process's own
 * in a private one of its user's, on each of the local disks. What a killed process left there is
 * removed by the next one on that disk: the operating system drops its lock with it.
 */
public final class SparkScratch {
  private static final String LOCK = ".lock";
  private static final Queue<SparkScratch> OPEN = new ConcurrentLinkedQueue<>();

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(SparkScratch::closeAll));
  }

  private final Path folder;
  private final Path lockFile;
  private final FileChannel lock;

  private SparkScratch(Path folder, Path lockFile, FileChannel lock) {
    this.folder = folder;
    this.lockFile = lockFile;
    this.lock = lock;
  }

  /**
   * Makes the folder.
   *
   * @param disk one of Spark's local folders
   * @throws IOException where the disk cannot be written, or others can look into the folder there
   */
  public static SparkScratch open(Path disk) throws IOException {
    String user = System.getProperty("user.name").replaceAll("[^A-Za-z0-9._-]", "_");
    Path own = disk.resolve("epic-fhir-" + user);
    if (!Files.isDirectory(disk)) {
      FileReaders.createPrivateFolder(disk);
    }
    FileReaders.createPrivateFolder(own);
    if (!FileReaders.isPrivate(own)) {
      throw new AccessDeniedException(own.toString());
    }
    removeDead(own);
    while (true) {
      String name = "spark-" + ProcessHandle.current().pid() + "-" + UUID.randomUUID();
      Path lockFile = own.resolve(name + LOCK);
      FileChannel channel =
          FileReaders.openPrivate(
              lockFile, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      if (FileRunLock.lock(channel) && Files.exists(lockFile)) {
        SparkScratch scratch = new SparkScratch(own.resolve(name), lockFile, channel);
        OPEN.add(scratch);
        FileReaders.createPrivateFolder(scratch.folder);
        return scratch;
      }
      channel.close(); // somebody took the new file for a dead process's
    }
  }

  /** What Spark is to use as its local folder. */
  public Path folder() {
    return folder;
  }

  /** Removes the folders of this process; Spark has stopped. */
  public static void closeAll() {
    for (SparkScratch scratch = OPEN.poll(); scratch != null; scratch = OPEN.poll()) {
      scratch.close();
    }
  }

  private void close() {
    try (lock) {
      deleteAll(folder);
      Files.deleteIfExists(lockFile);
    } catch (IOException e) {
      // The next process on this disk removes it.
    }
  }

  private static void removeDead(Path own) throws IOException {
    try (Stream<Path> files = Files.list(own)) {
      for (Path file : files.filter(f -> f.toString().endsWith(LOCK)).toList()) {
        try (FileChannel channel = FileReaders.openPrivate(file, StandardOpenOption.WRITE)) {
          if (FileRunLock.lock(channel)) {
            String name = file.getFileName().toString();
            deleteAll(own.resolve(name.substring(0, name.length() - LOCK.length())));
            Files.deleteIfExists(file);
          }
        } catch (java.nio.file.NoSuchFileException e) {
          // Another process was faster.
        }
      }
    }
  }

  private static void deleteAll(Path folder) throws IOException {
    if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes unused)
              throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) {
            return FileVisitResult.CONTINUE; // Spark removes its files at the same time
          }

          @Override
          public FileVisitResult postVisitDirectory(Path dir, IOException e) throws IOException {
            Files.deleteIfExists(dir);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
