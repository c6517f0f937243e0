package io.epicfhir.common.localfs;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;

/**
 * Who may read what the pipeline writes on local disks, besides its owner; block {@code files} of
 * the settings. Nobody else ever writes there, and the process's umask plays no part.
 */
public enum FileReaders {
  /** Nobody. */
  OWNER("077"),
  /** The group that the files belong to. */
  GROUP("027");

  private static final Set<PosixFilePermission> OTHERS =
      EnumSet.range(PosixFilePermission.GROUP_READ, PosixFilePermission.OTHERS_EXECUTE);

  private final String umask;

  FileReaders(String umask) {
    this.umask = umask;
  }

  /** What Hadoop takes away from the permissions of each file that it makes. */
  public String umask() {
    return umask;
  }

  /** Makes a folder, and those above it that are not there, for its owner alone. */
  public static void createPrivateFolder(Path folder) throws IOException {
    try {
      Files.createDirectories(folder, attribute("rwx------"));
    } catch (UnsupportedOperationException e) {
      Files.createDirectories(folder); // a disk without POSIX permissions
    } catch (FileAlreadyExistsException e) {
      if (!Files.isDirectory(folder)) {
        throw e;
      }
    }
  }

  /**
   * Whether a folder, not a link to one, is open to nobody but its owner; true on disks without
   * POSIX permissions, which have their own way of guarding files.
   */
  public static boolean isPrivate(Path folder) throws IOException {
    try {
      return !Files.isSymbolicLink(folder) && !openToOthers(folder, OTHERS);
    } catch (UnsupportedOperationException e) {
      return true;
    }
  }

  /** Whether anybody but the owner may read or write a file that holds a secret. */
  public static boolean sharedWithOthers(Path secret) {
    try {
      return openToOthers(
          secret,
          EnumSet.of(
              PosixFilePermission.GROUP_READ,
              PosixFilePermission.GROUP_WRITE,
              PosixFilePermission.OTHERS_READ,
              PosixFilePermission.OTHERS_WRITE));
    } catch (IOException e) {
      return true;
    } catch (UnsupportedOperationException e) {
      return false;
    }
  }

  private static boolean openToOthers(Path path, Set<PosixFilePermission> asked)
      throws IOException {
    Set<PosixFilePermission> others = EnumSet.copyOf(asked);
    others.retainAll(Files.getPosixFilePermissions(path));
    return !others.isEmpty();
  }

  /** Opens a file that is its owner's alone where it is created by that. */
  public static FileChannel openPrivate(Path file, OpenOption... how) throws IOException {
    Set<OpenOption> options = Set.of(how);
    try {
      return FileChannel.open(file, options, attribute("rw-------"));
    } catch (UnsupportedOperationException e) {
      return FileChannel.open(file, options); // a disk without POSIX permissions
    }
  }

  /** For files as they are created. */
  static FileAttribute<Set<PosixFilePermission>> attribute(String permissions) {
    return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions));
  }
}
