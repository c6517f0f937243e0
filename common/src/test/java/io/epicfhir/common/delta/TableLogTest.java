package io.epicfhir.common.delta;

import static io.epicfhir.common.delta.SparkTables.definition;
import static io.epicfhir.common.delta.SparkTables.log;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The log by itself: no Spark session is started here. */
class TableLogTest {
  @TempDir Path folder;
  private Path table;
  private TableLog log;

  @BeforeEach
  void name() {
    table = folder.resolve("table");
    log = log(table);
  }

  private static NewFile file(String name) {
    return new NewFile(name, Map.of(), 100, 10, 1_700_000_000_000L);
  }

  private Path commit(long version) {
    return table.resolve("_delta_log/%020d.json".formatted(version));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "_delta_log/",
        "_delta_log/.00000000000000000000.json.6f1.tmp",
        "_delta_log/00000000000000000000.crc",
        "_delta_log/_last_checkpoint",
        "part-0.parquet"
      })
  void aFolderWithoutAFirstCommitIsNoTable(String leftover) throws Exception {
    Path path = folder.resolve("table/" + leftover);
    Files.createDirectories(leftover.isEmpty() || leftover.endsWith("/") ? path : path.getParent());
    if (!leftover.isEmpty() && !leftover.endsWith("/")) {
      Files.writeString(path, "{}");
    }

    assertThat(log.version()).isEmpty();
    assertThat(log.metadata()).isEmpty();
    assertThat(log.snapshot()).isEmpty();
    assertThat(log.snapshot(0)).isEmpty();
    assertThat(log.info(0)).isEmpty();
    assertThat(log.changes(-1, 0)).isEmpty();
    assertThat(log.transaction("a")).isEmpty();
    assertThat(log.create(definition(Map.of()), List.of(), "s")).isZero();
    assertThat(log.snapshot().orElseThrow().rows()).hasValue(0);
  }

  @Test
  void noFolderAtAllIsNoTableAndNothingIsChangedInIt() {
    assertThat(log.version()).isEmpty();
    assertThatThrownBy(() -> log.replace(definition(Map.of()), List.of(), "s"))
        .isInstanceOf(JobException.class)
        .hasMessageContaining("it has no _delta_log, so someone may have deleted or moved it");
  }

  @Test
  void aSecondCreateIsRefused() {
    log.create(definition(Map.of()), List.of(), "s");

    assertThatThrownBy(() -> log.create(definition(Map.of()), List.of(), "s"))
        .isInstanceOf(CommitConflict.class)
        .hasMessageStartingWith("Cannot commit to the Delta table file:" + table)
        .hasMessageEndingWith("find out who else writes to it, then rerun the task");
  }

  @Test
  void aChangeOfAnOldVersionIsRefusedWhereSomebodyChangedRows() {
    log.create(definition(Map.of()), List.of(file("a"), file("b")), "s");
    log.change(0, List.of(file("c")), List.of(), "other");
    List<DataFile> old = log.snapshot(0).orElseThrow().files();

    assertThatThrownBy(() -> log.change(0, List.of(file("d")), old, "s"))
        .isInstanceOfSatisfying(
            CommitConflict.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.STORAGE))
        .hasMessageContaining("someone else committed version 1 after version 0 was read");

    assertThat(log.version()).hasValue(1);
    log.change(1, List.of(file("d")), old, "s");
    assertThat(log.snapshot().orElseThrow().files())
        .extracting(DataFile::path)
        .containsExactlyInAnyOrder("c", "d");
  }

  @Test
  void aFileThatIsNotThereIsNotRemoved() {
    log.create(definition(Map.of()), List.of(file("a")), "s");
    List<DataFile> a = log.snapshot().orElseThrow().files();
    log.change(0, List.of(), a, "s");

    assertThatThrownBy(() -> log.change(1, List.of(), a, "s"))
        .isInstanceOf(CommitConflict.class)
        .hasMessageContaining("someone else removed one of its files");
  }

  @Test
  void aCommitThatOnlyRearrangesOtherFilesIsNoConflict() throws Exception {
    log.create(definition(Map.of()), List.of(file("a"), file("b")), "s");
    DataFile a =
        log.snapshot().orElseThrow().files().stream()
            .filter(f -> f.path().equals("a"))
            .findFirst()
            .orElseThrow();
    Files.writeString(
        commit(1), "{\"commitInfo\":{\"timestamp\":1,\"operation\":\"VACUUM START\"}}\n");

    assertThat(log.change(0, List.of(file("c")), List.of(a), "s")).isEqualTo(2);

    assertThat(log.snapshot().orElseThrow().files())
        .extracting(DataFile::path)
        .containsExactlyInAnyOrder("b", "c");
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 6})
  void ofThreadsThatCommitAtOnceOneWins(int threads) throws Exception {
    log.create(definition(Map.of()), List.of(), "s");
    for (int round = 0; round < 5; round++) {
      long read = log.version().orElseThrow();
      CyclicBarrier together = new CyclicBarrier(threads);
      List<Callable<Long>> commits = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        NewFile mine = file("round" + round + "-" + i);
        commits.add(
            () -> {
              TableLog own = log(table);
              together.await();
              return own.change(read, List.of(mine), List.of(), "s");
            });
      }
      assertThat(winners(commits)).containsExactly(read + 1);
      assertThat(log.snapshot().orElseThrow().files()).hasSize(round + 1);
    }
  }

  private static List<Long> winners(List<Callable<Long>> commits) throws Exception {
    var pool = Executors.newFixedThreadPool(commits.size());
    try {
      List<Long> winners = new ArrayList<>();
      for (Future<Long> commit : pool.invokeAll(commits)) {
        try {
          winners.add(commit.get());
        } catch (ExecutionException e) {
          assertThat(e).hasCauseInstanceOf(CommitConflict.class);
        }
      }
      return winners;
    } finally {
      pool.shutdown();
    }
  }

  @Test
  void aCommitWithoutATransactionIdIsToldByItsBytes() throws Exception {
    log.create(definition(Map.of()), List.of(), "s");
    Files.writeString(commit(1), "{\"commitInfo\":{\"timestamp\":1}}\n");
    String first = log.identity(1).orElseThrow();
    Files.writeString(commit(1), "{\"commitInfo\":{\"timestamp\":2}}\n");

    assertThat(first).hasSize(64);
    assertThat(log.identity(1)).isPresent().get().isNotEqualTo(first);
    Files.writeString(commit(1), "{\"txn\":{\"appId\":\"a\",\"version\":1}}\n");
    assertThat(log.info(1).orElseThrow().operation()).isEmpty();
    assertThat(log.identity(1)).isPresent();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"add\":{\"path\":\"secret",
        "{\"add\":{\"path\":17}}",
        "secret",
        "{\"commitInfo\":secret"
      })
  void aBrokenLogIsTheTablesOwnAffairAndNoneOfItsTextIsTold(String line) throws Exception {
    log.create(definition(Map.of()), List.of(file("a")), "s");
    Files.writeString(commit(1), line + "\n");

    assertThatThrownBy(
            () -> {
              log.snapshot();
              log.info(1);
            })
        .isInstanceOfSatisfying(
            JobException.class,
            e -> {
              assertThat(e).isInstanceOf(DamagedLog.class);
              assertThat(e.exitCode()).isEqualTo(ExitCode.DATA_REFUSED);
              for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                assertThat(String.valueOf(cause.getMessage())).doesNotContain("secret");
              }
            })
        .hasMessageStartingWith("Cannot read the log of the Delta table file:" + table + ": ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"as it was written", "gone", "{\"metadata\":{}}", "{\"metadata\":"})
  void metadataIsTheSameWhateverTheChecksumFileSays(String checksum) throws Exception {
    log.create(definition(Map.of("mine", "yes")), List.of(file("a")), "s");
    Path crc = table.resolve("_delta_log/00000000000000000000.crc");
    if (checksum.equals("gone")) {
      Files.delete(crc);
    } else if (checksum.startsWith("{")) {
      Files.writeString(crc, checksum);
      Files.delete(crc.resolveSibling(".00000000000000000000.crc.crc")); // Hadoop's own
    }

    TableMetadata metadata = log.metadata().orElseThrow();

    TableSnapshot snapshot = log(table).snapshot().orElseThrow();
    assertThat(metadata)
        .isEqualTo(
            new TableMetadata(
                0,
                snapshot.tableId(),
                snapshot.schemaJson(),
                "A table's own comment",
                Map.of("mine", "yes"),
                List.of()));
  }

  @Test
  void aCommitThatDoesNotMatchItsChecksumIsNamed() throws Exception {
    log.create(definition(Map.of()), List.of(file("a")), "s");
    byte[] bytes = Files.readAllBytes(commit(0));
    bytes[bytes.length / 2] ^= 1;
    Files.write(commit(0), bytes);
    Path crc = table.resolve("_delta_log/00000000000000000000.crc");
    Files.writeString(crc, "no longer what its own checksum says");

    for (ThrowingCallable read :
        List.<ThrowingCallable>of(
            () -> log(table).info(0), () -> log(table).snapshot(), () -> log(table).metadata())) {
      assertThatThrownBy(read)
          .isInstanceOf(DamagedLog.class)
          .hasMessageContaining("does not match its checksum; restore its _delta_log")
          .hasMessageEndingWith("delete the .crc file");
    }
  }

  @Test
  void aGapInTheLogIsAnError() throws Exception {
    log.create(definition(Map.of()), List.of(file("a")), "s");
    log.change(0, List.of(file("b")), List.of(), "s");
    Files.delete(commit(0));

    assertThat(log.version()).hasValue(1);
    assertThatThrownBy(() -> log.snapshot())
        .isInstanceOf(DamagedLog.class)
        .hasMessageContaining("move the table's folder away and rerun from transform");
  }

  @Test
  void propertiesThatNeedSparkAreRefused() {
    assertThatThrownBy(() -> definition(Map.of("delta.columnMapping.mode", "name")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("delta.columnMapping.mode: create it with Spark");
  }
}
