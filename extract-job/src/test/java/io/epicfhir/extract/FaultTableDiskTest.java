package io.epicfhir.extract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.ChildJvm;
import io.epicfhir.common.OtherUser;
import io.epicfhir.common.SmallDisk;
import io.epicfhir.sandbox.http.RequestKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The fault table's rows about the lake's disk; see {@link FaultTableTest}. */
class FaultTableDiskTest extends SiteTest {
  private static final String FULL = "No space left on device; check that the lake exists";
  private static final int FILES = 4;
  private static List<String> undisturbed = List.of();

  /** Hadoop keeps file systems for the whole process; the jobs bring their own. */
  @BeforeEach
  void forgetOtherFileSystems() throws IOException {
    FileSystem.closeAll();
  }

  /** Room for nothing; for the fence; for one file of three; for all, but not for them as one. */
  @ParameterizedTest
  @ValueSource(longs = {0, 100_000, 350_000, 900_000})
  void fault_36_a_disk_that_fills_while_an_export_lands(long left) throws IOException {
    openLarge();
    try (SmallDisk lake = SmallDisk.mount(folder.resolve("lake"), "4m")) {
      assertThat(kickOff()).isZero();
      assertThat(status()).isZero();
      lake.fill(left);

      assertThat(extract()).isEqualTo(6);

      assertThat(site.landings()).isEmpty();
      if (left > 0) {
        assertThat(error("extract")).startsWith("Cannot write ").contains(FULL);
      }
      lake.remount("size=16m");
      assertThat(extract()).isZero();
      hasLanded();
      // Each of the small files is a task's only one, and each task finds out for itself.
      assertThat(asked(RequestKind.FILE)).isBetween((long) FILES, 2L * FILES);
      lake.makeRoom();
      assertThat(shape(lake.root())).isEqualTo(undisturbed());
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 4_096, 8_192, 12_288, 16_384, 20_480, 24_576, 28_672})
  void fault_36_a_disk_that_fills_around_a_kick_off(long left) throws IOException {
    open(o -> o.kickOffs(k -> k.reusesExports()));
    try (SmallDisk lake = SmallDisk.mount(folder.resolve("lake"), "1m")) {
      lake.fill(left);

      assertThat(kickOff()).isEqualTo(6);

      lake.makeRoom();
      assertThat(kickOff()).isZero();
      assertThat(status()).isZero();
      assertThat(site.server.requests().exportsStarted()).isOne();
    }
  }

  @Test
  void fault_36_log_and_report_without_room_never_show_green_and_cost_no_data() throws Exception {
    openLarge();
    try (SmallDisk small = SmallDisk.mount(folder.resolve("lake/metrics"), "256k")) {
      assertThat(kickOff()).isZero();
      assertThat(status()).isZero();
      small.fill(0);

      assertThat(child(Extract.class, "extract", small.root())).isEqualTo(6);

      assertThat(site.landings()).hasSize(1);
      assertThat(small.root().resolve("etl/r1/extract.json")).doesNotExist();
      small.makeRoom();
      assertThat(extract()).isZero();
      assertThat(notes("extract")).contains("had already landed");
      hasLanded();
      assertThat(asked(RequestKind.FILE)).isEqualTo(FILES);
    }
  }

  /** What a run must not lose stands in its report; where that is whole, the log is not missed. */
  @Test
  void fault_36_logs_alone_without_room_change_nothing() throws Exception {
    open(o -> o);
    try (SmallDisk small = SmallDisk.mount(folder.resolve("logs"), "256k")) {
      small.fill(0);

      assertThat(child(KickOff.class, "kick_off", small.root())).isZero();

      assertThat(Files.size(small.root().resolve("log"))).isZero();
      assertThat(site.report("r1", "kick_off").at("/run/status").asText()).isEqualTo("success");
      assertThat(status()).isZero();
      assertThat(site.server.requests().exportsStarted()).isOne();
    }
  }

  @Test
  void fault_37_a_lake_that_is_mounted_read_only() throws IOException {
    openLarge();
    try (SmallDisk lake = SmallDisk.mount(folder.resolve("lake"), "16m")) {
      lake.remount("ro");
      assertThat(kickOff()).isEqualTo(6);
      assertThat(site.server.requests().exportsStarted()).isZero();
      lake.remount("rw");
      assertThat(kickOff()).isZero();
      assertThat(status()).isZero();
      List<String> before = shape(lake.root());
      lake.remount("ro");

      assertThat(extract()).isEqualTo(6);

      assertThat(asked(RequestKind.FILE)).isZero();
      assertThat(shape(lake.root())).isEqualTo(before);
      lake.remount("rw");
      assertThat(extract()).isZero();
      hasLanded();
      assertThat(shape(lake.root())).isEqualTo(undisturbed());
    }
  }

  @Test
  void fault_37_a_lake_of_another_user() throws Exception {
    open(o -> o);
    OtherUser user = OtherUser.in(folder);
    Path lake = Files.createDirectory(folder.resolve("lake"));
    user.own(folder.resolve("keys"));

    assertThat(user.run(KickOff.class, site.arguments("r1", "kick_off"))).isEqualTo(6);

    assertThat(user.said())
        .contains("Permission denied; check that the lake exists, is writable and is not full");
    assertThat(site.server.requests().exportsStarted()).isZero();
    assertThat(lake).isEmptyDirectory();
    user.own(lake);
    assertThat(user.run(KickOff.class, site.arguments("r1", "kick_off"))).isZero();
    assertThat(site.server.requests().exportsStarted()).isOne();
  }

  /** Files whose bytes do not get fewer by being packed: three of some 200 KB, and a small one. */
  private static Map<String, byte[]> large() {
    Random random = new Random(36);
    StringBuilder lines = new StringBuilder();
    byte[] noise = new byte[1500];
    for (int i = 0; i < 360; i++) {
      random.nextBytes(noise);
      lines.append("{\"resourceType\":\"Observation\",\"id\":\"o").append(i);
      lines.append("\",\"note\":\"").append(Base64.getEncoder().encodeToString(noise));
      lines.append("\"}\n");
    }
    return Map.of(
        "Patient.ndjson", BulkToBronzeTest.files().get("Patient.ndjson"),
        "Observation.ndjson", lines.toString().getBytes(UTF_8));
  }

  private void openLarge() throws IOException {
    open(large(), o -> o.fileLimits(Long.MAX_VALUE, 120));
  }

  private void hasLanded() {
    assertThat(site.landings()).hasSize(1);
    assertThat(BulkToBronzeTest.resources(ReadBack.bronze(site)))
        .containsExactlyInAnyOrderElementsOf(BulkToBronzeTest.served(large()));
  }

  /** What the lake holds after a run without a fault. */
  private List<String> undisturbed() throws IOException {
    if (undisturbed.isEmpty()) {
      Path elsewhere = folder.resolve("undisturbed");
      try (Site other = Site.open(elsewhere, large(), o -> o.fileLimits(Long.MAX_VALUE, 120))) {
        assertThat(other.runAll("r1")).isZero();
        undisturbed = shape(elsewhere.resolve("lake"));
      }
    }
    return undisturbed;
  }

  /**
   * Every file of the lake but the reports and the audit log, without the part of a name that is
   * drawn.
   */
  private static List<String> shape(Path lake) throws IOException {
    try (Stream<Path> all = Files.walk(lake)) {
      return all.filter(Files::isRegularFile)
          .map(file -> lake.relativize(file).toString())
          .filter(name -> !name.startsWith("metrics/") && !name.contains("audit"))
          .map(name -> name.replaceAll("-[0-9a-f]{8}-", "-*-"))
          .sorted()
          .toList();
    }
  }

  /** Runs a job in a JVM of its own whose log and whose collector's log lie in a folder. */
  private int child(Class<?> job, String task, Path logs) throws Exception {
    List<String> options = List.of("-Xlog:gc*:file=" + logs.resolve("gc.log"));
    return new ProcessBuilder(ChildJvm.command(job, options, site.arguments("r1", task)))
        .redirectErrorStream(true)
        .redirectOutput(logs.resolve("log").toFile())
        .start()
        .waitFor();
  }
}
