package io.epicfhir.sandbox.bulk;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.sandbox.SandboxFixture;
import io.epicfhir.sandbox.TestClient;
import io.epicfhir.sandbox.faults.Fault;
import io.epicfhir.sandbox.faults.FaultPlan;
import io.epicfhir.sandbox.faults.Match;
import io.epicfhir.sandbox.http.Json;
import io.epicfhir.sandbox.http.RequestKind;
import io.epicfhir.sandbox.http.RequestLog;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BulkFaultsTest {
  private SandboxFixture sandbox;
  private RequestLog log;
  private String token;

  @BeforeEach
  void prepare(@TempDir Path data) throws Exception {
    sandbox = new SandboxFixture(data);
    sandbox.options.exportTime(Duration.ZERO);
  }

  @AfterEach
  void stop() throws Exception {
    sandbox.close();
  }

  private FaultPlan start() throws Exception {
    sandbox.start();
    log = sandbox.server.requests();
    token = sandbox.token();
    return sandbox.server.faults();
  }

  @Test
  void a_manifest_can_lead_to_itself() throws Exception {
    start().always(Match.kind(RequestKind.STATUS), Fault.manifestCycle());
    String status = TestClient.header(kickOff("sandbox-group", ""), "Content-Location");
    JsonNode manifest = sandbox.manifest(token, status);
    assertThat(manifest.path("link").path(0).path("url").asText()).isEqualTo(status);
  }

  @Test
  void a_kick_off_whose_answer_is_lost_has_started_an_export() throws Exception {
    sandbox.options.exportTime(Duration.ofSeconds(10));
    FaultPlan faults = start();
    for (Fault lost : List.of(Fault.reset(0), Fault.close(0))) {
      sandbox.clock.advance(Duration.ofSeconds(10));
      faults.once(Match.kind(RequestKind.KICK_OFF), lost);
      assertThatThrownBy(this::post).isInstanceOf(IOException.class);
      assertThat(kickOff("sandbox-group", "").statusCode()).isEqualTo(429);
    }
    assertThat(log.exportsStarted()).isEqualTo(2);
    assertThat(log.exportsKept()).isEqualTo(2);
  }

  @Test
  void a_transaction_time_can_be_garbage_or_missing() throws Exception {
    FaultPlan faults = start();
    String status = TestClient.header(kickOff("sandbox-group", ""), "Content-Location");
    faults
        .once(Match.kind(RequestKind.STATUS), Fault.transactionTime("yesterday"))
        .once(Match.kind(RequestKind.STATUS), Fault.transactionTime(""));
    assertThat(sandbox.manifest(token, status).path("transactionTime").asText())
        .isEqualTo("yesterday");
    assertThat(sandbox.manifest(token, status).has("transactionTime")).isFalse();
    assertThat(sandbox.manifest(token, status).path("transactionTime").asText()).startsWith("2026");
  }

  @Test
  void an_export_can_run_for_ever_and_a_redirect_lead_anywhere() throws Exception {
    FaultPlan faults = start();
    String status = TestClient.header(kickOff("sandbox-group", ""), "Content-Location");
    faults.always(Match.kind(RequestKind.STATUS), Fault.stillRunning());
    for (int i = 0; i < 3; i++) {
      HttpResponse<String> answer = sandbox.client.get(status, token);
      assertThat(answer.statusCode()).isEqualTo(202);
      assertThat(TestClient.header(answer, "Retry-After")).isEqualTo("1");
    }
    faults.clear();
    faults.once(Match.any(), Fault.redirect("https://other.example/x?y=1"));
    HttpResponse<String> redirect = sandbox.client.get(status, token);
    assertThat(redirect.statusCode()).isEqualTo(307);
    assertThat(TestClient.header(redirect, "Location")).isEqualTo("https://other.example/x?y=1");
  }

  @Test
  void a_file_can_have_the_wrong_content_type_or_be_a_gzip_bomb() throws Exception {
    FaultPlan faults = start();
    String url =
        SandboxFixture.file(manifest(kickOff("sandbox-group", "")), "Patient").path("url").asText();
    faults
        .once(Match.file("Patient"), Fault.contentType("text/html"))
        .once(Match.file("Patient"), Fault.gzipBomb(50_000_000));
    HttpResponse<byte[]> html = sandbox.client.bytes(url, token);
    assertThat(TestClient.header(html, "Content-Type")).isEqualTo("text/html");
    assertThat(new String(html.body(), UTF_8)).contains(SandboxFixture.BEN);
    HttpResponse<byte[]> bomb = sandbox.client.bytes(url, token);
    assertThat(TestClient.header(bomb, "Content-Encoding")).isEqualTo("gzip");
    assertThat(bomb.body()).hasSizeLessThan(500_000);
    try (InputStream blanks = new GZIPInputStream(new ByteArrayInputStream(bomb.body()))) {
      assertThat(blanks.transferTo(java.io.OutputStream.nullOutputStream())).isEqualTo(50_000_000);
    }
  }

  @Test
  void a_long_line_is_one_more_good_resource() throws Exception {
    start().once(Match.file("Patient"), Fault.longLine(3_000_000));
    JsonNode manifest = manifest(kickOff("sandbox-group", ""));
    assertThat(SandboxFixture.file(manifest, "Patient").path("count").asInt()).isEqualTo(3);
    List<String> lines = sandbox.lines(token, manifest, "Patient");
    assertThat(lines).hasSize(3);
    assertThat(lines.get(0)).hasSize(3_000_000);
    assertThat(Json.parse(lines.get(0)).path("id").asText()).isEqualTo("long-line");
  }

  private HttpResponse<String> kickOff(String group, String query) throws Exception {
    return sandbox.client.kickOff(token, group, query, "Cache-Control", "max-age=0");
  }

  private JsonNode manifest(HttpResponse<String> kickOff) throws Exception {
    assertThat(kickOff.statusCode()).as(kickOff.body()).isEqualTo(202);
    return sandbox.manifest(token, TestClient.header(kickOff, "Content-Location"));
  }

  /** Java's client repeats a lost GET by itself. */
  private HttpResponse<String> post() throws Exception {
    return sandbox.client.send(
        TestClient.request(
                sandbox.server.baseUrl() + "/Group/sandbox-group/$export",
                token,
                "Accept",
                "application/fhir+json",
                "Prefer",
                "respond-async")
            .POST(HttpRequest.BodyPublishers.ofString("{\"resourceType\":\"Parameters\"}")));
  }
}
