package io.epicfhir.common.lake;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.StorageFailure;
import io.epicfhir.common.localfs.NioLocalFileSystem;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;

/**
 * The lake's file system with every result checked: what Hadoop reports by a boolean is an
 * exception here. All methods throw {@link JobException} with {@link ExitCode#STORAGE} where the
 * storage fails.
 */
public final class Lake {
  /** Object stores where a file appears when its writer closes it, and a rename is a copy. */
  private static final Set<String> APPEARS_WHOLE = Set.of("s3a", "gs");

  private final LakePaths paths;
  private final Configuration hadoop;

  /**
   * @param paths the lake's layout
   * @param hadoop the file system's configuration (Spark's where there is a session)
   */
  public Lake(LakePaths paths, Configuration hadoop) {
    this.paths = paths;
    this.hadoop = hadoop;
  }

  /** The lake's layout. */
  public LakePaths paths() {
    return paths;
  }

  /** The Hadoop configuration that the lake is read with. */
  public Configuration hadoop() {
    return hadoop;
  }

  /** The file's text, or empty where there is no such file. */
  public Optional<String> read(Path file) {
    try (var in = fileSystem(file).open(file)) {
      return Optional.of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (FileNotFoundException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw cannot("read", file, e);
    }
  }

  /** Replaces a small file in one step: readers see the old text or the new, never a part. */
  public void write(Path file, String text) {
    Path part = new Path(file.getParent(), "." + file.getName() + "." + UUID.randomUUID());
    try {
      FileSystem fs = fileSystem(file);
      boolean atOnce = APPEARS_WHOLE.contains(fs.getScheme());
      FileSystem plain = NioLocalFileSystem.unchecked(fs);
      try (OutputStream out = plain.create(atOnce ? file : part, atOnce)) {
        out.write(text.getBytes(StandardCharsets.UTF_8));
      }
      if (!atOnce) {
        moveOver(fs, part, file);
      }
    } catch (IOException e) {
      throw StorageFailure.of("write " + file, e, part, hadoop);
    }
  }

  /** Moves a file to a place where nothing is; makes the folder. */
  public void move(Path from, Path to) {
    try {
      FileSystem fs = fileSystem(from);
      if (!fs.mkdirs(to.getParent()) || !fs.rename(from, to)) {
        throw cannot("move a file to", to, null);
      }
    } catch (IOException e) {
      throw cannot("move a file to", to, e);
    }
  }

  /** Removes a file or folder with all in it; nothing there is fine. */
  public void delete(Path path) {
    try {
      FileSystem fs = fileSystem(path);
      if (!fs.delete(path, true) && fs.exists(path)) {
        throw cannot("delete", path, null);
      }
    } catch (IOException e) {
      throw cannot("delete", path, e);
    }
  }

  /** Whether there is such a file or folder. */
  public boolean exists(Path path) {
    try {
      return fileSystem(path).exists(path);
    } catch (IOException e) {
      throw cannot("look for", path, e);
    }
  }

  /** A file's length in bytes, or empty where there is no such file. */
  public Optional<Long> length(Path file) {
    try {
      return Optional.of(fileSystem(file).getFileStatus(file).getLen());
    } catch (FileNotFoundException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw cannot("look for", file, e);
    }
  }

  /**
   * Moves a file unless an earlier process has done so: the source is gone and the target there.
   */
  public void moveOnce(Path from, Path to) {
    if (length(from).isPresent() || length(to).isEmpty()) {
      move(from, to);
    }
  }

  /**
   * What lies directly in a folder, sorted by name; empty where there is no such folder. Hidden
   * part files are left out.
   */
  public List<FileStatus> list(Path folder) {
    try {
      List<FileStatus> found =
          new ArrayList<>(Arrays.asList(fileSystem(folder).listStatus(folder)));
      found.removeIf(f -> f.getPath().getName().startsWith("."));
      found.sort((a, b) -> a.getPath().getName().compareTo(b.getPath().getName()));
      return found;
    } catch (FileNotFoundException e) {
      return List.of();
    } catch (IOException e) {
      throw cannot("list", folder, e);
    }
  }

  private FileSystem fileSystem(Path path) throws IOException {
    try {
      return path.getFileSystem(hadoop);
    } catch (RuntimeException | LinkageError e) {
      if (e instanceof LinkageError || e.getCause() instanceof ClassNotFoundException) {
        throw new JobException(
            ExitCode.SETTINGS,
            "Cannot use "
                + path
                + ": its file system's classes are missing; put its JARs into the folder"
                + " that EPIC_FHIR_EXTRA_JARS names",
            e);
      }
      throw e;
    }
  }

  /** One step on local disks (POSIX rename) and on HDFS (its own overwriting rename). */
  private void moveOver(FileSystem fs, Path part, Path file) throws IOException {
    if ("hdfs".equals(fs.getScheme())) {
      FileContext.getFileContext(fs.getUri(), hadoop).rename(part, file, Options.Rename.OVERWRITE);
    } else if (!fs.rename(part, file) && (!fs.delete(file, false) || !fs.rename(part, file))) {
      throw new IOException("rename refused");
    }
  }

  private static JobException cannot(String verb, Path path, IOException cause) {
    return StorageFailure.of(verb + " " + path, cause);
  }
}
