package io.epicfhir.sandbox.faults;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.sandbox.SandboxFixture;
import io.epicfhir.sandbox.TestClient;
import io.epicfhir.sandbox.http.RequestKind;
import io.epicfhir.sandbox.http.RequestLog;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FaultPlanTest {
  private SandboxFixture sandbox;
  private FaultPlan faults;
  private String token;

  @BeforeEach
  void start(@TempDir Path data) throws Exception {
    sandbox = new SandboxFixture(data);
    sandbox.write(
        "Observation", Collections.nCopies(20_000, SandboxFixture.observation("o1", "1.50")));
    sandbox.options.exportTime(Duration.ZERO).maxInFlight(2);
    sandbox.start();
    faults = sandbox.server.faults();
    token = sandbox.token();
  }

  @AfterEach
  void stop() throws Exception {
    sandbox.close();
  }

  @Test
  void a_reset_breaks_off_one_file_and_the_next_try_gets_it_whole() throws Exception {
    String url = url(manifest(), "Observation");
    faults.once(Match.file("Observation"), Fault.reset(100_000));
    assertThatThrownBy(() -> sandbox.client.bytes(url, token))
        .isInstanceOf(IOException.class)
        .hasStackTraceContaining("reset");
    assertThat(sandbox.client.bytes(url, token).body())
        .isEqualTo(Files.readAllBytes(sandbox.data.resolve("Observation.ndjson")));
  }

  @Test
  void a_closed_connection_is_an_eof_before_the_announced_length() throws Exception {
    String url = url(manifest(), "Observation");
    faults.once(Match.file("Observation"), Fault.close(100_000));
    assertThatThrownBy(() -> sandbox.client.bytes(url, token))
        .isInstanceOf(IOException.class)
        .hasStackTraceContaining("bytes received: ");
  }

  @Test
  void an_early_end_looks_like_a_good_answer() throws Exception {
    String url = url(manifest(), "Observation");
    faults.once(Match.file("Observation"), Fault.endEarly(100_000));
    HttpResponse<byte[]> cut = sandbox.client.bytes(url, token);
    assertThat(cut.statusCode()).isEqualTo(200);
    assertThat(cut.body()).hasSize(100_000);
    assertThat(TestClient.header(cut, "Content-Length")).isEmpty();
  }

  @Test
  void an_early_end_cuts_gzip_before_its_trailer() throws Exception {
    String url = url(manifest(), "Observation");
    faults.once(Match.file("Observation"), Fault.endEarly(1_000));
    byte[] cut = sandbox.client.bytes(url, token, "Accept-Encoding", "gzip").body();
    assertThat(cut).hasSize(1_000);
    assertThatThrownBy(() -> new GZIPInputStream(new ByteArrayInputStream(cut)).readAllBytes())
        .isInstanceOf(EOFException.class);
  }

  @Test
  void a_stall_sends_nothing_more() throws Exception {
    String url = url(manifest(), "Patient");
    faults.once(Match.file("Patient"), Fault.stall(10));
    try (InputStream body = sandbox.client.stream(url, token)) {
      assertThat(body.readNBytes(10)).hasSize(10);
      CompletableFuture<Integer> more = CompletableFuture.supplyAsync(() -> read(body));
      assertThatThrownBy(() -> more.get(300, TimeUnit.MILLISECONDS))
          .isInstanceOf(TimeoutException.class);
    }
    assertThat(sandbox.client.bytes(url, token).statusCode()).isEqualTo(200);
  }

  @Test
  void too_many_requests_carries_any_retry_after_and_comes_so_often() throws Exception {
    faults.times(2, Match.kind(RequestKind.READ), Fault.tooManyRequests("soon"));
    List<Integer> statuses = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      HttpResponse<String> answer = read();
      statuses.add(answer.statusCode());
      if (i == 0) {
        assertThat(TestClient.header(answer, "Retry-After")).isEqualTo("soon");
      }
    }
    assertThat(statuses).containsExactly(429, 429, 200);
  }

  @Test
  void transient_and_fatal_outcomes_and_html_can_be_told_apart() throws Exception {
    faults
        .once(Match.any(), Fault.transientError(503))
        .once(Match.any(), Fault.fatal(500, "4130", "Break the glass"))
        .once(Match.any(), Fault.badGateway());
    HttpResponse<String> first = read();
    assertThat(first.statusCode()).isEqualTo(503);
    assertThat(TestClient.json(first).path("issue").path(0).path("code").asText())
        .isEqualTo("transient");
    HttpResponse<String> second = read();
    assertThat(second.statusCode()).isEqualTo(500);
    assertThat(TestClient.json(second).path("issue").path(0).path("severity").asText())
        .isEqualTo("fatal");
    HttpResponse<String> third = read();
    assertThat(third.statusCode()).isEqualTo(502);
    assertThat(TestClient.header(third, "Content-Type")).isEqualTo("text/html");
    assertThat(read().statusCode()).isEqualTo(200);
  }

  @Test
  void an_expired_token_is_401_until_there_is_a_new_one() throws Exception {
    faults.once(Match.kind(RequestKind.READ), Fault.expireToken());
    assertThat(read().statusCode()).isEqualTo(401);
    assertThat(read().statusCode()).isEqualTo(401);
    token = sandbox.token();
    assertThat(read().statusCode()).isEqualTo(200);
  }

  @Test
  void a_manifest_can_count_wrong_list_errors_and_hold_a_broken_line() throws Exception {
    faults
        .once(Match.file("Observation"), Fault.wrongCount(-1))
        .once(Match.file("Patient"), Fault.extraLine("<html>"))
        .once(Match.file("Patient"), Fault.errorFile("error", "exception", "2 lost"));
    JsonNode manifest = manifest();
    assertThat(SandboxFixture.file(manifest, "Observation").path("count").asInt())
        .isEqualTo(19_999);
    assertThat(SandboxFixture.file(manifest, "Patient").path("count").asInt()).isEqualTo(3);
    assertThat(new String(sandbox.client.bytes(url(manifest, "Patient"), token).body(), UTF_8))
        .startsWith("<html>\n{\"resourceType\"");
    String error = manifest.path("error").path(0).path("url").asText();
    HttpResponse<String> outcome = sandbox.client.get(error, token);
    assertThat(TestClient.diagnostics(outcome)).isEqualTo("2 lost");
    assertThat(manifest().path("error")).isEmpty();
  }

  @Test
  void a_link_can_be_gone() throws Exception {
    String url = url(manifest(), "Patient");
    faults.once(Match.file("Patient"), Fault.gone(410));
    assertThat(sandbox.client.get(url, token).statusCode()).isEqualTo(410);
    assertThat(sandbox.client.get(url, token).statusCode()).isEqualTo(200);
  }

  @Test
  void latency_makes_requests_overlap_and_more_than_allowed_are_refused() throws Exception {
    faults.latency(Duration.ofSeconds(2));
    sandbox.server.requests().clear();
    List<Integer> statuses =
        sandbox.client.all(4, sandbox.server.baseUrl() + "/Patient/anna", token);
    assertThat(statuses).containsExactlyInAnyOrder(200, 200, 429, 429);
    assertThat(sandbox.server.requests().maxInFlight()).isEqualTo(4);
    assertThat(sandbox.server.requests().overLimit()).isEqualTo(2);
  }

  @Test
  void the_admin_endpoint_tells_what_was_asked_and_forgets_it() throws Exception {
    faults.always(Match.any(), Fault.badGateway());
    read();
    String admin = sandbox.server.origin() + "/sandbox/requests";
    JsonNode log = TestClient.json(sandbox.client.get(admin, token));
    assertThat(log.path("counts").path("READ").asInt()).isEqualTo(1);
    assertThat(log.path("tokensIssued").asInt()).isEqualTo(1);
    assertThat(sandbox.server.requests().entries())
        .extracting(RequestLog.Entry::status)
        .contains(502);
    assertThat(sandbox.client.delete(admin, token).statusCode()).isEqualTo(204);
    assertThat(sandbox.server.requests().count(RequestKind.READ)).isZero();
  }

  private HttpResponse<String> read() throws Exception {
    return sandbox.client.get(sandbox.server.baseUrl() + "/Patient/anna", token);
  }

  private static int read(InputStream body) {
    try {
      return body.read();
    } catch (IOException e) {
      return -2;
    }
  }

  private JsonNode manifest() throws Exception {
    HttpResponse<String> kickOff = sandbox.client.kickOff(token, "");
    String status = TestClient.header(kickOff, "Content-Location");
    return TestClient.json(sandbox.client.get(status, token));
  }

  private static String url(JsonNode manifest, String type) {
    return SandboxFixture.file(manifest, type).path("url").asText();
  }
}
