package io.epicfhir.common.delta;

import static io.epicfhir.common.delta.SparkTables.definition;
import static io.epicfhir.common.delta.SparkTables.file;
import static io.epicfhir.common.delta.SparkTables.log;
import static io.epicfhir.common.delta.SparkTables.read;
import static io.epicfhir.common.delta.SparkTables.sql;
import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.delta.ChangedParts.Part;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.roaringbitmap.RoaringBitmap;

/** What changed between versions, by commits of this pipeline and of Spark's Delta. */
class ChangedPartsTest {
  @TempDir Path folder;
  private Path table;
  private TableLog log;

  @BeforeEach
  void name() {
    table = folder.resolve("table");
    log = log(table);
  }

  private Optional<List<Part>> since(long version) {
    long now = log.version().orElseThrow();
    return ChangedParts.between(log, version, now, SparkTables.SCHEMA.json()::equals);
  }

  private List<String> told(long version) {
    return since(version).orElseThrow().stream()
        .map(
            part ->
                (part.gone() ? "-" : "+")
                    + part.file().path()
                    + part.only().map(RoaringBitmap::toString).orElse(""))
        .sorted()
        .toList();
  }

  /** Of a file of 100 rows the second goes; another row comes. */
  private NewFile[] copied(Map<String, RoaringBitmap> leftOut) throws Exception {
    NewFile old = file(table, 1, 100);
    log.create(definition(Map.of()), List.of(old), "s");
    NewFile first = file(table, 1, 1);
    NewFile rest = file(table, 3, 100);
    NewFile fresh = file(table, 500, 500);
    Map<String, RoaringBitmap> said =
        leftOut == null ? Map.of(old.path(), RoaringBitmap.bitmapOf(1)) : leftOut;
    log.change(
        0,
        List.of(fresh),
        new CopiedRows(List.of(first, rest), said),
        log.snapshot().orElseThrow().files(),
        List.of(),
        "s");
    return new NewFile[] {old, fresh, first, rest};
  }

  @Test
  void copiedRowsAreNoChange() throws Exception {
    NewFile[] files = copied(null);

    assertThat(told(0)).containsExactly("+" + files[1].path(), "-" + files[0].path() + "{1}");
    assertThat(read(table))
        .hasSize(100)
        .contains("r1=1", "r3=3", "r500=500")
        .doesNotContain("r2=2");
    assertThat(log.changes(0, 1).orElseThrow().get(0).changesTable()).isTrue();
    assertThat(log.info(1).orElseThrow().metric("numOutputRows")).hasValue(100);
  }

  @Tag("long")
  @Test
  void sparkChangesATableWithCopiesAndItsChangesAreTold() throws Exception {
    copied(null);

    sql("DELETE FROM {} WHERE id = 'r500'", table);
    sql("OPTIMIZE {}", table);

    assertThat(read(table)).hasSize(99).doesNotContain("r2=2", "r500=500");
    assertThat(since(1).orElseThrow()).extracting(Part::gone).containsExactly(true);
  }

  @Test
  void aCheckpointKeepsWhatAVersionHas() throws Exception {
    copied(null);
    for (int i = 2; i <= 11; i++) {
      log.change(i - 1, List.of(file(table, 1000 + i, 1000 + i)), List.of(), "s");
    }

    assertThat(table.resolve("_delta_log/00000000000000000010.checkpoint.parquet")).exists();
    assertThat(log.snapshot().orElseThrow().rows()).hasValue(110);
    assertThat(told(0)).hasSize(12);
  }

  @Test
  void withoutAWordOnTheOldFileNothingIsTold() throws Exception {
    copied(Map.of("another.parquet", RoaringBitmap.bitmapOf(1)));

    assertThat(since(0)).isEmpty();
    assertThat(since(1)).contains(List.of());
  }

  @ParameterizedTest
  @ValueSource(strings = {"nonsense", "bm9uZQ==", "bm9uZQ==:bm9uZQ==", ":", " "})
  void aTagThatNobodyWroteSoTellsNothing(String tag) throws Exception {
    copied(null);
    Path commit = table.resolve("_delta_log/00000000000000000001.json");
    String text = Files.readString(commit);
    String own = text.replaceAll("(?s).*\"" + CopiedRows.TAG + "\":\"([^\"]*)\".*", "$1");
    assertThat(own).isNotEqualTo(text);
    Files.writeString(commit, text.replace(own, tag));
    Files.deleteIfExists(table.resolve("_delta_log/.00000000000000000001.json.crc"));

    assertThat(since(0)).isEmpty();
  }

  @Test
  void tooManyRowsForATagAreToldWithTheirWholeFiles() throws Exception {
    NewFile old = file(table, 1, 100);
    log.create(definition(Map.of()), List.of(old), "s");
    NewFile copy = file(table, 1, 99);
    RoaringBitmap long300KiB = new RoaringBitmap();
    IntStream.range(0, 65536 * 40).filter(n -> n % 3 == 0).forEach(long300KiB::add);

    log.change(
        0,
        List.of(),
        new CopiedRows(List.of(copy), Map.of(old.path(), long300KiB)),
        log.snapshot().orElseThrow().files(),
        List.of(),
        "s");

    assertThat(told(0)).containsExactly("+" + copy.path(), "-" + old.path());
  }

  @Test
  void filesOfOtherColumnsAreNotCompared() throws Exception {
    copied(null);

    sql("ALTER TABLE {} ADD COLUMN more STRING", table);

    assertThat(since(0)).isEmpty();
  }

  @Test
  void markedRowsAndThoseThatComeBackAreTold() throws Exception {
    log.create(
        definition(Map.of("delta.enableDeletionVectors", "true")),
        List.of(file(table, 1, 100)),
        "s");
    sql("DELETE FROM {} WHERE id = 'r7'", table);
    assertThat(told(0)).singleElement().asString().startsWith("-").endsWith("{6}");

    sql("RESTORE TABLE {} TO VERSION AS OF 0", table);

    assertThat(told(1)).singleElement().asString().startsWith("+").endsWith("{6}");
  }
}
