package io.epicfhir.transform;

import static io.epicfhir.transform.KeptOutClinic.BERT;
import static io.epicfhir.transform.KeptOutClinic.about;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An erasure that broke off finds what became hers later again, wherever it broke off. */
final class KeptOutErasureTest {
  private static final String X = "oMoved11223344";

  @TempDir private Path folder;
  private KeptOutClinic clinic;
  private TestLake lake;

  @BeforeEach
  void oneOfBertsObservationsIsAnnas() {
    clinic = new KeptOutClinic(folder);
    lake = clinic.lake;
    TestLake.Export first = about(clinic.first(), "Observation", X, BERT);
    about(first, "Observation", "oHis1122334455", BERT).land();
    lake.transform();
    clinic.erased();
    lake.export("e2", "2026-01-11T00:00:00Z").keepsOut("Observation/" + X).land();
    lake.transform();
  }

  private List<String> inBronze() {
    return ErasedClinic.filesWith(folder.resolve("bronze"), List.of(X));
  }

  @Tag("long")
  @Test
  void afterSilverAndBeforeBronze() throws IOException {
    Path file = folder.resolve("bronze").resolve(inBronze().get(0));
    byte[] original = Files.readAllBytes(file);
    lake.somebody("silver", "DELETE FROM %s WHERE id = '" + X + "'");

    clinic.eraseAgain();

    assertThat(inBronze()).isEmpty();
    // A kill after the landing was shown, and before the original was removed.
    Files.write(file, original);
    clinic.eraseAgain();
    assertThat(inBronze()).isEmpty();
    assertThat(lake.rebuild("Observation").problems()).isEmpty();
    assertThat(lake.live("Observation")).hasSize(1);
  }

  @Test
  void whatIsHisAgainStays() {
    about(lake.export("e3", "2026-01-12T00:00:00Z"), "Observation", X, BERT).land();
    lake.transform();

    clinic.eraseAgain();

    assertThat(lake.live("Observation")).hasSize(2);
    assertThat(lake.rows("observation")).hasSize(2);
    assertThat(lake.rebuild("Observation").problems()).isEmpty();
    assertThat(lake.live("Observation")).hasSize(2);
  }
}
