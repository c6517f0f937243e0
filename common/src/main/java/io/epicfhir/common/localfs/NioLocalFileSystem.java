package io.epicfhir.common.localfs;

import io.epicfhir.common.StorageFailure;
import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.ChecksumFileSystem;
import org.apache.hadoop.fs.CommonConfigurationKeys;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FsConstants;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;

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
    super(new Raw());
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

  static final class Raw extends RawLocalFileSystem {
    private FsPermission umask = new FsPermission(FileReaders.OWNER.umask());

    @Override
    public void initialize(URI uri, Configuration hadoop) throws IOException {
      super.initialize(uri, hadoop);
      umask = new FsPermission((short) (FsPermission.getUMask(hadoop).toShort() | 07));
    }

    @Override
    protected OutputStream createOutputStreamWithMode(
        Path path, boolean append, FsPermission permission) throws IOException {
      java.nio.file.Path file = pathToFile(path).toPath();
      if (!append && Files.notExists(file)) {
        try {
          createFile(file);
        } catch (java.nio.file.FileAlreadyExistsException e) {
          // Somebody else was faster; who may replace it does.
        }
      }
      FsPermission wanted = permission == null ? FsPermission.getFileDefault() : permission;
      return new LocalOutput(
          super.createOutputStreamWithMode(path, append, append ? permission : wanted));
    }

    /** Never open to others, not for a moment. */
    private static void createFile(java.nio.file.Path file) throws IOException {
      try {
        Files.createFile(file, FileReaders.attribute("rw-------"));
      } catch (UnsupportedOperationException e) {
        Files.createFile(file); // a disk without POSIX permissions
      }
    }

    /**
     * By itself it looks, and then makes: two that create the same file could both be the first.
     */
    @Override
    public FSDataOutputStream create(
        Path path,
        FsPermission permission,
        boolean overwrite,
        int bufferSize,
        short replication,
        long blockSize,
        Progressable progress)
        throws IOException {
      first(path, overwrite);
      return super.create(path, permission, true, bufferSize, replication, blockSize, progress);
    }

    @Override
    public FSDataOutputStream create(
        Path path,
        boolean overwrite,
        int bufferSize,
        short replication,
        long blockSize,
        Progressable progress)
        throws IOException {
      first(path, overwrite);
      return super.create(path, true, bufferSize, replication, blockSize, progress);
    }

    private void first(Path path, boolean overwrite) throws IOException {
      if (!overwrite) {
        Path parent = path.getParent();
        if (parent != null) {
          mkdirs(parent);
        }
        try {
          createFile(pathToFile(path).toPath());
        } catch (java.nio.file.FileAlreadyExistsException e) {
          throw new FileAlreadyExistsException("File already exists: " + path);
        }
      }
    }

    /** By itself Hadoop says no more than that there is no folder now, and not why. */
    @Override
    protected boolean mkOneDirWithMode(Path path, File folder, FsPermission permission)
        throws IOException {
      try {
        Files.createDirectory(folder.toPath(), FileReaders.attribute("rwx------"));
      } catch (java.nio.file.FileAlreadyExistsException e) {
        return folder.isDirectory();
      } catch (UnsupportedOperationException e) {
        Files.createDirectory(folder.toPath());
      }
      setPermission(path, permission == null ? FsPermission.getDirDefault() : permission);
      return true;
    }

    @Override
    public FSDataInputStream open(Path path, int bufferSize) throws IOException {
      return found(path, () -> super.open(path, bufferSize));
    }

    @Override
    public FileStatus getFileStatus(Path path) throws IOException {
      return found(path, () -> super.getFileStatus(path));
    }

    @Override
    public FileStatus[] listStatus(Path path) throws IOException {
      return found(path, () -> super.listStatus(path));
    }

    /** By itself one {@code readlink} process a file, and four a renamed one. */
    @Override
    public FileStatus getFileLinkStatus(Path path) throws IOException {
      return Files.isSymbolicLink(pathToFile(path).toPath())
          ? super.getFileLinkStatus(path)
          : getFileStatus(path);
    }

    /** By itself false where nothing can be said. */
    @Override
    public boolean exists(Path path) throws IOException {
      try {
        getFileStatus(path);
        return true;
      } catch (FileNotFoundException e) {
        return false;
      }
    }

    private interface Look<T> {
      T look() throws IOException;
    }

    /**
     * Not there only if that is certain: a lake that cannot be read is no empty lake. Looks twice,
     * as somebody may have made it between the look and the question why it failed.
     */
    private <T> T found(Path path, Look<T> look) throws IOException {
      try {
        return look.look();
      } catch (FileNotFoundException e) {
        if (Files.notExists(pathToFile(path).toPath())) {
          throw e;
        }
      }
      try {
        return look.look();
      } catch (FileNotFoundException e) {
        throw Files.notExists(pathToFile(path).toPath())
            ? e
            : new AccessDeniedException(path.toString());
      }
    }

    @Override
    public void setPermission(Path path, FsPermission asked) throws IOException {
      FsPermission permission = asked.applyUMask(umask);
      if (permission.getStickyBit()) {
        super.setPermission(path, permission);
        return;
      }
      String text =
          permission.getUserAction().SYMBOL
              + permission.getGroupAction().SYMBOL
              + permission.getOtherAction().SYMBOL;
      try {
        Files.setPosixFilePermissions(
            pathToFile(path).toPath(), PosixFilePermissions.fromString(text));
      } catch (UnsupportedOperationException e) {
        super.setPermission(path, permission); // a disk without POSIX permissions
      }
    }
  }
}
