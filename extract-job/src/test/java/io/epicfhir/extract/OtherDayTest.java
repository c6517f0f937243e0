package io.epicfhir.extract;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.TestSpark;
import io.epicfhir.common.job.JobRunner;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.sandbox.faults.Fault;
import io.epicfhir.sandbox.faults.Match;
import io.epicfhir.sandbox.http.RequestKind;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An export lives longer than the day of the run that began it: a run of another day ends it. */
class OtherDayTest extends SiteTest {
  private static final Instant FIRST = Instant.parse("2026-03-02T00:00:00Z");
  private static final Instant SECOND = Instant.parse("2026-03-03T00:00:00Z");
  private static final Match PATIENTS = Match.file("Patient");

  @BeforeEach
  void openWithABrokenLine() throws IOException {
    open(o -> o);
    site.window("r1", FIRST, FIRST).window("r2", SECOND, SECOND);
    site.settings.put("bulk.max-rejected-share", "0.01");
    site.server.faults().once(PATIENTS, Fault.extraLine("{\"resourceType\":\"Patient\","));
  }

  private int extractOf(String run, String export) throws IOException {
    TestSpark.session();
    String[] arguments =
        Stream.concat(Stream.of(site.arguments(run, "extract")), Stream.of("--export", export))
            .toArray(String[]::new);
    return JobRunner.run(new Extract(), arguments);
  }

  private String export() throws IOException {
    return result("kick_off").path("export_id").asText();
  }

  private void theBrokenLineIsThereOnce() throws IOException {
    assertThat(ReadBack.quarantine(site)).hasSize(1);
    try (Stream<Path> folders = Files.walk(folder.resolve("lake/quarantine"), 2)) {
      assertThat(folders.filter(f -> f.getFileName().toString().startsWith("export_id=")))
          .hasSize(1);
    }
    assertThat(ReadBack.bronze(site)).hasSize(503);
  }

  /** All is downloaded and the broken line in quarantine when the first run ends. */
  @Test
  void whatTheFirstRunCouldNotLandTheNextDaysRunLands() throws IOException {
    site.settings.put("bulk.hydrate", "[Practitioner]");
    site.server.faults().clear();
    Files.writeString(
        site.data.resolve("Observation.ndjson"),
        Files.readString(site.data.resolve("Observation.ndjson"))
            + "{\"resourceType\":\"Observation\",\"id\":\"x\",\"performer\":[{\"reference\":"
            + "\"Practitioner/dr\"}]}\n");
    site.server.store().reload();
    site.server.faults().once(PATIENTS, Fault.extraLine("{\"resourceType\":\"Patient\","));
    assertThat(kickOff()).isZero();
    assertThat(status()).isZero();
    for (RequestKind kind : List.of(RequestKind.READ, RequestKind.METADATA)) {
      site.server.faults().always(Match.kind(kind), Fault.busy(503, "0"));
    }
    assertThat(extract()).isEqualTo(4);
    site.server.faults().clear();
    long files = asked(RequestKind.FILE);

    assertThat(site.runAll("r2")).isZero();

    assertThat(site.report("r2", "kick_off").at("/result/state").asText()).isEqualTo("adopted");
    assertThat(asked(RequestKind.FILE)).isEqualTo(files);
    assertThat(ReadBack.quarantine(site)).hasSize(1);
    assertThat(ReadBack.bronze(site)).hasSize(504);
  }

  @Test
  void whatWasRefusedLandsByAnotherDaysRunThatIsBegunAtExtract() throws IOException {
    site.settings.put("bulk.max-rejected-share", "0");
    assertThat(site.runAll("r1")).isEqualTo(5);
    site.settings.put("bulk.max-rejected-share", "0.01");

    assertThat(extractOf("r2", export())).isZero();

    theBrokenLineIsThereOnce();
    assertThat(site.landings()).extracting(Landing::runKey).containsExactly("etl/r2");
  }

  @Test
  void whatLandsAgainBringsTheSameLineIntoQuarantineOnce() throws IOException {
    site.server.faults().always(Match.kind(RequestKind.DELETE), Fault.fatal(500, "1", "x"));
    assertThat(site.runAll("r1")).isZero();
    site.server.faults().once(PATIENTS, Fault.extraLine("{\"resourceType\":\"Patient\","));
    Landing.File file = site.landings().get(0).files().get(0);
    try (RandomAccessFile bytes =
        new RandomAccessFile(folder.resolve("lake").resolve(file.path()).toFile(), "rw")) {
      bytes.setLength(file.bytes() / 2);
    }

    assertThat(extractOf("r2", export())).isZero();

    theBrokenLineIsThereOnce();
    assertThat(List.of(site.landings().get(0).files().get(0).path())).doesNotContain(file.path());
  }
}
