package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.Landing;
import io.epicfhir.common.Landings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BronzeFilesTest {
  private static final String MONDAY = "2026-01-05T00:00:00Z";

  @TempDir private Path folder;
  private TestLake lake;
  private Landing landing;
  private Path file;

  @BeforeEach
  void land() {
    lake = new TestLake(folder);
    landing =
        lake.export("e1", MONDAY)
            .resource("Patient", "a", "1", MONDAY, "one")
            .resource("Patient", "b", "1", MONDAY, "two")
            .land();
    file = folder.resolve(landing.files().get(0).path());
  }

  @Test
  void aTruncatedFileIsRefusedBeforeAnyTableChanges() throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length - 7));
    refused("bytes instead of " + bytes.length);
  }

  @Test
  void aFileWhoseEndWasOverwrittenIsRefused() throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    Arrays.fill(bytes, bytes.length - 8, bytes.length, (byte) 0);
    Files.write(file, bytes);
    refused("it is no whole Parquet file");
  }

  @Test
  void aMissingFileIsRefused() throws IOException {
    Files.delete(file);
    refused("it is not there");
  }

  @Test
  void anotherCountThanTheLandingsIsRefused() {
    Landing.File landed = landing.files().get(0);
    publish(new Landing.File("Patient", landed.path(), 3, landed.bytes(), landed.kind()));
    refused("it has 2 rows instead of 3");
  }

  @Test
  void aRowOfAnExportThatNeverLandedIsMissedInTheCount() {
    new Landings(lake.lake())
        .publish(
            new Landing(
                "e2",
                landing.group(),
                landing.transactionTime(),
                null,
                landing.landedAt(),
                landing.runKey(),
                landing.files()));
    lake.lake().delete(lake.lake().paths().state("landings/e1.json"));
    assertThatThrownBy(lake::transform)
        .isInstanceOfSatisfying(
            JobException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.DATA_REFUSED))
        .hasMessage(
            "Cannot bring silver Patient up to date: the landings tell of 2 rows, and 0 were read;"
                + " run the extract task again");
  }

  @Test
  void anExportThatHasNotLandedCannotBeAskedFor() {
    assertThatThrownBy(() -> lake.transform(new Again(Set.of("e9"), Set.of(), Set.of())))
        .hasMessage("Cannot apply export e9: it has not landed; run its extract task first");
  }

  @Test
  void anEntryThatDeletesNoSingleResourceIsRefused() {
    lake.export("e2", MONDAY).delete("Patient?identifier=7").land();
    assertThatThrownBy(lake::transform)
        .hasMessageStartingWith("Cannot apply the deletions: 1 entries");
  }

  private void publish(Landing.File landed) {
    new Landings(lake.lake())
        .publish(
            new Landing(
                landing.exportId(),
                landing.group(),
                landing.transactionTime(),
                null,
                landing.landedAt(),
                landing.runKey(),
                List.of(landed)));
  }

  private void refused(String why) {
    assertThatThrownBy(lake::transform)
        .isInstanceOfSatisfying(
            JobException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.DATA_REFUSED))
        .hasMessageStartingWith(
            "Cannot take bronze file " + landing.files().get(0).path() + " of export e1: ")
        .hasMessageContaining(why)
        .hasMessageEndingWith(
            "run the extract task of etl/run-e1 again, which lands the export anew");
    assertThat(lake.lake().exists(lake.lake().paths().silver("Patient"))).isFalse();
  }
}
