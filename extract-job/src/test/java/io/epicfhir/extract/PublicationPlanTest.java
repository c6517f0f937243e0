package io.epicfhir.extract;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.ChildJvm;
import io.epicfhir.common.lake.LandedFile;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.sandbox.http.RequestKind;
import java.io.IOException;
import java.io.RandomAccessFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A plan of what is to be shown does not outlive the export or the landing that it is of. */
class PublicationPlanTest extends SiteTest {
  @BeforeEach
  void ready() throws IOException {
    open(o -> o);
    assertThat(kickOff()).isZero();
    assertThat(status()).isZero();
  }

  private void killedAt(String failpoint) throws IOException, InterruptedException {
    assertThat(ChildJvm.run(Extract.class, failpoint, site.arguments("r1", "extract")))
        .isEqualTo(ChildJvm.KILLED);
  }

  /** Killed between the landing and the removal of its plan. */
  @Test
  void whatWasWithdrawnIsNotShownAgain() throws IOException, InterruptedException {
    killedAt("publish.landed:1");
    Landing.File file = site.landings().get(0).files().get(0);
    try (RandomAccessFile bytes =
        new RandomAccessFile(folder.resolve("lake").resolve(file.path()).toFile(), "rw")) {
      bytes.setLength(file.bytes() / 2);
    }

    assertThat(extract()).isZero();

    assertThat(site.landings().get(0).files())
        .allSatisfy(now -> assertThat(LandedFile.anyProblem(site.lake(), now)).isEmpty());
    assertThat(ReadBack.bronze(site)).hasSize(503);
  }

  /** Killed before the first file was moved, and given up by a person. */
  @Test
  void theNextExportOfTheRunIsNotTheOneThatWasGivenUp() throws IOException, InterruptedException {
    killedAt("publish.move:1");
    assertThat(site.run(new Cancel(), "r1", "cancel")).isZero();

    assertThat(site.runAll("r1")).isZero();

    assertThat(asked(RequestKind.KICK_OFF)).isEqualTo(2);
    assertThat(ReadBack.bronze(site)).hasSize(503);
  }
}
