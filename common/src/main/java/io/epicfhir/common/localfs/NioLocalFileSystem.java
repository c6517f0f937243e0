package io.epicfhir.common.localfs;

import io.epicfhir.common.StorageFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.ChecksumFileSystem;
import org.apache.hadoop.fs.CommonConfigurationKeys;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FsConstants;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Hadoop's local file system, which without its native library starts a {@code chmod} process for
 * every file it creates, and a {@code readlink} process for every one it renames; here the JDK sets
 * and looks. Forking a large JVM some hundred times costs seconds a task. And where Hadoop takes
 * what it may not look at for what is not there, and a full disk for an Error, here both are an
 * IOException with the operating system's reason. All that the lake holds on a local disk is
 * written through here, so that it is private from its first byte on, whatever the process's umask
 * is and whatever a writer asks for.
 */
public final class NioLocalFileSystem extends LocalFileSystem {
  /** What makes Hadoop use it, with both of its interfaces. */
  public static final Map<String, String> SETTINGS =
      Map.of(
          "fs.file.impl",
          NioLocalFileSystem.class.getName(),
          "fs.AbstractFileSystem.file.impl",
          NioLocalContext.class.getName(),
          CommonConfigurationKeys.FS_PERMISSIONS_UMASK_KEY,
          FileReaders.OWNER.umask());

  /** The same settings as a Spark session takes them. */
  public static Map<String, Object> ofSpark() {
    return SETTINGS.entrySet().stream()
        .collect(Collectors.toMap(e -> "spark.hadoop." + e.getKey(), Map.Entry::getValue));
  }

  /** Made by Hadoop, by its name. */
  public NioLocalFileSystem() {
    super(new NioRawFileSystem());
  }

  /**
   * Hadoop keeps one file system a scheme, and spark-submit may have asked for one before these
   * settings counted.
   */
  public static void takePlace(Configuration hadoop) {
    try {
      FileSystem kept = FileSystem.get(FsConstants.LOCAL_FS_URI, hadoop);
      if (!(kept instanceof NioLocalFileSystem)) {
        kept.close();
      }
    } catch (IOException e) {
      throw StorageFailure.of("use the local file system", e);
    }
  }

  /**
   * Moves a file or folder, and removes the target's old checksum before the target is another
   * file. Hadoop replaces the file first and its checksum then; a process that dies in between
   * leaves a file that nobody can read any more. Of a file without checksum nothing is asked, and
   * one that is moved onto itself keeps its own.
   */
  @Override
  public boolean rename(Path from, Path to) throws IOException {
    java.nio.file.Path source = pathToFile(from).toPath();
    java.nio.file.Path target = pathToFile(to).toPath();
    boolean another = !source.normalize().equals(target.normalize());
    if (another && !Files.isDirectory(target) && Files.isRegularFile(source)) {
      Files.deleteIfExists(pathToFile(getChecksumFile(to)).toPath());
    }
    return super.rename(from, to);
  }

  /**
   * The same files without checksums, for those that are replaced while others read them: two files
   * cannot be replaced in one step.
   *
   * @param fs any file system
   */
  public static FileSystem unchecked(FileSystem fs) {
    return fs instanceof ChecksumFileSystem checked ? checked.getRawFileSystem() : fs;
  }
}
