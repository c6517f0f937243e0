package io.epicfhir.common;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.job.JobContext;
import io.epicfhir.common.lake.LakePaths;
import io.epicfhir.common.lake.RunLock;
import io.epicfhir.common.spark.SparkScratch;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a job leaves on local disks, where its process was given no umask at all and then killed.
 */
class PrivateFilesTest {
  private static final String CANARY = "CANARY-Jane-Doe";

  @TempDir Path folder;

  /** The job, in a process of its own; it ends as if killed, with Spark's files where they are. */
  public static final class Killed {
    private Killed() {}

    /** Begins with the folder. */
    public static void main(String... arguments) throws IOException {
      new JobRun(Path.of(arguments[0]), "").run(Killed::work);
    }

    private static void work(JobContext context) {
      var rows =
          context
              .spark()
              .range(0, 2000, 1, 2)
              .select(functions.concat(functions.lit(CANARY), functions.col("id")).as("name"))
              .repartition(3, functions.col("name"));
      LakePaths paths = context.lake().paths();
      rows.write().parquet(paths.at("bronze").toString());
      rows.write().format("delta").save(paths.view("people").toString());
      context.lake().write(paths.state("s.json"), "{}");
      RunLock.acquire(context.lake(), "silver", Duration.ZERO);
      Runtime.getRuntime().halt(ChildJvm.KILLED);
    }
  }

  @Test
  void underUmaskZeroAndAfterAKillNothingIsOpenAndTheNextRunRemovesSparksFiles() throws Exception {
    Path disk = Files.createDirectory(folder.resolve("disk"));
    List<String> command = new ArrayList<>(List.of("sh", "-c", "umask 000; exec \"$@\"", "sh"));
    command.addAll(
        ChildJvm.command(
            Killed.class,
            List.of("-Dspark.local.dir=" + disk, "-Dspark.shuffle.compress=false"),
            folder.toString()));
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor())
        .isEqualTo(ChildJvm.KILLED);

    List<Path> written = files(folder.resolve("lake"));
    assertThat(written).hasSizeGreaterThan(10);
    assertThat(written).allMatch(PrivateFilesTest::isPrivate);
    List<Path> own;
    try (Stream<Path> found = Files.list(disk)) {
      own = found.toList();
    }
    assertThat(own).hasSize(1).allMatch(PrivateFilesTest::isPrivate);
    List<Path> shuffled =
        files(disk).stream().filter(file -> file.toString().endsWith(".data")).toList();
    assertThat(shuffled).isNotEmpty();
    for (Path file : shuffled) {
      assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
          .doesNotContain("CANARY");
    }

    SparkScratch next = SparkScratch.open(disk);
    assertThat(files(disk).stream().filter(Files::isRegularFile))
        .containsExactly(Path.of(next.folder() + ".lock"));
    SparkScratch.open(disk);
    assertThat(next.folder()).as("of a process that lives").isDirectory();
  }

  @Test
  void aFolderThatOthersCanLookIntoIsNotUsed() throws Exception {
    Path open = folder.resolve("epic-fhir-" + System.getProperty("user.name"));
    Files.createDirectory(open);
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxr-xr-x"));
    assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> SparkScratch.open(folder)))
        .isInstanceOf(java.nio.file.AccessDeniedException.class);
  }

  private static List<Path> files(Path root) throws IOException {
    try (Stream<Path> found = Files.walk(root)) {
      return found.toList();
    }
  }

  private static boolean isPrivate(Path path) {
    try {
      return PosixFilePermissions.toString(Files.getPosixFilePermissions(path)).endsWith("------");
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
