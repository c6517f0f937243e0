package io.epicfhir.extract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.sandbox.auth.ClientKeys;
import io.epicfhir.sandbox.faults.Fault;
import io.epicfhir.sandbox.faults.Match;
import io.epicfhir.sandbox.http.RequestKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ControlPlaneTest extends SiteTest {
  @Test
  void the_status_url_is_durable_and_stays_out_of_the_report() throws IOException {
    open(o -> o);

    assertThat(kickOff()).isZero();

    JsonNode report = site.report("r1", "kick_off");
    String id = report.path("result").path("export_id").asText();
    String ledger = Files.readString(folder.resolve("lake/state/exports/" + id + "/kick-off.json"));
    assertThat(ledger).contains("\"status_url\" : \"" + site.server.origin());
    assertThat(report.toString()).doesNotContain("BulkRequest");
    assertThat(report.path("result").path("state").asText()).isEqualTo("kicked-off");
  }

  @Test
  void an_ec_key_in_jwk_form_signs_in_too() throws IOException {
    open(o -> o);
    site.settings.put("source.algorithm", "ES384");
    site.settings.put("source.key-file", "\"" + folder.resolve("keys/es384.jwk") + "\"");
    site.settings.put("source.key-id", "the-key-file-knows-better");

    assertThat(kickOff()).isZero();
  }

  @Test
  void a_key_that_the_server_does_not_know_is_refused() throws IOException {
    open(o -> o);
    ClientKeys.in(folder.resolve("other-keys"));
    site.settings.put("source.key-file", "\"" + folder.resolve("other-keys/rs384.pem") + "\"");

    assertThat(kickOff()).isEqualTo(3);

    assertThat(site.error("r1", "kick_off"))
        .contains("Cannot get an access token: the server answered 401 invalid_client")
        .contains("check source.client-id, source.key-id");
    assertThat(site.server.requests().count(RequestKind.KICK_OFF)).isZero();
  }

  @Test
  void a_key_file_without_a_fitting_key_is_a_mistake_of_the_settings() throws IOException {
    open(o -> o);
    site.settings.put("source.algorithm", "ES384");

    assertThat(kickOff()).isEqualTo(2);

    assertThat(site.error("r1", "kick_off")).contains("holds no ES384 key in PEM");
  }

  @Test
  void all_that_is_wrong_with_the_settings_is_said_at_once() throws IOException {
    open(o -> o);
    site.settings.put("source.base-url", "\"http://fhir.example.org/R4\"");
    site.settings.put("source.algorithm", "HS256");
    site.settings.put("source.key-file", "\"" + folder.resolve("none.pem") + "\"");
    site.settings.put("bulk.types", "[\"../Patient\"]");
    site.settings.put("bronze.max-line-size", "\"7 bytes\"");

    assertThat(kickOff()).isEqualTo(2);

    assertThat(site.error("r1", "kick_off"))
        .contains("Cannot use the settings. Problems: 5\n")
        .contains("source.base-url = http://fhir.example.org/R4: expected an absolute https URL")
        .contains("source.algorithm = HS256: expected RS384 or ES384")
        .contains("none.pem: expected a readable file that holds the private key")
        .contains("bulk.types = ../Patient")
        .contains("bronze.max-line-size = 7 bytes")
        .contains("pipeline.conf: ");
  }

  @Test
  void a_key_file_that_others_can_read_is_not_used() throws IOException {
    open(o -> o);
    Files.setPosixFilePermissions(
        folder.resolve("keys/rs384.pem"), PosixFilePermissions.fromString("rw-r-----"));

    assertThat(kickOff()).isEqualTo(2);

    assertThat(site.error("r1", "kick_off")).contains("only its owner can read (chmod 600)");
  }

  @Test
  void an_unknown_group_is_named() throws IOException {
    open(o -> o);
    site.settings.put("bulk.groups", "[nobody]");

    assertThat(kickOff()).isEqualTo(3);

    assertThat(site.error("r1", "kick_off"))
        .contains("Cannot start the export of group \"nobody\": the server answered 404");
  }

  @Test
  void a_server_of_another_fhir_version_is_refused() throws IOException {
    open(o -> o);
    site.server
        .faults()
        .always(
            Match.kind(RequestKind.METADATA),
            Fault.answer(
                200,
                "application/fhir+json",
                "{\"resourceType\":\"CapabilityStatement\",\"fhirVersion\":\"3.0.1\"}"));

    assertThat(kickOff()).isEqualTo(3);

    assertThat(site.error("r1", "kick_off")).contains("the server's fhirVersion is 3.0.1, not 4.0");
  }

  @Test
  void the_status_waits_for_the_servers_time_and_then_reads_the_manifest() throws IOException {
    open(o -> o.exportTime(Duration.ofMinutes(1)).retryAfter(Duration.ofSeconds(30)));
    assertThat(kickOff()).isZero();

    assertThat(status()).isZero();
    JsonNode first = site.report("r1", "wait").path("result");
    assertThat(first.path("state").asText()).isEqualTo("in-progress");
    assertThat(first.path("progress").asText()).startsWith("Exporting, ");
    assertThat(Instant.parse(first.path("not_before").asText()))
        .isAfter(Instant.now().plusSeconds(20));

    assertThat(status()).isZero();
    assertThat(site.report("r1", "wait").path("result")).isEqualTo(first);
    assertThat(site.server.requests().count(RequestKind.STATUS)).isEqualTo(1);
  }

  @Test
  void a_gateway_in_between_loses_the_kick_off_answer_too() throws IOException {
    open(o -> o);
    site.server.faults().once(Match.kind(RequestKind.KICK_OFF), Fault.badGateway());

    assertThat(kickOff()).isEqualTo(4);

    assertThat(error("kick_off"))
        .contains("Cannot tell whether the server carried out the request");
    assertThat(asked(RequestKind.KICK_OFF)).isEqualTo(1);
  }
}
