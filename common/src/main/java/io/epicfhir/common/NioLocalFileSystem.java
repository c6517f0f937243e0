package io.epicfhir.common;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;

/**
 * Hadoop's local file system, which without its native library starts a {@code chmod} process for
 * every file it creates; here the JDK sets the permission. Forking a large JVM some hundred times
 * costs seconds a task.
 */
public final class NioLocalFileSystem extends LocalFileSystem {
  /** The setting of Hadoop that names the class. */
  public static final String KEY = "fs.file.impl";

  /** Made by Hadoop, by its name. */
  public NioLocalFileSystem() {
    super(new Raw());
  }

  private static final class Raw extends RawLocalFileSystem {
    @Override
    public void setPermission(Path path, FsPermission permission) throws IOException {
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
