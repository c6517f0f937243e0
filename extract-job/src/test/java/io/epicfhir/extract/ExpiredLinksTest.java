package io.epicfhir.extract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.sandbox.bulk.FileServing;
import io.epicfhir.sandbox.faults.Fault;
import io.epicfhir.sandbox.faults.Match;
import io.epicfhir.sandbox.http.RequestKind;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Links of files that expire while they are fetched. */
class ExpiredLinksTest extends SiteTest {
  private static final Match PATIENTS = Match.file("Patient");

  private void everythingIsCountedOnce() throws IOException {
    JsonNode report = site.report("r1", "extract");
    assertThat(report.at("/resources/Patient/received").asLong()).isEqualTo(3);
    assertThat(report.at("/resources/Observation/received").asLong()).isEqualTo(500);
    assertThat(report.at("/resources/Observation/written").asLong()).isEqualTo(500);
    assertThat(report.at("/result/manifest_counts/Observation").asLong()).isEqualTo(500);
    assertThat(report.at("/result/manifest_counts/Patient").asLong()).isEqualTo(3);
    assertThat(report.path("inputs")).hasSize(2);
    assertThat(report.at("/patients/count").asLong()).isEqualTo(3);
    assertThat(ReadBack.bronze(site)).hasSize(503);
  }

  @Test
  void whatAFreshManifestRecoversIsCountedOnce() throws IOException {
    open(o -> o);
    site.server.faults().once(PATIENTS, Fault.gone(410));

    assertThat(site.runAll("r1")).isZero();

    assertThat(asked(RequestKind.STATUS)).isEqualTo(2);
    everythingIsCountedOnce();
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 403})
  void aSignedLinkThatExpiredAs(int status) throws IOException {
    open(o -> o.files(FileServing.OPEN));
    site.server
        .faults()
        .once(
            PATIENTS,
            Fault.answer(status, "application/xml", "<Error><Code>Expired</Code></Error>"));

    assertThat(site.runAll("r1")).isZero();

    assertThat(asked(RequestKind.KICK_OFF)).isEqualTo(1);
    everythingIsCountedOnce();
  }

  /** The token decides there, and not the link. */
  @Test
  void withTheTokenAndAtHome403IsARefusal() throws IOException {
    open(o -> o);
    site.server.faults().once(PATIENTS, Fault.answer(403, "text/plain", "no"));

    assertThat(site.runAll("r1")).isEqualTo(3);

    assertThat(asked(RequestKind.STATUS)).isEqualTo(1);
  }
}
