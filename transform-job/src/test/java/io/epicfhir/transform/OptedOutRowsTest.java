package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.io.FileUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A backup of bronze brings back whom an erasure has removed: the tables do not take her in. */
final class OptedOutRowsTest {
  private static final List<String> BRONZE = List.of("bronze", "state/landings");

  @TempDir private Path folder;
  @TempDir private Path backup;

  @Test
  void whatCameBackWithABackupReachesNoTableAndLeavesBronzeAgain() throws IOException {
    ErasedClinic clinic = new ErasedClinic(folder);
    copy(clinic.folder, backup);
    clinic.erase();
    List<String> live = clinic.lake.live("Observation");
    copy(backup, clinic.folder);
    Files.delete(clinic.folder.resolve("state/applied/e2.json")); // pending, the others are rebuilt
    assertThat(clinic.filesWith(List.of(ErasedClinic.ANNA))).isNotEmpty();

    TransformResult rebuilt =
        clinic.lake.rebuild(
            "Patient", "Observation", "Provenance", "DocumentReference", "Binary", "List");

    assertThat(rebuilt.problems()).isEmpty();
    assertThat(clinic.filesWith(List.of(ErasedClinic.ANNA))).isEmpty();
    assertThat(clinic.lake.live("Observation")).isEqualTo(live).hasSize(1);
    assertThat(clinic.lake.rows("patient")).containsExactly(ErasedClinic.BERT);
  }

  private static void copy(Path from, Path to) throws IOException {
    for (String name : BRONZE) {
      if (Files.exists(to.resolve(name))) {
        FileUtils.deleteDirectory(to.resolve(name).toFile());
      }
      FileUtils.copyDirectory(from.resolve(name).toFile(), to.resolve(name).toFile());
    }
  }
}
