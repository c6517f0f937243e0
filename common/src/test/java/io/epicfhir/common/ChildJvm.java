package io.epicfhir.common;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A JVM of its own for a main that is to die: the test's class path, and what Spark must open. */
public final class ChildJvm {
  /** The exit status of a process that died at its failpoint. */
  public static final int KILLED = 137;

  private ChildJvm() {}

  /**
   * Runs a main until it ends, by itself or at the failpoint.
   *
   * @param failpoint NAME:N, as {@link Failpoint} reads it
   * @return its exit status
   */
  public static int run(Class<?> main, String failpoint, String... arguments)
      throws IOException, InterruptedException {
    return start(main, List.of("-Depicfhir.failpoint=" + failpoint), arguments).waitFor();
  }

  /**
   * Starts a main; what it prints is thrown away.
   *
   * @param options more of the JVM's own, behind those that Spark and a small machine need
   */
  public static Process start(Class<?> main, List<String> options, String... arguments)
      throws IOException {
    return new ProcessBuilder(command(main, options, arguments))
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  /** The command line by which a main starts; see {@link #start}. The caller may change it. */
  public static List<String> command(Class<?> main, List<String> options, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(opens());
    command.addAll(
        List.of(
            "-Xmx512m",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Dspark.master=local[2]",
            "-Dspark.ui.enabled=false"));
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(arguments));
    return command;
  }

  /** As this JVM was given them: the build alone says what Spark needs. */
  private static List<String> opens() {
    return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("--add-opens=") || argument.startsWith("-Djdk."))
        .toList();
  }
}
