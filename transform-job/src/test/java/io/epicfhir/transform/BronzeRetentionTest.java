package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.LakePaths;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import io.epicfhir.transform.delta.DeletionVectors;
import io.epicfhir.transform.silver.BronzeRetention;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What leaves bronze by age: never what a table stands on, now or after whatever lands later. */
final class BronzeRetentionTest {
  private static final Instant HORIZON = Instant.parse("2026-03-01T00:00:00Z");

  @TempDir private Path folder;
  private TestLake lake;

  private TestLake lake() {
    if (lake == null) {
      lake = new TestLake(folder).bound(Long.MAX_VALUE, 1);
    }
    return lake;
  }

  private BronzeRetention.Done remove() {
    return new BronzeRetention(lake().lake(), TestLake.spark()).removeObsolete(HORIZON);
  }

  private TestLake.Export export(String id, String day) {
    return lake().export(id, "2026-" + day + "T00:00:00Z").of("group");
  }

  /** A version of a resource with a word that no other version has. */
  private static TestLake.Export version(TestLake.Export export, String id, String n, String word) {
    return export.resource(
        "Patient",
        id,
        n,
        "2026-01-0" + n + "T00:00:00Z",
        "{\"resourceType\":\"Patient\",\"id\":\"%s\",\"language\":\"%s\"}".formatted(id, word));
  }

  private boolean bronzeHas(String word) throws IOException {
    for (Landing landing : new Landings(lake().lake()).all()) {
      for (Landing.File file : landing.files()) {
        boolean found =
            TestLake.spark()
                    .read()
                    .parquet(lake().lake().paths().at(file.path()).toString())
                    .where("resource like '%" + word + "%'")
                    .count()
                > 0;
        if (found) {
          return true;
        }
      }
    }
    try (Stream<Path> files = Files.walk(folder.resolve("bronze"))) {
      // A file that no landing names must not have it either.
      long named =
          new Landings(lake().lake()).all().stream().mapToLong(l -> l.files().size()).sum();
      assertThat(files.filter(f -> f.toString().endsWith(".parquet"))).hasSize((int) named);
    }
    return false;
  }

  @Test
  void replacedVersionsAndWhatIsGoneLeaveBronzeAndNothingElse() throws IOException {
    version(version(export("e1", "01-10"), "a", "1", "first"), "b", "1", "doomed").land();
    version(export("e2", "01-11"), "c", "1", "alone").delete("Patient/b").land();
    version(export("e3", "01-12"), "a", "2", "second").land();
    lake().transform();
    List<String> live = lake().live("Patient");
    Instant before = Instant.now();

    BronzeRetention.Done done = remove();

    assertThat(done.rowsRemoved()).isEqualTo(2);
    assertThat(done.bytesFreed()).isPositive();
    assertThat(done.damaged()).isEmpty();
    assertThat(new Landings(lake().lake()).find("e1").orElseThrow().removed())
        .as("the checks compare what extract wrote with what is left")
        .singleElement()
        .satisfies(
            gone -> {
              Landing.Removed expected =
                  new Landing.Removed("Patient", 2, Landing.Kind.RESOURCES, gone.at());
              assertThat(gone).isEqualTo(expected);
              assertThat(gone.at()).isBetween(before, Instant.now());
            });
    assertThat(bronzeHas("first")).isFalse();
    assertThat(bronzeHas("doomed")).isFalse();
    assertThat(bronzeHas("second")).isTrue();
    assertThat(bronzeHas("alone")).isTrue();
    assertThat(lake().run().problems()).isEmpty();
    assertThat(lake().live("Patient")).isEqualTo(live).hasSize(2);
    assertThat(lake().rebuild("Patient").problems()).isEmpty();
    assertThat(lake().live("Patient")).isEqualTo(live);
    assertThat(remove().rowsRemoved()).isZero();
  }

  @Test
  void whatAnotherGroupHoldsStaysUntilThatGroupHoldsSomethingNewer() throws IOException {
    version(export("e1", "01-10").of("other"), "a", "1", "same").land();
    version(export("e2", "01-11"), "a", "2", "newer").land();
    lake().transform();
    assertThat(remove().rowsRemoved()).isZero();

    export("e3", "01-12").full().land(); // the group holds nothing any more; the other one does
    lake().transform();
    assertThat(lake().live("Patient")).singleElement().asString().contains("same");
    // It counts more than what is left: should only parts of it come again, they give way to it.
    assertThat(remove().rowsRemoved()).isZero();
    version(export("e4", "01-13").of("other"), "a", "3", "newest").land();
    lake().transform();
    assertThat(remove().rowsRemoved()).isEqualTo(2);
    assertThat(bronzeHas("newer")).isFalse();
    lake().rebuild("Patient");
    assertThat(lake().live("Patient")).singleElement().asString().contains("newest");
  }

  @Test
  void whatLandedAfterTheHorizonIsNotLookedAtAndReplacesNothing() throws IOException {
    version(export("e1", "01-10"), "a", "1", "old").land();
    version(export("e2", "03-02"), "a", "2", "new").land();
    version(export("e3", "01-12"), "a", "3", "late").landedAt("2026-03-02T00:00:00Z").land();
    lake().transform();
    assertThat(remove().rowsRemoved()).isZero();
    assertThat(bronzeHas("old")).isTrue();
  }

  @Test
  void whatIsNotInTheTablesYetStays() {
    version(export("e1", "01-10"), "a", "1", "old").land();
    version(export("e2", "01-11"), "a", "2", "new").land();
    assertThat(remove().rowsRemoved()).isZero();
  }

  @Test
  void aFileThatIsDamagedStaysAndIsTold() throws IOException {
    version(export("e1", "01-10"), "a", "1", "old").land();
    Landing second = version(export("e2", "01-11"), "a", "2", "new").land();
    lake().transform();
    Path file = folder.resolve(second.files().get(0).path());
    Files.write(file, "x".getBytes(StandardCharsets.UTF_8));
    BronzeRetention.Done done = remove();
    assertThat(done.rowsRemoved()).isZero();
    assertThat(done.damaged()).containsOnlyKeys("e2");
    assertThat(file).exists();
  }

  @Test
  void anExportThatLandsAnewAfterItsElderWentIsRedUntilAFullExportFollows() {
    version(export("e1", "01-10"), "a", "1", "old").land();
    version(export("e2", "01-11").since("2026-01-10T00:00:00Z"), "a", "2", "new").land();
    lake().transform();
    assertThat(remove().rowsRemoved()).isEqualTo(1);
    // The server says now that this export had nothing of it: the older version would count again.
    export("e2", "01-11")
        .since("2026-01-10T00:00:00Z")
        .resource("Patient", "z")
        .landedAt("2026-03-05T00:00:00Z")
        .land();
    for (int night = 0; night < 2; night++) {
      assertThat(lake().run().problems())
          .anyMatch(p -> p.contains("e2") && p.contains("run a full export of group \"group\""));
      remove();
    }
    version(export("e3", "03-06"), "a", "2", "new").full().land();
    lake().transform();
    assertThat(lake().live("Patient")).singleElement().asString().contains("new");
  }

  @Test
  void aWholeVersionStaysWhereSourcesHoldPartsOnly() throws IOException {
    version(export("e1", "01-10"), "a", "2", "whole").land();
    export("e2", "01-11").full().resource("Patient", "a", "3", "2026-01-11T00:00:00Z", PART).land();
    lake().transform();
    assertThat(remove().rowsRemoved()).isZero();
    lake().rebuild("Patient");
    assertThat(lake().live("Patient")).singleElement().asString().contains("whole");
  }

  private static final String PART =
      "{\"resourceType\":\"Patient\",\"id\":\"a\",\"meta\":{\"tag\":[{\"code\":\"SUBSETTED\"}]}}";

  @Test
  void aPartOfWhatWasGoneGivesWayToTheWholeThatWentBefore() throws IOException {
    version(export("e1", "01-10"), "a", "1", "first").land();
    version(export("e2", "01-11"), "a", "2", "whole").land();
    export("e3", "01-12").full().resource("Patient", "b").land();
    lake().transform();
    assertThat(remove().rowsRemoved()).isEqualTo(1);
    export("e4", "03-02").resource("Patient", "a", "3", "2026-03-02T00:00:00Z", PART).land();
    lake().transform();
    assertThat(lake().live("Patient")).anyMatch(line -> line.contains("whole"));
    lake().rebuild("Patient");
    assertThat(lake().live("Patient")).anyMatch(line -> line.contains("whole"));
  }

  @Test
  @DisplayName("state/landings came from an older backup: the files of the others are still there")
  void whereTheLandingOfAnAppliedExportIsMissingNothingIsTakenOut() throws IOException {
    version(export("e1", "01-10"), "a", "1", "old").land();
    Landing missing = version(export("e2", "01-11"), "a", "2", "new").land();
    lake().transform();
    Path bronze = folder.resolve(missing.files().get(0).path());
    Files.setLastModifiedTime(bronze, FileTime.from(HORIZON.minusSeconds(86_400)));
    var file = lake().lake().paths().state("landings/e2.json");
    String landing = lake().lake().read(file).orElseThrow();
    lake().lake().delete(file);

    assertThatThrownBy(this::remove)
        .isInstanceOfSatisfying(
            JobException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.DATA_REFUSED))
        .hasMessageContaining("the files of exports e2 in state/landings are missing");

    assertThat(bronze).exists();
    lake().lake().write(file, landing);
    assertThat(remove().rowsRemoved()).isEqualTo(1);
  }

  @Test
  void anExportThatIsWithdrawnAfterItsElderWentIsRedUntilAFullExportFollows() {
    version(export("e1", "01-10"), "a", "1", "old").land();
    version(export("e2", "01-11").since("2026-01-10T00:00:00Z"), "a", "2", "new").land();
    lake().transform();
    assertThat(remove().rowsRemoved()).isEqualTo(1);
    Landings landings = new Landings(lake().lake());
    landings.withdraw(landings.find("e2").orElseThrow());
    export("e3", "01-12").since("2026-01-10T00:00:00Z").resource("Patient", "z").land();
    for (int night = 0; night < 2; night++) {
      assertThat(lake().run().problems()).anyMatch(p -> p.contains("run a full export of group"));
      remove();
    }
    version(export("e4", "03-06"), "a", "3", "newest").full().land();
    assertThat(lake().run().problems()).isEmpty();
    remove();
    assertThat(lake().run().problems()).isEmpty();
  }

  @Test
  void aFullExportThatIsNotCompleteMakesUpForNothing() {
    version(export("e1", "01-10"), "a", "1", "old").land();
    export("e2", "01-11").full().resource("Patient", "b").delete("Patient/a").land();
    lake().transform();
    assertThat(remove().rowsRemoved()).isEqualTo(1);
    export("e2", "01-11").resource("Patient", "b").landedAt("2026-03-05T00:00:00Z").land();
    export("e3", "03-06").resource("Patient", "b").land();
    assertThat(lake().run().problems()).anyMatch(p -> p.contains("run a full export"));
    export("e4", "03-07").full().resource("Patient", "b").land();
    assertThat(lake().run().problems()).isEmpty();
  }

  @Test
  void aDeletionThatIsTakenBackNeedsAFullExportOfEveryGroup() {
    version(export("o1", "01-10").of("other"), "a", "1", "held").land();
    export("e2", "01-11").resource("Patient", "b").delete("Patient/a").land();
    lake().transform();
    assertThat(remove().rowsRemoved()).isEqualTo(1);
    export("e2", "01-11").resource("Patient", "b").landedAt("2026-03-05T00:00:00Z").land();
    export("e3", "03-06").full().resource("Patient", "b").land();
    assertThat(lake().run().problems())
        .anyMatch(p -> p.contains("run a full export of every group"));
    version(export("o2", "03-07").of("other"), "a", "1", "held").full().land();
    assertThat(lake().run().problems()).isEmpty();
    assertThat(lake().live("Patient")).anyMatch(line -> line.contains("held"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"source_file", "id"})
  void aFileWithADamagedPageStaysAsItIsAndTheOthersLoseWhatTheyMay(String column)
      throws IOException {
    Landing first =
        version(version(export("e1", "01-10"), "a", "1", "old"), "n", "1", "alone").land();
    version(export("e2", "01-11"), "a", "2", "new").land();
    version(version(export("e3", "01-12").of("other"), "x", "1", "gone"), "y", "1", "kept").land();
    version(export("e4", "01-13").of("other"), "x", "2", "here").land();
    lake().transform();
    damage(folder.resolve(first.files().get(0).path()), column);

    BronzeRetention.Done done = remove();

    assertThat(done.damaged()).containsOnlyKeys("e1");
    assertThat(done.rowsRemoved()).isEqualTo(1);
    assertThat(new Landings(lake().lake()).find("e1").orElseThrow().files())
        .isEqualTo(first.files());
    assertThat(folder.resolve(first.files().get(0).path())).exists();
  }

  /** A byte in the middle of a column's pages is another one. */
  private void damage(Path file, String column) throws IOException {
    Files.deleteIfExists(file.resolveSibling("." + file.getFileName() + ".crc"));
    var path = new org.apache.hadoop.fs.Path(file.toUri());
    try (ParquetFileReader reader =
        ParquetFileReader.open(HadoopInputFile.fromPath(path, lake().lake().hadoop()))) {
      var chunk =
          reader.getFooter().getBlocks().get(0).getColumns().stream()
              .filter(one -> one.getPath().toDotString().equals(column))
              .findFirst()
              .orElseThrow();
      byte[] bytes = Files.readAllBytes(file);
      bytes[(int) (chunk.getStartingPos() + chunk.getTotalSize() - 3)] ^= 1;
      Files.write(file, bytes);
    }
  }

  @Test
  void aLakeWhosePathHasABlankLosesThemToo() throws IOException {
    version(export("e1", "01-10"), "a", "1", "old").land();
    version(export("e2", "01-11"), "a", "2", "new").land();
    lake().transform();
    Path moved = folder.resolveSibling(folder.getFileName() + " with a blank");
    try {
      FileUtils.copyDirectory(folder.toFile(), moved.toFile());
      Lake own = new Lake(new LakePaths("file:" + moved), lake().lake().hadoop());
      assertThat(new BronzeRetention(own, TestLake.spark()).removeObsolete(HORIZON))
          .extracting(BronzeRetention.Done::rowsRemoved)
          .isEqualTo(1L);
    } finally {
      FileUtils.deleteDirectory(moved.toFile());
    }
  }

  /** Histories of what lands before and after; see {@link AnyOrderTest}. */
  @ParameterizedTest
  @ValueSource(longs = 1)
  void whateverLandsLaterTheTablesAreAsIfNothingHadLeft(long seed) {
    History history = new History(seed, 0, History.Shape.of(seed, 8));
    List<History.Commit> commits = history.current();
    List<History.Commit> before = new ArrayList<>(commits.subList(0, commits.size() / 2));
    List<History.Commit> after = new ArrayList<>(commits.subList(before.size(), commits.size()));
    lake().writing(seed % 2 == 0 ? DeletionVectors.ON : DeletionVectors.AUTO);
    before.forEach(commit -> commit.land(lake()));
    lake().run();
    new BronzeRetention(lake().lake(), TestLake.spark())
        .removeObsolete(Instant.parse("2026-12-31T00:00:00Z"));
    compare(seed, history, before);
    for (History.Commit commit : after) {
      commit.land(lake());
      lake().run();
    }
    compare(seed, history, commits);
    new BronzeRetention(lake().lake(), TestLake.spark())
        .removeObsolete(Instant.parse("2026-12-31T00:00:00Z"));
    lake().run(new RebuildRequest(Set.of(), Set.copyOf(history.types()), Set.of(), Map.of()));
    compare(seed, history, commits);
  }

  @Tag("long")
  @ParameterizedTest
  @ValueSource(longs = {2, 3, 4})
  void soTheyAreInOtherHistories(long seed) {
    whateverLandsLaterTheTablesAreAsIfNothingHadLeft(seed);
  }

  private void compare(long seed, History history, List<History.Commit> landed) {
    SilverModel model = new SilverModel(landed);
    for (String type : history.types()) {
      assertThat(lake().live(type)).as("seed %d, %s", seed, type).isEqualTo(model.live(type));
    }
  }
}
