package io.epicfhir.extract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.extract.source.Pace;
import io.epicfhir.sandbox.ClientKeys;
import io.epicfhir.sandbox.Fault;
import io.epicfhir.sandbox.Match;
import io.epicfhir.sandbox.RequestKind;
import io.epicfhir.sandbox.SandboxOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ControlPlaneTest {
  @TempDir Path folder;
  private Site site;

  private void open(UnaryOperator<SandboxOptions> behaviour) throws IOException {
    site = Site.open(folder, BulkToBronzeTest.files(), behaviour);
  }

  @AfterEach
  void close() throws IOException {
    if (site != null) {
      site.close();
    }
  }

  private int kickOff() throws IOException {
    return site.run(new KickOff(), "r1", "kick_off");
  }

  private int status() throws IOException {
    return site.run(new ExportStatus(), "r1", "wait");
  }

  /** A status check at a later time, without waiting for it. */
  private int statusAfter(Duration later) throws IOException {
    Clock ahead = Clock.offset(Clock.systemUTC(), later);
    return site.run(new ExportStatus(new Pace(ahead, d -> {})), "r1", "wait");
  }

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
        .contains("5 to mend")
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
  void a_narrower_grant_is_seen_before_the_export_is_asked_for() throws IOException {
    open(o -> o.grantedScopes(Set.of("system/Patient.read")));
    site.settings.put("source.scopes", "[\"system/Patient.rs\", \"system/Observation.rs\"]");

    assertThat(kickOff()).isEqualTo(3);

    assertThat(site.error("r1", "kick_off")).contains("did not grant system/Observation.rs");
    assertThat(site.server.requests().count(RequestKind.KICK_OFF)).isZero();
  }

  @Test
  void a_lost_answer_to_the_kick_off_is_not_sent_again_at_once_and_noticed_later()
      throws IOException {
    open(o -> o);
    site.server.faults().once(Match.kind(RequestKind.KICK_OFF), Fault.badGateway());

    assertThat(kickOff()).isEqualTo(4);
    assertThat(site.error("r1", "kick_off")).contains("Cannot tell whether the server did it");
    assertThat(site.server.requests().count(RequestKind.KICK_OFF)).isEqualTo(1);

    assertThat(kickOff()).isZero();
    assertThat(site.report("r1", "kick_off").path("notes").toString())
        .contains("never saw an answer");
  }

  @Test
  void a_busy_server_is_asked_again_when_it_says() throws IOException {
    open(o -> o);
    site.server.faults().once(Match.kind(RequestKind.KICK_OFF), Fault.tooManyRequests("1"));

    assertThat(kickOff()).isZero();

    assertThat(site.server.requests().count(RequestKind.KICK_OFF)).isEqualTo(2);
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

    assertThat(site.error("r1", "kick_off")).contains("the server speaks FHIR 3.0.1, not 4.0");
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
  void a_passing_failure_of_the_status_is_no_failure_of_the_wait() throws IOException {
    open(o -> o);
    assertThat(kickOff()).isZero();
    site.server.faults().once(Match.kind(RequestKind.STATUS), Fault.badGateway());

    assertThat(status()).isZero();
    assertThat(site.report("r1", "wait").path("result").path("state").asText())
        .isEqualTo("in-progress");

    assertThat(statusAfter(Duration.ofSeconds(45))).isZero();
    assertThat(site.report("r1", "wait").path("result").path("state").asText())
        .isEqualTo("complete");
  }

  @Test
  void past_the_deadline_the_export_is_deleted_and_a_rerun_asks_for_a_new_one() throws IOException {
    open(o -> o.exportTime(Duration.ofDays(2)));
    assertThat(kickOff()).isZero();

    assertThat(statusAfter(Duration.ofHours(21))).isEqualTo(4);

    assertThat(site.error("r1", "wait")).contains("it was cancelled", "bulk.deadline");
    assertThat(site.server.requests().count(RequestKind.DELETE)).isEqualTo(1);
    assertThat(kickOff()).isZero();
    assertThat(site.server.requests().count(RequestKind.KICK_OFF)).isEqualTo(2);
  }

  @Test
  void a_fatal_status_gives_the_export_up() throws IOException {
    open(o -> o);
    assertThat(kickOff()).isZero();
    site.server.faults().once(Match.kind(RequestKind.STATUS), Fault.fatal(500, "59188", "x"));

    assertThat(status()).isEqualTo(3);

    assertThat(site.error("r1", "wait"))
        .contains("500 (processing 59188)", "rerun from the kick-off");
    assertThat(kickOff()).isZero();
    assertThat(site.server.requests().count(RequestKind.KICK_OFF)).isEqualTo(2);
  }

  @Test
  void a_clock_that_is_ten_minutes_off_is_made_up_for() throws IOException {
    open(o -> o);
    Clock late = Clock.offset(Clock.systemUTC(), Duration.ofMinutes(-10));

    assertThat(site.run(new KickOff(new Pace(late, d -> {})), "r1", "kick_off")).isZero();
  }

  @Test
  void a_manifest_without_a_time_is_refused_and_kept() throws IOException {
    open(o -> o);
    assertThat(kickOff()).isZero();
    site.server
        .faults()
        .once(
            Match.kind(RequestKind.STATUS),
            Fault.answer(200, "application/json", "{\"requiresAccessToken\":true,\"output\":[]}"));

    assertThat(status()).isEqualTo(3);

    assertThat(site.error("r1", "wait")).contains("transactionTime is not an instant");
  }
}
