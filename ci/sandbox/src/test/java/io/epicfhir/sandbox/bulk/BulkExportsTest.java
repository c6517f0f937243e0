package io.epicfhir.sandbox.bulk;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.sandbox.SandboxFixture;
import io.epicfhir.sandbox.TestClient;
import java.io.ByteArrayInputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BulkExportsTest {
  private SandboxFixture sandbox;
  private String token;

  @BeforeEach
  void prepare(@TempDir Path data) throws Exception {
    sandbox = new SandboxFixture(data);
  }

  @AfterEach
  void stop() throws Exception {
    sandbox.close();
  }

  private void start() throws Exception {
    sandbox.start();
    token = sandbox.token();
  }

  @Test
  void a_kick_off_without_the_two_headers_is_refused() throws Exception {
    start();
    String url = sandbox.server.baseUrl() + "/Group/sandbox-group/$export";
    HttpResponse<String> noPrefer =
        sandbox.client.get(url, token, "Accept", "application/fhir+json");
    assertThat(noPrefer.statusCode()).isEqualTo(400);
    assertThat(TestClient.diagnostics(noPrefer)).isEqualTo("Prefer must be respond-async");
    HttpResponse<String> noAccept = sandbox.client.get(url, token, "Prefer", "respond-async");
    assertThat(noAccept.statusCode()).isEqualTo(400);
    assertThat(TestClient.diagnostics(noAccept)).isEqualTo("Accept must be application/fhir+json");
  }

  @Test
  void unknown_groups_types_parameters_and_formats_are_refused() throws Exception {
    start();
    HttpResponse<String> group =
        sandbox.client.get(
            sandbox.server.baseUrl() + "/Group/other/$export",
            token,
            "Accept",
            "application/fhir+json",
            "Prefer",
            "respond-async");
    assertThat(group.statusCode()).isEqualTo(404);
    assertThat(TestClient.diagnostics(group)).isEqualTo("Unknown group: other");
    refused("?_type=Patient,Person2", "Unknown resource type in _type: Person2");
    refused("?_elements=id", "Parameter is not supported: _elements");
    refused("?_outputFormat=csv", "_outputFormat is not supported: csv");
    refused("?_since=yesterday", "_since is not an instant: yesterday");
  }

  @Test
  void a_server_without_since_refuses_it() throws Exception {
    sandbox.options.kickOffs(k -> k.withoutSince());
    start();
    refused("?_since=2026-01-01T00:00:00Z", "Parameter is not supported: _since");
  }

  @Test
  void status_answers_202_until_the_export_is_ready() throws Exception {
    sandbox.options.exportTime(Duration.ofSeconds(10)).retryAfter(Duration.ofSeconds(4));
    start();
    HttpResponse<String> kickOff = sandbox.client.kickOff(token, "");
    assertThat(kickOff.statusCode()).isEqualTo(202);
    String status = TestClient.header(kickOff, "Content-Location");
    assertThat(status).startsWith(sandbox.server.baseUrl() + "/BulkRequest/");
    HttpResponse<String> first = sandbox.client.get(status, token);
    assertThat(first.statusCode()).isEqualTo(202);
    assertThat(TestClient.header(first, "Retry-After")).isEqualTo("4");
    assertThat(TestClient.header(first, "X-Progress")).contains("0%");

    sandbox.clock.advance(Duration.ofSeconds(3));
    HttpResponse<String> early = sandbox.client.get(status, token);
    assertThat(early.statusCode()).isEqualTo(429);
    assertThat(TestClient.header(early, "Retry-After")).isEqualTo("1");
    assertThat(sandbox.server.requests().earlyPolls()).isEqualTo(1);

    sandbox.clock.advance(Duration.ofSeconds(7));
    HttpResponse<String> ready = sandbox.client.get(status, token);
    assertThat(ready.statusCode()).isEqualTo(200);
    assertThat(TestClient.header(ready, "Expires")).isEqualTo("Mon, 02 Mar 2026 10:00:10 GMT");
    assertThat(sandbox.server.requests().earlyPolls()).isEqualTo(1);
  }

  @Test
  void a_second_export_has_to_wait_while_one_runs() throws Exception {
    sandbox.options.exportTime(Duration.ofSeconds(10));
    start();
    String first = TestClient.header(sandbox.client.kickOff(token, ""), "Content-Location");
    HttpResponse<String> second = sandbox.client.kickOff(token, "");
    assertThat(second.statusCode()).isEqualTo(429);
    assertThat(TestClient.header(second, "Retry-After")).isEqualTo("10");
    assertThat(sandbox.client.delete(first, token).statusCode()).isEqualTo(202);
    assertThat(sandbox.client.kickOff(token, "").statusCode()).isEqualTo(202);
  }

  @Test
  void once_in_24_hours_holds_also_after_a_delete() throws Exception {
    sandbox
        .options
        .exportTime(Duration.ZERO)
        .kickOffs(k -> k.oncePerDay())
        .tokenLifetime(Duration.ofDays(2));
    start();
    String first = TestClient.header(sandbox.client.kickOff(token, ""), "Content-Location");
    assertThat(sandbox.client.delete(first, token).statusCode()).isEqualTo(202);
    assertThat(sandbox.client.kickOff(token, "").statusCode()).isEqualTo(429);
    sandbox.clock.advance(Duration.ofHours(24));
    assertThat(sandbox.client.kickOff(token, "").statusCode()).isEqualTo(202);
  }

  @Test
  void files_carry_the_bytes_of_the_folder() throws Exception {
    String spaced = "  {\"resourceType\":\"Claim\", \"id\":\"c\",\"x\":1.50 }\r";
    Files.writeString(sandbox.data.resolve("Claim.ndjson"), spaced); // No line feed at the end.
    start();
    JsonNode manifest = sandbox.export(token, "");
    assertThat(manifest.path("requiresAccessToken").asBoolean()).isTrue();
    assertThat(manifest.path("request").asText())
        .isEqualTo(sandbox.server.baseUrl() + "/Group/sandbox-group/$export");
    assertThat(manifest.path("error")).isEmpty();
    assertThat(manifest.has("deleted")).isFalse();
    assertThat(manifest.path("output")).hasSize(3);
    HttpResponse<byte[]> patients = sandbox.download(token, manifest, "Patient");
    assertThat(TestClient.header(patients, "Content-Type")).isEqualTo("application/fhir+ndjson");
    assertThat(patients.body())
        .isEqualTo(Files.readAllBytes(sandbox.data.resolve("Patient.ndjson")));
    assertThat(sandbox.download(token, manifest, "Observation").body())
        .isEqualTo(Files.readAllBytes(sandbox.data.resolve("Observation.ndjson")));
    assertThat(sandbox.download(token, manifest, "Claim").body())
        .isEqualTo((spaced + "\n").getBytes(UTF_8));
    assertThat(SandboxFixture.file(manifest, "Observation").path("count").asInt()).isEqualTo(3);
  }

  @Test
  void files_are_gzip_when_the_client_takes_it() throws Exception {
    start();
    String url = SandboxFixture.file(sandbox.export(token, ""), "Patient").path("url").asText();
    HttpResponse<byte[]> zipped = sandbox.client.bytes(url, token, "Accept-Encoding", "gzip");
    assertThat(TestClient.header(zipped, "Content-Encoding")).isEqualTo("gzip");
    assertThat(new GZIPInputStream(new ByteArrayInputStream(zipped.body())).readAllBytes())
        .isEqualTo(Files.readAllBytes(sandbox.data.resolve("Patient.ndjson")));
    HttpResponse<byte[]> plain =
        sandbox.client.bytes(url, token, "Accept-Encoding", "gzip;q=0, identity");
    assertThat(TestClient.header(plain, "Content-Encoding")).isEmpty();
  }

  @Test
  void a_type_above_the_limits_goes_to_more_files() throws Exception {
    sandbox.options.fileLimits(Long.MAX_VALUE, 2);
    start();
    JsonNode manifest = sandbox.export(token, "?_type=Observation");
    assertThat(manifest.path("output")).hasSize(2);
    assertThat(manifest.path("output").findValuesAsText("count")).containsExactly("2", "1");
    StringBuilder all = new StringBuilder();
    for (JsonNode file : manifest.path("output")) {
      all.append(sandbox.client.get(file.path("url").asText(), token).body());
    }
    assertThat(all).hasToString(Files.readString(sandbox.data.resolve("Observation.ndjson")));
  }

  @Test
  void a_parameters_resource_says_the_same_as_a_query() throws Exception {
    sandbox.options.exportTime(Duration.ZERO);
    start();
    HttpResponse<String> kickOff =
        post(
            "{\"resourceType\":\"Parameters\",\"parameter\":["
                + "{\"name\":\"_type\",\"valueString\":\"Patient\"}]}");
    JsonNode manifest = sandbox.manifest(token, TestClient.header(kickOff, "Content-Location"));
    assertThat(manifest.path("output").findValuesAsText("type")).containsExactly("Patient");
    assertThat(post("{\"resourceType\":\"Patient\"}").statusCode()).isEqualTo(400);
  }

  @Test
  void delete_leaves_nothing() throws Exception {
    sandbox.options.exportTime(Duration.ZERO);
    start();
    String status = TestClient.header(sandbox.client.kickOff(token, ""), "Content-Location");
    String url =
        SandboxFixture.file(sandbox.manifest(token, status), "Patient").path("url").asText();
    assertThat(sandbox.client.delete(status, token).statusCode()).isEqualTo(202);
    assertThat(sandbox.client.get(status, token).statusCode()).isEqualTo(404);
    assertThat(sandbox.client.get(url, token).statusCode()).isEqualTo(404);
    assertThat(sandbox.client.delete(status, token).statusCode()).isEqualTo(404);
  }

  @Test
  void files_expire() throws Exception {
    sandbox.options.fileLifetime(Duration.ofMinutes(10));
    start();
    String url = SandboxFixture.file(sandbox.export(token, ""), "Patient").path("url").asText();
    sandbox.clock.advance(Duration.ofMinutes(10));
    assertThat(sandbox.client.get(url, token).statusCode()).isEqualTo(404);
  }

  private void refused(String query, String why) throws Exception {
    HttpResponse<String> answer = sandbox.client.kickOff(token, query);
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(TestClient.json(answer).path("resourceType").asText()).isEqualTo("OperationOutcome");
    assertThat(TestClient.diagnostics(answer)).isEqualTo(why);
  }

  private HttpResponse<String> post(String parameters) throws Exception {
    return sandbox.client.send(
        TestClient.request(
                sandbox.server.baseUrl() + "/Group/sandbox-group/$export",
                token,
                "Accept",
                "application/fhir+json",
                "Prefer",
                "respond-async",
                "Content-Type",
                "application/fhir+json")
            .POST(HttpRequest.BodyPublishers.ofString(parameters)));
  }
}
