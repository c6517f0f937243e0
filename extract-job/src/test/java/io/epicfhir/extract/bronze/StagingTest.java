package io.epicfhir.extract.bronze;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.LakePaths;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import io.epicfhir.common.optout.KeptOut;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Transform and an erasure replace a landing while its extract looks at the files. */
class StagingTest {
  private static final Instant NOW = Instant.parse("2026-03-02T04:00:00Z");
  private static final String FOLDER = "bronze/resource_type=Patient/extraction_date=2026-03-02/";

  @TempDir Path folder;

  @Test
  void whatTheLandingShowsByNowStays() throws IOException {
    Lake lake = new Lake(new LakePaths(folder.toUri().toString()), new Configuration());
    Landing read = landing("e-1.parquet").keepingOut(list(lake, "Patient 00aa"));
    Landing now = landing("e-2.parquet").keepingOut(list(lake, "Condition 11bb"));
    for (String name : List.of("e-1.parquet", "e-2.parquet", "e-3.parquet", "other-1.parquet")) {
      Files.writeString(Files.createDirectories(folder.resolve(FOLDER)).resolve(name), "x");
    }
    new Landings(lake).publish(now);

    Staging.removeUnseen(lake, read);

    assertThat(KeptOut.read(lake, now)).containsExactly("Condition 11bb");
    assertThat(folder.resolve(read.keptOut().path())).doesNotExist();
    assertThat(folder.resolve(FOLDER + "e-2.parquet")).exists();
    assertThat(folder.resolve(FOLDER + "other-1.parquet")).exists();
    assertThat(folder.resolve(FOLDER + "e-1.parquet")).doesNotExist();
    assertThat(folder.resolve(FOLDER + "e-3.parquet")).doesNotExist();
  }

  private static Landing.KeptOut list(Lake lake, String entry) {
    return KeptOut.write(lake, "e", Set.of(entry)).orElseThrow();
  }

  private static Landing landing(String name) {
    Landing.File file = new Landing.File("Patient", FOLDER + name, 1, 1, Landing.Kind.RESOURCES);
    return new Landing("e", "g", NOW, null, NOW, "r", List.of(file));
  }
}
