package io.epicfhir.common.localfs;

import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;

/**
 * Hadoop's raw local file system by the JDK: files and folders are private from their first byte
 * on, two that create the same file are told apart, and what cannot be looked at is not taken for
 * what is not there.
 */
final class NioRawFileSystem extends RawLocalFileSystem {
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

  /** By itself it looks, and then makes: two that create the same file could both be the first. */
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
   * Not there only if that is certain: a lake that cannot be read is no empty lake. Looks twice, as
   * somebody may have made it between the look and the question why it failed.
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
