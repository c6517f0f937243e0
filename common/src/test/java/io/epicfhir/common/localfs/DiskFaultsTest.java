package io.epicfhir.common.localfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.JobRun;
import io.epicfhir.common.LandingCount;
import io.epicfhir.common.OtherUser;
import io.epicfhir.common.SmallDisk;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.LakePaths;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.memory.SparkOutOfMemoryError;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The fault table's rows 36 and 37 where all jobs have them: the report and the lake's state. */
class DiskFaultsTest {
  private static final String ADVICE = "check that the lake exists, is writable and is not full";

  @TempDir Path folder;

  @Test
  void fault_36_a_report_without_room_is_never_green_and_leaves_no_part() throws Exception {
    JobRun job = new JobRun(folder, "");
    try (SmallDisk disk = SmallDisk.mount(folder.resolve("lake"), "256k")) {
      disk.fill(0);

      assertThat(job.run(context -> {})).isEqualTo(6);

      assertThat(files(disk.root())).noneMatch(name -> name.contains(".json"));
      disk.makeRoom();
      assertThat(job.run(context -> {})).isZero();
      assertThat(job.report().at("/run/exit_code").asInt()).isZero();
    }
  }

  @Test
  void fault_36_what_failed_before_the_report_says_how_the_job_ends() throws Exception {
    JobRun job = new JobRun(folder, "");
    try (SmallDisk disk = SmallDisk.mount(folder.resolve("lake"), "256k")) {
      int status =
          job.run(
              context -> {
                disk.fill(0);
                throw new JobException(ExitCode.DATA_REFUSED, "Cannot reconcile x; look");
              });

      assertThat(status).isEqualTo(5);
    }
  }

  @Test
  void fault_36_a_full_disk_that_nobody_reckoned_with_is_no_defect() throws Exception {
    JobRun job = new JobRun(folder, "");
    try (SmallDisk disk = SmallDisk.mount(folder.resolve("small"), "256k")) {
      assertThat(job.run(context -> disk.fill(-8192))).isEqualTo(6);

      assertThat(job.report().at("/run/error").asText())
          .startsWith("Cannot continue: No space left on device; check that the lake and Spark's");
    }
  }

  @Test
  void fault_36_what_memory_and_disk_cannot_hold_is_no_defect() throws Exception {
    JobRun job = new JobRun(folder, "");
    Map<String, String> told =
        Map.of("consumerToSpill", "a sorter", "message", "No space left on device");

    int status =
        job.run(
            context -> {
              throw new IllegalStateException(
                  new SparkOutOfMemoryError("SPILL_OUT_OF_MEMORY", told));
            });

    assertThat(status).isEqualTo(6);
  }

  @Test
  void fault_36_a_state_file_is_the_old_one_until_there_is_room_for_the_new() throws Exception {
    try (SmallDisk disk = SmallDisk.mount(folder.resolve("lake"), "256k")) {
      Lake lake = lake(disk.root());
      org.apache.hadoop.fs.Path file = lake.paths().state("a.json");
      lake.write(file, "old");
      disk.fill(0);

      assertThatThrownBy(() -> lake.write(file, "new".repeat(20_000)))
          .isInstanceOfSatisfying(
              JobException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.STORAGE))
          .hasMessageStartingWith("Cannot write ")
          .hasMessageEndingWith("state/a.json: No space left on device; " + ADVICE);

      assertThat(lake.read(file)).contains("old");
      disk.makeRoom();
      lake.write(file, "new");
      assertThat(lake.read(file)).contains("new");
      assertThat(files(disk.root())).allMatch(name -> !name.contains(".a.json.a"));
    }
  }

  @Test
  void fault_37_a_read_only_disk_is_told_by_its_name() throws Exception {
    JobRun job = new JobRun(folder, "");
    try (SmallDisk disk = SmallDisk.mount(folder.resolve("lake"), "256k")) {
      Lake lake = lake(disk.root());
      lake.write(lake.paths().state("a.json"), "old");
      disk.remount("ro");

      assertThatThrownBy(() -> lake.write(lake.paths().state("a.json"), "new"))
          .hasMessageEndingWith("a.json: Read-only file system; " + ADVICE);
      assertThatThrownBy(() -> lake.write(lake.paths().at("new/folder/b.json"), "new"))
          .hasMessageEndingWith("b.json: Read-only file system; " + ADVICE);
      assertThat(job.run(context -> {})).isEqualTo(6);

      disk.remount("rw");
      assertThat(lake.read(lake.paths().state("a.json"))).contains("old");
      assertThat(job.run(context -> {})).isZero();
    }
  }

  @Test
  void fault_37_what_this_user_may_not_read_is_not_taken_for_what_is_not_there() throws Exception {
    OtherUser user = OtherUser.in(folder);
    List<String> closed = List.of("state/landings/e.json", "state/landings", "state");
    List<String> roots = new ArrayList<>(List.of(landed("open").toString(), folder + "/none"));
    for (String path : closed) {
      Path root = landed("no-" + path.replace('/', '-'));
      Files.setPosixFilePermissions(
          root.resolve(path), PosixFilePermissions.fromString("rwx------"));
      roots.add(root.toString());
    }

    assertThat(user.run(LandingCount.class, roots.toArray(String[]::new))).isZero();

    assertThat(user.said().lines().filter(line -> line.matches("(landings|exit) \\d")))
        .containsExactly("landings 1", "landings 0", "exit 6", "exit 6", "exit 6");
  }

  @Test
  void a_file_that_does_not_fit_its_checksum_is_named_with_what_to_do() throws Exception {
    Lake lake = lake(folder.resolve("lake"));
    org.apache.hadoop.fs.Path file = lake.paths().state("a.json");
    try (var out = file.getFileSystem(lake.hadoop()).create(file)) {
      out.write("old".getBytes(StandardCharsets.UTF_8));
    }
    Path state = folder.resolve("lake/state");
    // What a process killed between the two steps of an overwriting rename left behind.
    Files.writeString(state.resolve("a.json"), "new");

    assertThatThrownBy(() -> lake.read(file))
        .isInstanceOfSatisfying(
            JobException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.STORAGE))
        .hasMessageEndingWith(
            "state/a.json does not match its checksum; restore the file from a backup; if the file is intact"
                + " and only its hidden .crc file is outdated, delete the .crc file");

    Files.delete(state.resolve(".a.json.crc"));
    assertThat(lake.read(file)).contains("new");
  }

  /** A lake with a landing. */
  private Path landed(String name) throws IOException {
    Path root = folder.resolve(name);
    new Landings(lake(root))
        .publish(new Landing("e", "g", Instant.EPOCH, null, Instant.EPOCH, "etl/r", List.of()));
    OtherUser.mayRead(root);
    return root;
  }

  private static Lake lake(Path root) {
    Configuration hadoop = new Configuration();
    NioLocalFileSystem.SETTINGS.forEach(hadoop::set);
    return new Lake(new LakePaths(root.toUri().toString()), hadoop);
  }

  /** All files in a folder, by name. */
  private static List<String> files(Path root) throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      return all.filter(Files::isRegularFile).map(file -> file.getFileName().toString()).toList();
    }
  }
}
