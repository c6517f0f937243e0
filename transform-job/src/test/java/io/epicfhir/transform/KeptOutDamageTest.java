package io.epicfhir.transform;

import static io.epicfhir.transform.KeptOutClinic.BERT;
import static io.epicfhir.transform.KeptOutClinic.XENIA;
import static io.epicfhir.transform.KeptOutClinic.about;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.lake.Landing;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A merged patient's chart is looked for: what cannot be read stops no more than it must. */
final class KeptOutDamageTest {
  @TempDir private Path folder;
  private KeptOutClinic clinic;
  private TestLake lake;
  private Landing first;

  @BeforeEach
  void xeniaIsAnna() {
    clinic = new KeptOutClinic(folder);
    lake = clinic.lake;
    TestLake.Export export = about(clinic.first(), "Observation", "oXenia11223344", XENIA);
    first = about(export, "Observation", "oHis1122334455", BERT).land();
    lake.transform();
    clinic.erased();
    clinic.merged("e2", "2026-01-11T00:00:00Z").land();
  }

  private Landing newcomer(String type) {
    return lake.export("e3", "2026-01-12T00:00:00Z")
        .resource(type, "new11223344", "1", null, noise())
        .land();
  }

  /** It does not get smaller, so that most of a file is its text. */
  private static String noise() {
    byte[] bytes = new byte[3000];
    new Random(1).nextBytes(bytes);
    return "{\"x\":\"" + Base64.getEncoder().encodeToString(bytes) + "\"}";
  }

  private void onlyHisIsLeft() {
    assertThat(lake.live("Observation")).anyMatch(row -> row.startsWith("oHis1122334455"));
    assertThat(lake.live("Observation")).noneMatch(row -> row.startsWith("oXenia11223344"));
    assertThat(lake.live("Patient")).noneMatch(row -> row.startsWith(XENIA));
  }

  private static void flip(Path file) throws IOException {
    Files.delete(file.resolveSibling("." + file.getFileName() + ".crc"));
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 3] ^= 1;
    Files.write(file, bytes);
  }

  @ParameterizedTest
  @CsvSource({"Patient, false", "Patient, true", "Observation, false"})
  void aDamagedFileOfAPendingExportLeavesThatExportOut(String type, boolean missing)
      throws IOException {
    Path file = folder.resolve(newcomer(type).files().get(0).path());
    if (missing) {
      Files.delete(file);
    } else {
      flip(file);
    }

    TransformResult red = lake.run();

    assertThat(red.problems())
        .singleElement()
        .asString()
        .contains("of export e3: ", "run the extract task of etl/run-e3 again");
    assertThat(red.silver().problems().damagedExports()).containsExactly("e3");
    assertThat(red.silver().exports()).containsExactly("e2");
    onlyHisIsLeft();
  }

  @ParameterizedTest
  @ValueSource(strings = "Observation")
  void aDamagedFileOfSilverKeepsTheExportPendingUntilARebuild(String type) throws IOException {
    newcomer("Condition");
    Files.delete(dataFile(folder.resolve("silver/resource_type=" + type)));

    TransformResult red = lake.run();

    assertThat(red.silver().exports()).containsExactly("e3");
    assertThat(red.problems())
        .singleElement()
        .asString()
        .startsWith("Export e2 is not applied yet: ")
        .contains("silver/resource_type=" + type + "/", "is missing", "types = " + type)
        .doesNotContain(XENIA);
    TransformResult rebuilt = lake.rebuild(type);
    assertThat(rebuilt.problems()).isEmpty();
    assertThat(rebuilt.silver().rebuilt()).containsExactly(type);
    assertThat(rebuilt.silver().exports()).containsExactly("e2");
    onlyHisIsLeft();
  }

  @Tag("long")
  @ParameterizedTest
  @ValueSource(strings = "Patient")
  void soDoesOneOfPatients(String type) throws IOException {
    aDamagedFileOfSilverKeepsTheExportPendingUntilARebuild(type);
  }

  @Test
  void aDamagedFileOfAnAppliedExportKeepsTheExportPendingUntilItIsBack() throws IOException {
    newcomer("Condition");
    Path file =
        folder.resolve(
            first.files().stream()
                .filter(one -> one.resourceType().equals("Observation"))
                .findFirst()
                .orElseThrow()
                .path());
    Path aside = Files.move(file, folder.resolve("aside"));

    TransformResult red = lake.run();

    assertThat(red.silver().exports()).containsExactly("e3");
    assertThat(red.problems())
        .hasSize(2)
        .anyMatch(one -> one.startsWith("Export e2 is not applied yet: ") && one.contains("e1"))
        .anyMatch(one -> one.contains("of export e1: it is missing; run the extract task of"));
    Files.move(aside, file);
    assertThat(lake.transform().silver().exports()).containsExactly("e2");
    onlyHisIsLeft();
  }

  @Test
  void aListThatCannotBeLookedAtIsTheStorages() throws IOException {
    Path list = dataFile(folder.resolve("state/kept-out"));
    Path aside = Files.move(list, folder.resolve("aside"));
    Files.createDirectory(list);
    // As the jobs have it, whichever test was the first to ask for a file system.
    lake.lake().hadoop().setBoolean("fs.file.impl.disable.cache", true);

    assertThatThrownBy(lake::run)
        .isInstanceOfSatisfying(
            JobException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.STORAGE));

    Files.delete(list);
    Files.move(aside, list);
    lake.transform();
    onlyHisIsLeft();
  }

  private static Path dataFile(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> !file.getFileName().toString().startsWith("."))
          .findFirst()
          .orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
