package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.common.JobException;
import io.epicfhir.common.lake.LandedFile;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import io.epicfhir.common.optout.NamedPatients;
import io.epicfhir.common.optout.OptOutList;
import io.epicfhir.transform.erase.Erasure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A patient is erased from every layer, and nobody else loses anything. */
final class EraseTest {
  @TempDir private Path folder;

  @Test
  void everythingThatIsHersGoesAndNothingElse() throws IOException {
    ErasedClinic clinic = new ErasedClinic(folder);
    assertThat(clinic.filesWith(ErasedClinic.HERS)).isNotEmpty();

    Erasure.Result planned = clinic.erasure(Set.of(ErasedClinic.ANNA), Set.of()).plan();
    Erasure.Result done = clinic.erase();

    assertThat(done.patients()).as("and the id that was merged").isEqualTo(2);
    assertThat(done.resources())
        .containsEntry("Observation", 3L)
        .containsEntry("Provenance", 1L)
        .containsEntry("DocumentReference", 1L)
        .containsEntry("Binary", 1L)
        .containsEntry("List", 1L)
        .doesNotContainKeys("Practitioner", "Condition");
    // 2 patients, 3 observations and the old version of the one that moved, provenance, document,
    // binary, the list of both; one Bundle of deletions.
    assertThat(done.rows()).containsEntry("bronze", 11L).containsEntry("quarantine", 2L);
    assertThat(planned.rows()).containsEntry("bronze", 10L).containsEntry("quarantine", 2L);
    assertThat(planned.rows().get("silver")).isEqualTo(done.rows().get("silver")).isEqualTo(9L);
    assertThat(done.tables())
        .containsExactly("views/observation", "views/patient", "views/provenance");
    assertThat(clinic.filesWith(ErasedClinic.HERS)).isEmpty();
    assertThat(clinic.filesWith(List.of(ErasedClinic.digest(ErasedClinic.ANNA)))).isEmpty();
    assertThat(Files.readString(clinic.folder.resolve("quarantine/view=observation/part-1.ndjson")))
        .contains("Condition")
        .doesNotContain("Observation");
    othersHaveAll(clinic);
    assertThat(clinic.filesWith(List.of(ErasedClinic.digest(ErasedClinic.BERT)))).hasSize(2);
    assertThat(clinic.folder.resolve("state/exports/e3/staging")).doesNotExist();
  }

  /** Also after the next run, and after a rebuild from what is left of bronze. */
  private static void othersHaveAll(ErasedClinic clinic) {
    for (Landing landing : new Landings(clinic.lake.lake()).all()) {
      assertThat(landing.files())
          .allSatisfy(f -> assertThat(LandedFile.problem(clinic.lake.lake(), f)).isEmpty());
    }
    for (int round = 0; round < 2; round++) {
      assertThat(clinic.lake.live("Patient")).singleElement().asString().contains("eBert");
      assertThat(clinic.lake.live("Observation"))
          .singleElement()
          .asString()
          .contains("oMoved1122334", ErasedClinic.BERT);
      assertThat(clinic.lake.silver("Observation"))
          .as("his deleted one stays a tombstone")
          .hasSize(2);
      assertThat(clinic.lake.live("Condition")).as("although it refers to the list").hasSize(1);
      assertThat(clinic.lake.live("Binary")).singleElement().asString().contains("bHis");
      assertThat(clinic.lake.live("Practitioner")).hasSize(1);
      assertThat(clinic.lake.rows("patient")).containsExactly(ErasedClinic.BERT);
      assertThat(clinic.lake.rows("provenance")).containsExactly("vHis998877");
      clinic.lake.transform();
      TransformResult rebuilt =
          clinic.lake.rebuild("Patient", "Observation", "Condition", "Binary", "Practitioner");
      assertThat(rebuilt.problems()).isEmpty();
    }
  }

  @Test
  void anMrnNamesHerAndAThirdPersonIsTold() throws IOException {
    ErasedClinic clinic = new ErasedClinic(folder);
    String mrn = ErasedClinic.MRN_SYSTEM + "|" + ErasedClinic.MRN;
    Erasure.Result done = clinic.erasure(Set.of("eNobody1234567"), Set.of(mrn)).go(Duration.ZERO);

    assertThat(done.unknown()).isEqualTo(1);
    assertThat(done.patients()).as("her two ids, and the one that may come").isEqualTo(3);
    assertThat(clinic.filesWith(ErasedClinic.HERS)).isEmpty();
    assertThat(clinic.filesWith(List.of(ErasedClinic.MRN))).isEmpty();

    OptOutList list = new OptOutList(clinic.lake.lake());
    assertThat(list.load().has("Patient", ErasedClinic.OLD_ANNA)).isTrue();
    assertThat(list.load().has("Patient", ErasedClinic.BERT)).isFalse();
    assertThat(list.remove(Set.of(mrn))).isEqualTo(1);
    assertThat(list.load().has("Patient", ErasedClinic.OLD_ANNA)).isFalse();
  }

  @Test
  void aListOfNobodyKeepsNobodyOut() throws IOException {
    ErasedClinic clinic = new ErasedClinic(folder);
    Erasure.Result nothing =
        clinic.erasure(Set.of("eNobody1234567"), Set.of("urn:x|1")).go(Duration.ZERO);
    assertThat(nothing.isEmpty()).isTrue();
    assertThat(nothing.unknown()).isEqualTo(2);
    assertThat(new OptOutList(clinic.lake.lake()).persons()).isZero();
  }

  /** What broke off is ended by a second try, whatever the first one had done. */
  @Tag("long")
  @Test
  void aTryThatBrokeOffIsEndedByTheNext() throws IOException {
    ErasedClinic clinic = new ErasedClinic(folder);
    Path broken =
        Files.writeString(folder.resolve("quarantine/extraction_date=2026-01-01/b.parquet"), "x");
    assertThatThrownBy(clinic::erase)
        .isInstanceOf(JobException.class)
        .hasMessageContaining("is not a complete Parquet file");
    assertThat(clinic.lake.rows("patient")).as("views come first").hasSize(1);
    assertThat(clinic.lake.live("Patient")).hasSize(3);
    Files.delete(broken);

    Path orphan =
        Files.writeString(
            folder.resolve("bronze/resource_type=Patient/extraction_date=2026-01-01/o.parquet"),
            "x");
    assertThatThrownBy(clinic::erase).hasMessageContaining("is not a complete Parquet file");
    Files.delete(orphan);

    Erasure.Result done = clinic.erase();
    assertThat(done.before()).isEqualTo(1);
    assertThat(clinic.filesWith(ErasedClinic.HERS)).isEmpty();
    othersHaveAll(clinic);
  }

  @Test
  void aListThatCannotBeUsedIsRefusedAndNothingOfItIsTold() throws IOException {
    Path file = folder.resolve("list.txt");
    assertThatThrownBy(() -> NamedPatients.read(file))
        .hasMessageContaining("there is no such file");
    Files.writeString(file, "# nobody\n\n");
    mode(file, "rw-------");
    assertThatThrownBy(() -> NamedPatients.read(file)).hasMessageContaining("it lists no patients");
    Files.writeString(file, "Patient/eSecret12345\nurn:x|77\n");
    mode(file, "rw-r--r--");
    assertThatThrownBy(() -> NamedPatients.read(file))
        .hasMessageContaining("chmod 600")
        .hasMessageNotContaining("eSecret12345");
    mode(file, "rw-------");
    assertThat(NamedPatients.read(file))
        .isEqualTo(new NamedPatients(Set.of("eSecret12345"), Set.of("urn:x|77")));
  }

  private static void mode(Path file, String mode) throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
  }
}
