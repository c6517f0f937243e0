package io.epicfhir.common.lake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.LogicalRun;
import io.epicfhir.common.localfs.NioLocalFileSystem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LakeTest {
  @TempDir Path folder;
  private Lake lake;

  @BeforeEach
  void open() {
    Configuration hadoop = new Configuration();
    NioLocalFileSystem.SETTINGS.forEach(hadoop::set);
    lake = new Lake(new LakePaths(folder.toUri().toString()), hadoop);
  }

  @Test
  void aWriteReplacesTheFileAndLeavesNoPart() throws IOException {
    lake.write(lake.paths().state("a/b.json"), "one");
    lake.write(lake.paths().state("a/b.json"), "two");
    assertThat(lake.read(lake.paths().state("a/b.json"))).contains("two");
    assertThat(lake.list(lake.paths().state("a"))).hasSize(1);
    try (var files = Files.list(folder.resolve("state/a"))) {
      assertThat(files.map(f -> f.getFileName().toString()).filter(n -> !n.endsWith(".crc")))
          .containsExactly("b.json");
    }
  }

  @Test
  void whatIsNotThereIsEmptyAndNotAnError() {
    assertThat(lake.read(lake.paths().state("none"))).isEmpty();
    assertThat(lake.list(lake.paths().state("none"))).isEmpty();
    assertThat(lake.exists(lake.paths().state("none"))).isFalse();
    lake.delete(lake.paths().state("none"));
  }

  @Test
  void aMoveOntoNothingToTakeIsAStorageError() {
    assertThatThrownBy(() -> lake.move(lake.paths().at("x"), lake.paths().at("y/z")))
        .isInstanceOfSatisfying(
            JobException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.STORAGE))
        .hasMessageContaining("Cannot move a file to");
  }

  @Test
  void aStoreWhoseClassesAreNotThereIsWrongSettings() {
    Lake bucket = new Lake(new LakePaths("s3a://bucket/lake"), new Configuration());
    assertThatThrownBy(() -> bucket.exists(bucket.paths().at("x")))
        .isInstanceOfSatisfying(
            JobException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.SETTINGS))
        .hasMessageContaining("Cannot use s3a://bucket/lake/x")
        .hasMessageContaining("EPIC_FHIR_EXTRA_JARS");
  }

  @Test
  void aRunReportLiesUnderItsRunWhateverTheRunIsCalled() {
    LogicalRun run =
        new LogicalRun(
            "etl", "scheduled__2026-01-01T00:00:00+00:00", "load", 1, Instant.EPOCH, Instant.EPOCH);
    lake.write(lake.paths().report(run), "{}");
    assertThat(folder.resolve("metrics/etl/scheduled__2026-01-01T00:00:00+00:00/load.json"))
        .hasContent("{}");
    assertThat(new LakePaths("hdfs://n/lake").report(run).toString())
        .isEqualTo("hdfs://n/lake/metrics/etl/scheduled__2026-01-01T00_00_00+00_00/load.json");
  }

  @Nested
  class LandingsOfALake {
    @Test
    void comeOldestFirstAndWhole() {
      Landings landings = new Landings(lake);
      landings.publish(landing("b", "2026-01-02T00:00:00Z"));
      landings.publish(landing("a", "2026-01-03T00:00:00Z"));
      assertThat(landings.all()).extracting(Landing::exportId).containsExactly("b", "a");
      assertThat(landings.find("a")).contains(landing("a", "2026-01-03T00:00:00Z"));
      assertThat(landings.find("c")).isEmpty();
    }

    @Test
    void aBrokenOneIsNamed() {
      lake.write(lake.paths().state("landings/x.json"), "{");
      assertThatThrownBy(() -> new Landings(lake).all())
          .hasMessageContaining("landings/x.json does not have the expected content");
    }

    private Landing landing(String id, String time) {
      return new Landing(
          id,
          "g",
          Instant.parse(time),
          null,
          Instant.EPOCH,
          "d/r",
          List.of(new Landing.File("Patient", "bronze/p.parquet", 3, 100, Landing.Kind.RESOURCES)));
    }
  }

  @Nested
  class Locks {
    @Test
    void onlyOneHoldsItAndTheNextGetsItAfterwards() {
      RunLock first = RunLock.acquire(lake, "silver", Duration.ZERO);
      assertThatThrownBy(() -> RunLock.acquire(lake, "silver", Duration.ofMillis(10)))
          .isInstanceOfSatisfying(
              JobException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.STORAGE))
          .hasMessageContaining("Cannot get the lock \"silver\"");
      first.close();
      RunLock.acquire(lake, "silver", Duration.ZERO).close();
    }

    private org.apache.hadoop.fs.Path leases() {
      return lake.paths().state("locks/silver.leases");
    }

    private LeaseRunLock lease() {
      return LeaseRunLock.acquire(lake, leases(), "silver", Duration.ZERO);
    }

    /** As if its holder had slept since before the lease. */
    private void runOut() throws IOException {
      try (Stream<Path> files = Files.list(folder.resolve("state/locks/silver.leases"))) {
        for (Path file : files.filter(f -> !f.toString().endsWith(".crc")).toList()) {
          Files.setLastModifiedTime(
              file, FileTime.from(Instant.now().minus(LeaseRunLock.LEASE).minusSeconds(1)));
        }
      }
    }

    @Test
    void aLeaseIsExclusiveUntilItIsGivenBackOrRunsOut() throws IOException {
      LeaseRunLock first = lease();
      assertThatThrownBy(this::lease).hasMessageContaining("Cannot get the lock \"silver\"");
      first.close();
      lease();
      runOut();
      lease().close();
      lease().close();
      assertThat(lake.list(leases())).as("old numbers go").hasSize(1);
    }

    @Test
    void aHolderThatSleptTooLongIsToldThatItLostTheLock() throws IOException {
      LeaseRunLock slept = lease();
      runOut();
      LeaseRunLock next = lease();
      assertThatThrownBy(slept::close)
          .isInstanceOfSatisfying(
              JobException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.STORAGE))
          .hasMessageContaining("another run may have written");
      assertThatThrownBy(this::lease)
          .as("the next one still has it")
          .isInstanceOf(JobException.class);
      next.close();
    }

    @Test
    @DisplayName("of many that find a lease run out, one gets it")
    void onlyOneTakesALeaseThatRanOut() throws Exception {
      int contenders = 8;
      ExecutorService threads = Executors.newFixedThreadPool(contenders);
      try {
        for (int round = 0; round < 50; round++) {
          lease();
          runOut();
          CountDownLatch go = new CountDownLatch(1);
          AtomicInteger holders = new AtomicInteger();
          List<Future<?>> tries = new ArrayList<>();
          for (int i = 0; i < contenders; i++) {
            tries.add(
                threads.submit(
                    () -> {
                      go.await();
                      try {
                        lease();
                        holders.incrementAndGet();
                      } catch (JobException e) {
                        assertThat(e).hasMessageContaining("Cannot get the lock");
                      }
                      return null;
                    }));
          }
          go.countDown();
          for (Future<?> one : tries) {
            one.get();
          }
          assertThat(holders).as("round " + round).hasValueLessThanOrEqualTo(1);
          runOut();
        }
      } finally {
        threads.shutdownNow();
      }
    }
  }
}
