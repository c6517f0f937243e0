package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.lake.Landings;
import io.epicfhir.transform.delta.DeletionVectors;
import io.epicfhir.transform.joined.JoinedResults.Built;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A file of one table that is missing or damaged stops that table at most. */
final class UnreadFilesTest {
  private static final String WORD = "unmistakable";

  @TempDir private Path folder;
  private TestLake lake;

  /** What happened to a file. */
  enum Harm {
    MISSING {
      @Override
      void to(Path file) throws IOException {
        Files.delete(file);
      }
    },
    OLD_CHECKSUM {
      @Override
      void to(Path file) throws IOException {
        flip(file, indexOfWord(file));
      }
    },
    PAGE {
      @Override
      void to(Path file) throws IOException {
        Files.delete(file.resolveSibling("." + file.getFileName() + ".crc"));
        flip(file, indexOfWord(file));
      }
    },
    CUT_OFF {
      @Override
      void to(Path file) throws IOException {
        Files.delete(file.resolveSibling("." + file.getFileName() + ".crc"));
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length - 20));
      }
    };

    abstract void to(Path file) throws IOException;

    private static void flip(Path file, int at) throws IOException {
      byte[] bytes = Files.readAllBytes(file);
      bytes[at] ^= 1;
      Files.write(file, bytes);
    }

    private static int indexOfWord(Path file) throws IOException {
      int at = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).indexOf(WORD);
      assertThat(at).isPositive();
      return at + 3;
    }
  }

  private void makeLake() {
    lake =
        new TestLake(folder)
            .viewOfKeys("Patient")
            .viewOfKeys("Condition")
            .view("Patient", families())
            .sql("people.sql", sql("patient", "id"))
            .sql("problems.sql", sql("condition", "id"));
    makeFirstExport();
    lake.transform();
  }

  private void makeFirstExport() {
    patients(lake.export("e1", "2026-01-01T00:00:00Z"), 1, WORD, "b")
        .resource("Condition", WORD)
        .land();
  }

  private static String families() {
    return """
    {"resourceType": "ViewDefinition", "name": "families", "resource": "Patient",
     "select": [{"forEach": "name", "column": [{"name": "family", "path": "family"}]}]}
    """;
  }

  private static String sql(String table, String key) {
    return "-- description: x\n-- depends: %s\n-- key: %s\nSELECT %2$s FROM %1$s\n"
        .formatted(table, key);
  }

  private static TestLake.Export patients(TestLake.Export export, int version, String... ids) {
    for (String id : ids) {
      export.resource(
          "Patient",
          id,
          String.valueOf(version),
          null,
          "{\"resourceType\":\"Patient\",\"id\":\"%s\",\"name\":[{\"family\":\"%1$s %d\"}]}"
              .formatted(id, version));
    }
    return export;
  }

  private TestLake.Export nextNight() {
    return patients(lake.export("e2", "2026-01-02T00:00:00Z"), 2, "b", "c");
  }

  private Path file(String table, String end) {
    try (Stream<Path> files = Files.list(folder.resolve(table))) {
      return files
          .filter(f -> f.toString().endsWith(end) && !f.getFileName().toString().startsWith("."))
          .findFirst()
          .orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "MISSING, false",
    "MISSING, true",
    "OLD_CHECKSUM, false",
    "OLD_CHECKSUM, true",
    "PAGE, false",
    "PAGE, true",
    "CUT_OFF, false",
    "CUT_OFF, true",
  })
  void aViewsIsRebuiltFromSilverAndTheOthersGoOn(Harm harm, boolean spark) throws IOException {
    makeLake();
    if (spark) {
      lake.inSpark();
    }
    Path file = file("views/patient", ".parquet");
    harm.to(file);
    nextNight().resource("Condition", "d").land();

    TransformResult result = lake.transform();

    assertThat(lake.rows("patient")).containsExactly("b", "c", WORD);
    assertThat(lake.rows("families")).containsExactly("b 2", "c 2", WORD + " 1");
    assertThat(lake.rows("condition")).containsExactly("d", WORD);
    assertThat(lake.table("joined/people")).containsExactly("b", "c", WORD);
    assertThat(result.views().changed()).containsOnlyKeys("patient");
    assertThat(result.views().changed().get("patient")).contains(file.getFileName().toString());
    assertThat(lake.viewLog("families").changes(0, 1).orElseThrow().get(0).schemaJson())
        .as("not rebuilt")
        .isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Harm.class)
  void ofTwoViewsEachIsRebuilt(Harm harm) throws IOException {
    makeLake();
    harm.to(file("views/patient", ".parquet"));
    Harm.MISSING.to(file("views/families", ".parquet"));
    nextNight().land();
    assertThat(lake.transform().views().changed()).containsOnlyKeys("families", "patient");
    assertThat(lake.rows("patient")).containsExactly("b", "c", WORD);
    assertThat(lake.rows("families")).containsExactly("b 2", "c 2", WORD + " 1");
  }

  @Test
  void aViewWhoseDeletionVectorIsGoneIsRebuilt() throws IOException {
    makeLake();
    lake.writing(DeletionVectors.ON);
    nextNight().land();
    lake.transform();
    Files.delete(file("views/patient", ".bin"));
    patients(lake.export("e3", "2026-01-03T00:00:00Z"), 3, "c").land();
    assertThat(lake.transform().views().changed()).containsOnlyKeys("patient");
    assertThat(lake.rows("patient")).containsExactly("b", "c", WORD);
    assertThat(lake.rows("families")).containsExactly("b 2", "c 3", WORD + " 1");
  }

  @ParameterizedTest
  @EnumSource(Harm.class)
  void aJoinedTablesIsRebuiltFromWhatItReads(Harm harm) throws IOException {
    makeLake();
    Path file = file("joined/people", ".parquet");
    harm.to(file);
    nextNight().land();
    TransformResult result = lake.transform();
    assertThat(lake.table("joined/people")).containsExactly("b", "c", WORD);
    assertThat(result.joined().joined().done().get("people").built()).isEqualTo(Built.WHOLE);
    assertThat(result.joined().joined().changed().get("people"))
        .contains(file.getFileName().toString());
  }

  @ParameterizedTest
  @EnumSource(Harm.class)
  void whereATableCannotBeReadTheJoinedTableThatNeedsItSaysSo(Harm harm) throws IOException {
    makeLake();
    Path file = file("views/patient", ".parquet");
    harm.to(file);
    // Nothing changes in the view itself: no night reads its rows but this table's first one.
    lake.sql("again.sql", sql("patient", "id")).sql("other.sql", sql("condition", "id"));

    TransformResult red = lake.run();

    assertThat(red.joined().joined().failed()).containsOnlyKeys("again");
    assertThat(red.problems())
        .singleElement()
        .asString()
        .startsWith("Joined table again keeps its last good rows. It cannot read a table: ")
        .contains("views/patient/" + file.getFileName(), "delete that table's folder");
    assertThat(lake.table("joined/other")).containsExactly(WORD);

    // As the message says.
    FileUtils.deleteDirectory(folder.resolve("views/patient").toFile());
    lake.transform();
    assertThat(lake.table("joined/again")).containsExactly("b", WORD);
  }

  @ParameterizedTest
  @CsvSource({"MISSING, false", "MISSING, true", "OLD_CHECKSUM, false", "OLD_CHECKSUM, true"})
  void silversOwnStopsTheRunAndIsNamed(Harm harm, boolean spark) throws IOException {
    makeLake();
    if (spark) {
      lake.inSpark();
    }
    List<String> before = lake.rows("patient");
    Path file = file("silver/resource_type=Patient", ".parquet");
    harmPacked(harm, file);
    assertThatThrownBy(() -> lake.rebuildViews("patient"))
        .isInstanceOf(JobException.class)
        .hasMessageContaining(file.getFileName().toString())
        .hasMessageContaining("restore the file from a backup")
        .hasMessageContaining("or rerun from transform with types = Patient")
        .extracting(e -> ((JobException) e).exitCode())
        .isEqualTo(ExitCode.STORAGE);
    assertThat(lake.rows("patient")).isEqualTo(before);
  }

  /** Silver's pages are packed: a word is not found in them. */
  private static void harmPacked(Harm harm, Path file) throws IOException {
    if (harm == Harm.MISSING || harm == Harm.CUT_OFF) {
      harm.to(file);
      return;
    }
    if (harm == Harm.PAGE) {
      Files.delete(file.resolveSibling("." + file.getFileName() + ".crc"));
    }
    byte[] bytes = Files.readAllBytes(file);
    for (int at = 8; at < bytes.length / 2; at++) {
      bytes[at] ^= 1;
    }
    Files.write(file, bytes);
  }

  @ParameterizedTest
  @CsvSource({
    "MISSING, true",
    "MISSING, false",
    "OLD_CHECKSUM, true",
    "PAGE, true",
    "PAGE, false",
    "CUT_OFF, true"
  })
  void silversOwnIsMendedByARebuildIfBronzeHasAllOfIt(Harm harm, boolean whole) throws IOException {
    makeLake();
    harmPacked(harm, file("silver/resource_type=Patient", ".parquet"));
    nextNight().resource("Condition", "d").land();
    if (whole) {
      assertThat(lake.rebuild("Patient").problems()).isEmpty();
    } else {
      Landings landings = new Landings(lake.lake());
      landings.withdraw(landings.find("e1").orElseThrow());
      TransformResult red = lake.rebuild("Patient");
      assertThat(red.problems())
          .anyMatch(p -> p.contains("no longer holds 2 of 2 Patient"))
          .anyMatch(p -> p.startsWith("Cannot rebuild silver Patient"));
      assertThat(lake.rows("patient")).containsExactly("b", WORD);
      assertThat(lake.rows("condition")).as("another type goes on").containsExactly("d", WORD);
      makeFirstExport();
      assertThat(lake.rebuild("Patient").problems()).isEmpty();
    }
    assertThat(lake.rows("patient")).containsExactly("b", "c", WORD);
    assertThat(lake.rows("families")).containsExactly("b 2", "c 2", WORD + " 1");
    assertThat(lake.rows("condition")).containsExactly("d", WORD);
    lake.transform();
  }

  @Test
  void silversDeletionVectorIsMendedByARebuild() throws IOException {
    makeLake();
    lake.writing(DeletionVectors.ON);
    nextNight().land();
    lake.transform();
    Files.delete(vector(folder.resolve("silver")));
    patients(lake.export("e3", "2026-01-03T00:00:00Z"), 3, "c").land();
    assertThatThrownBy(lake::run).isInstanceOf(JobException.class);
    assertThat(lake.rebuild("Patient").problems()).isEmpty();
    assertThat(lake.rows("families")).containsExactly("b 2", "c 3", WORD + " 1");
  }

  private static Path vector(Path table) throws IOException {
    try (Stream<Path> files = Files.walk(table)) {
      return files
          .filter(f -> f.toString().endsWith(".bin") && !f.getFileName().toString().startsWith("."))
          .findFirst()
          .orElseThrow();
    }
  }
}
