package io.epicfhir.sandbox.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.sandbox.SandboxFixture;
import io.epicfhir.sandbox.TestClient;
import io.epicfhir.sandbox.faults.Fault;
import io.epicfhir.sandbox.faults.Match;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AccountingTest {
  private SandboxFixture sandbox;
  private RequestLog log;
  private String token;

  @BeforeEach
  void start(@TempDir Path data) throws Exception {
    sandbox = new SandboxFixture(data);
    sandbox.write(
        "Observation", Collections.nCopies(20_000, SandboxFixture.observation("o1", "1.50")));
    sandbox.options.exportTime(Duration.ZERO).maxInFlight(50);
    sandbox.start();
    log = sandbox.server.requests();
    token = sandbox.token();
  }

  @AfterEach
  void stop() throws Exception {
    sandbox.close();
  }

  @Test
  void a_client_that_asks_when_it_has_the_answer_is_never_counted_twice() throws Exception {
    String file = file();
    for (int i = 0; i < 200; i++) {
      read();
    }
    for (int i = 0; i < 5; i++) {
      sandbox.client.bytes(file, token);
      sandbox.client.bytes(file, token, "Accept-Encoding", "gzip");
    }
    assertThat(log.maxInFlight()).isEqualTo(1);
    assertThat(log.count(RequestKind.READ)).isEqualTo(200);
    assertThat(log.count(RequestKind.FILE)).isEqualTo(10);
  }

  @Test
  void the_log_knows_of_an_answer_before_the_client_does() throws Exception {
    String file = file();
    long before = log.bytesSent();
    int length = sandbox.client.bytes(file, token).body().length;
    assertThat(log.count(RequestKind.FILE)).isEqualTo(1);
    assertThat(log.bytesSent() - before).isEqualTo(length);
  }

  @Test
  void latency_holds_forty_requests_at_a_time_without_queueing() {
    // Long enough that the fortieth comes before the first is answered, on a busy machine, too.
    sandbox.server.faults().latency(Duration.ofSeconds(3));
    assertThat(sandbox.client.all(40, patient(), token)).containsOnly(200).hasSize(40);
    assertThat(log.maxInFlight()).isEqualTo(40);
  }

  @Test
  void tokens_and_admin_requests_are_not_in_flight() throws Exception {
    sandbox.client.get(sandbox.server.origin() + "/sandbox/requests", token);
    sandbox.token();
    assertThat(log.maxInFlight()).isZero();
  }

  @Test
  void a_request_before_retry_after_is_early_and_one_after_it_is_not() throws Exception {
    sandbox.server.faults().once(Match.any(), Fault.tooManyRequests("2"));
    assertThat(read().statusCode()).isEqualTo(429);
    sandbox.clock.advance(Duration.ofMillis(1_994));
    read();
    assertThat(log.earlyRequests()).isEqualTo(1);
    sandbox.clock.advance(Duration.ofMillis(1));
    read();
    assertThat(log.earlyRequests()).isEqualTo(1);
    JsonNode shown =
        TestClient.json(sandbox.client.get(sandbox.server.origin() + "/sandbox/requests", token));
    assertThat(shown.path("earlyRequests").asInt()).isEqualTo(1);
    assertThat(shown.path("earlyPolls").asInt()).isZero();
  }

  @Test
  void an_http_date_holds_to_the_second_and_garbage_asks_for_nothing() throws Exception {
    sandbox.server.faults().once(Match.any(), Fault.tooManyRequests("soon"));
    read();
    read();
    assertThat(log.earlyRequests()).isZero();
    String date = HttpDates.of(sandbox.clock.instant().plusSeconds(3));
    sandbox.server.faults().once(Match.any(), Fault.busy(503, date));
    read();
    sandbox.clock.advance(Duration.ofMillis(2_999));
    read();
    assertThat(log.earlyRequests()).isEqualTo(1);
    sandbox.clock.advance(Duration.ofMillis(1));
    read();
    assertThat(log.earlyRequests()).isEqualTo(1);
  }

  @Test
  void what_was_in_flight_when_the_429_was_answered_is_not_early() {
    sandbox
        .server
        .faults()
        .once(Match.any(), Fault.tooManyRequests("60"))
        .latency(Duration.ofSeconds(2));
    assertThat(sandbox.client.all(8, patient(), token)).contains(429).hasSize(8);
    assertThat(log.earlyRequests()).isZero();
  }

  @Test
  void a_running_export_makes_the_next_kick_off_early_and_no_read() throws Exception {
    sandbox.server.faults().once(Match.kind(RequestKind.KICK_OFF), Fault.tooManyRequests("60"));
    sandbox.client.kickOff(token, "");
    read();
    assertThat(log.earlyRequests()).isZero();
    sandbox.client.kickOff(token, "");
    assertThat(log.earlyRequests()).isEqualTo(1);
  }

  private HttpResponse<String> read() throws Exception {
    return sandbox.client.get(patient(), token);
  }

  private String patient() {
    return sandbox.server.baseUrl() + "/Patient/anna";
  }

  private String file() throws Exception {
    String status = TestClient.header(sandbox.client.kickOff(token, ""), "Content-Location");
    JsonNode manifest = sandbox.manifest(token, status);
    log.clear();
    return SandboxFixture.file(manifest, "Observation").path("url").asText();
  }
}
