package io.epicfhir.common;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** A disk of a few megabytes, in memory: it can be full, and it can be mounted read-only. */
public final class SmallDisk implements AutoCloseable {
  private static final String BALLAST = "ballast";

  private final Path root;

  private SmallDisk(Path root) {
    this.root = root;
  }

  /**
   * Mounts it; where this process may not, the test that asks is skipped.
   *
   * @param root an empty folder, which is made where there is none
   * @param size as mount takes it, for example {@code 2m}
   */
  public static SmallDisk mount(Path root, String size) throws IOException {
    Files.createDirectories(root);
    Assumptions.assumeTrue(
        process("mount", "-t", "tmpfs", "-o", "mode=755,size=" + size, "tmpfs", root.toString())
            == 0,
        "No right to mount a small tmpfs here: a full or read-only disk cannot be tried");
    return new SmallDisk(root);
  }

  /** Where it is mounted. */
  public Path root() {
    return root;
  }

  /**
   * Fills it.
   *
   * @param left how many bytes stay free
   */
  public void fill(long left) throws IOException {
    long bytes = Files.getFileStore(root).getUsableSpace() - left;
    byte[] page = new byte[4096];
    try (OutputStream out = Files.newOutputStream(root.resolve(BALLAST))) {
      for (long written = 0; written + page.length <= bytes; written += page.length) {
        out.write(page);
      }
    }
  }

  /** Takes away what {@link #fill} put there. */
  public void makeRoom() throws IOException {
    Files.deleteIfExists(root.resolve(BALLAST));
  }

  /** Mounts it again with other options, for example {@code size=64m}, {@code ro} or {@code rw}. */
  public void remount(String options) throws IOException {
    int status = process("mount", "-o", "remount," + options, root.toString());
    if (status != 0) {
      throw new IOException("Cannot remount " + root + " with " + options + ": status " + status);
    }
  }

  @Override
  public void close() {
    process("umount", "-l", root.toString());
  }

  private static int process(String... command) {
    try {
      return new ProcessBuilder(command)
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .onExit()
          .join()
          .exitValue();
    } catch (IOException e) {
      return -1; // there is no such program here
    }
  }
}
