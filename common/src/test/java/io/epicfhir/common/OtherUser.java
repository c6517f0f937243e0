package io.epicfhir.common;

import java.io.File;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/**
 * A user who is not root: for root no permission counts, and tests may run as root. What the user
 * must read to run a main is given to him in a folder that he can enter.
 */
public final class OtherUser {
  /** A number that no account of people has: {@code nobody} on most systems. */
  private static final String ID = "65534";

  private final Path classes;
  private final Path log;

  private OtherUser(Path folder) {
    this.classes = folder.resolve("classes");
    this.log = folder.resolve("log");
  }

  /**
   * The user; where this process may not become another one, the test that asks is skipped.
   *
   * @param folder the test's own; all may enter it from here on
   */
  public static OtherUser in(Path folder) throws IOException, InterruptedException {
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    OtherUser user = new OtherUser(folder);
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    Assumptions.assumeTrue(
        user.run(user.as(List.of(java, "-version"))) == 0,
        "No right to run Java as another user here: his permissions cannot be tried");
    return user;
  }

  /** Runs a main as this user until it ends; its exit status. */
  public int run(Class<?> main, String... arguments) throws IOException, InterruptedException {
    List<String> command = ChildJvm.command(main, List.of(), arguments);
    command.set(command.indexOf("-cp") + 1, readable());
    return run(as(command));
  }

  /** What the last main had to say. */
  public String said() throws IOException {
    return Files.readString(log);
  }

  /** Makes a file, or a folder with all in it, this user's own. */
  public void own(Path path) throws IOException, InterruptedException {
    if (run(List.of("chown", "-R", ID + ":" + ID, path.toString())) != 0) {
      throw new IOException("Cannot give " + path + " to user " + ID);
    }
  }

  /** Lets this user, too, read all in a folder. */
  public static void mayRead(Path folder) throws IOException {
    try (var all = Files.walk(folder)) {
      for (Path path : all.toList()) {
        String permissions = Files.isDirectory(path) ? "rwxr-xr-x" : "rw-r--r--";
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
      }
    }
  }

  private List<String> as(List<String> command) {
    List<String> all = new ArrayList<>();
    all.addAll(List.of("setpriv", "--reuid", ID, "--regid", ID, "--clear-groups"));
    all.addAll(command);
    return all;
  }

  /** The class path once more by hard links: where it lies, only its owner may be let in. */
  private String readable() throws IOException {
    List<String> entries = new ArrayList<>();
    for (String entry :
        System.getProperty("java.class.path").split(File.pathSeparator, Integer.MAX_VALUE)) {
      Path from = Path.of(entry);
      Path to = classes.resolve(String.valueOf(entries.size())).resolve(from.getFileName());
      entries.add(to.toString());
      if (Files.exists(from) && !Files.exists(to)) {
        link(from, to);
      }
    }
    return String.join(File.pathSeparator, entries);
  }

  private static void link(Path from, Path to) throws IOException {
    Files.walkFileTree(
        from,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Path target = to.resolve(from.relativize(file)).normalize();
            Files.createDirectories(target.getParent());
            try {
              Files.createLink(target, file);
            } catch (IOException | UnsupportedOperationException e) {
              Files.copy(file, target); // on another disk
            }
            return FileVisitResult.CONTINUE;
          }
        });
  }

  private int run(List<String> command) throws InterruptedException {
    try {
      return new ProcessBuilder(command)
          .redirectErrorStream(true)
          .redirectOutput(log.toFile())
          .start()
          .waitFor();
    } catch (IOException e) {
      return -1; // there is no such program here
    }
  }
}
