package io.epicfhir.common.localfs;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.ChecksumFs;
import org.apache.hadoop.fs.DelegateToFileSystem;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FsConstants;
import org.apache.hadoop.fs.FsServerDefaults;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.local.LocalConfigKeys;

/**
 * {@link NioLocalFileSystem} as Hadoop's FileContext sees it, by which Delta writes each commit and
 * each checksum file of a table.
 */
public final class NioLocalContext extends ChecksumFs {
  /**
   * Made by Hadoop, by its name.
   *
   * @param uri the one of all local files
   * @param hadoop what the file system is set up with
   */
  public NioLocalContext(URI uri, Configuration hadoop) throws IOException, URISyntaxException {
    super(new Raw(hadoop));
  }

  @Override
  public void renameInternal(Path from, Path to) throws IOException {
    removeOldChecksum(to, false);
    super.renameInternal(from, to);
  }

  @Override
  public void renameInternal(Path from, Path to, boolean overwrite) throws IOException {
    removeOldChecksum(to, overwrite);
    super.renameInternal(from, to, overwrite);
  }

  /** First, and not after the file itself as Hadoop does: see {@link NioLocalFileSystem#rename}. */
  private void removeOldChecksum(Path to, boolean overwrite) throws IOException {
    java.nio.file.Path target = local(to);
    if (!Files.isDirectory(target) && (overwrite || Files.notExists(target))) {
      Files.deleteIfExists(local(getChecksumFile(to)));
    }
  }

  private static java.nio.file.Path local(Path path) {
    return java.nio.file.Path.of(path.toUri().getPath());
  }

  private static final class Raw extends DelegateToFileSystem {
    private Raw(Configuration hadoop) throws IOException, URISyntaxException {
      super(
          FsConstants.LOCAL_FS_URI,
          new NioRawFileSystem(),
          hadoop,
          FsConstants.LOCAL_FS_URI.getScheme(),
          false);
    }

    /**
     * One step where nothing may be replaced, which is how Delta commits: a hard link fails where
     * the target is there, no matter who made it. Hadoop looks first and renames then, and of two
     * committers in between both win. One step too where a file may be replaced: Hadoop deletes it
     * first, and a process that dies in between leaves none.
     */
    @Override
    public void renameInternal(Path from, Path to, boolean overwrite) throws IOException {
      java.nio.file.Path source = local(from);
      java.nio.file.Path target = local(to);
      if (!Files.isRegularFile(source) || (overwrite && Files.isDirectory(target))) {
        super.renameInternal(from, to, overwrite);
        return;
      }
      if (overwrite) {
        Files.move(
            source, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        return;
      }
      try {
        Files.createLink(target, source);
        Files.delete(source);
      } catch (java.nio.file.FileAlreadyExistsException e) {
        throw new FileAlreadyExistsException(to + " already exists");
      } catch (UnsupportedOperationException e) {
        super.renameInternal(from, to, false); // a disk without hard links
      } catch (FileSystemException e) {
        if (Files.exists(target)) {
          throw e;
        }
        super.renameInternal(from, to, false); // such a disk, which the JDK does not know as one
      }
    }

    @Override
    public int getUriDefaultPort() {
      return -1;
    }

    @Override
    public FsServerDefaults getServerDefaults(Path path) throws IOException {
      return LocalConfigKeys.getServerDefaults();
    }

    @Override
    public boolean isValidName(String name) {
      return true; // the operating system judges it
    }
  }
}
