package io.epicfhir.sandbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BulkVariantsTest {
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
  void a_group_has_what_its_members_have_and_what_has_no_patient() throws Exception {
    sandbox.write("Practitioner", "{\"resourceType\":\"Practitioner\",\"id\":\"dr\"}");
    sandbox.options.groups(Map.of("of-ben", Set.of("ben"), "of-anna", Set.of("anna")));
    start();
    JsonNode ben = manifest(kickOff("of-ben", ""));
    assertThat(ben.path("output").findValuesAsText("type"))
        .containsExactly("Patient", "Practitioner");
    assertThat(lines(ben, "Patient")).containsExactly(SandboxFixture.BEN);
    JsonNode anna = manifest(kickOff("of-anna", ""));
    assertThat(lines(anna, "Patient")).containsExactly(SandboxFixture.ANNA);
    assertThat(lines(anna, "Observation")).hasSize(3);
    assertThat(manifest(kickOff("sandbox-group", "")).path("output")).hasSize(3);
    JsonNode group =
        TestClient.json(sandbox.client.get(sandbox.server.baseUrl() + "/Group/of-ben", token));
    assertThat(group.path("member").findValuesAsText("reference")).containsExactly("Patient/ben");
  }

  @Test
  void a_deletion_is_told_to_the_group_of_its_patient_only() throws Exception {
    sandbox.options.groups(Map.of("of-ben", Set.of("ben"), "of-anna", Set.of("anna")));
    start();
    String since = "?_since=" + manifest(kickOff("of-anna", "")).path("transactionTime").asText();
    sandbox.write("Observation", SandboxFixture.observation("o1", "1.50"));
    sandbox.server.store().reload();
    assertThat(manifest(kickOff("of-anna", since)).path("deleted")).hasSize(1);
    assertThat(manifest(kickOff("of-ben", since)).path("deleted")).isEmpty();
  }

  @Test
  void patients_are_dealt_to_groups_each_to_one() throws Exception {
    sandbox.options.groups(2);
    start();
    List<String> members = new ArrayList<>();
    for (String group : List.of("group-1", "group-2")) {
      String url = sandbox.server.baseUrl() + "/Group/" + group;
      members.addAll(
          TestClient.json(sandbox.client.get(url, token))
              .path("member")
              .findValuesAsText("reference"));
    }
    assertThat(members).containsExactlyInAnyOrder("Patient/anna", "Patient/ben");
    assertThat(kickOff("group-3", "").statusCode()).isEqualTo(404);
    assertThat(kickOff("group-0", "").statusCode()).isEqualTo(404);
  }

  @Test
  void one_export_runs_and_one_a_day_is_allowed_for_each_group() throws Exception {
    sandbox.options.groups(2).oncePerDay().exportTime(Duration.ofSeconds(10));
    start();
    assertThat(kickOff("group-1", "").statusCode()).isEqualTo(202);
    assertThat(kickOff("group-1", "").statusCode()).isEqualTo(429);
    assertThat(kickOff("group-2", "").statusCode()).isEqualTo(202);
    sandbox.clock.advance(Duration.ofSeconds(10));
    assertThat(kickOff("group-1", "").statusCode()).isEqualTo(429);
    assertThat(log.exportsStarted()).isEqualTo(2);
  }

  @Test
  void a_type_filter_is_applied_or_refused() throws Exception {
    String vital = SandboxFixture.observation("v", "1").replace("laboratory", "vital-signs");
    String dated = SandboxFixture.observation("d", "1").replace("laboratory", "exam");
    sandbox.write(
        "Observation",
        SandboxFixture.observation("o1", "1"),
        vital,
        dated.replace("\"code\":{", "\"effectiveDateTime\":\"2026-01-02\",\"code\":{"));
    start();
    assertThat(filtered("Observation?category=vital-signs")).containsExactly(vital);
    assertThat(filtered("Observation?category=vital-signs,laboratory")).hasSize(2);
    assertThat(filtered("Observation?date=ge2026-01-02,Observation?category=vital-signs"))
        .hasSize(2);
    assertThat(filtered("Observation?code=718-7&date=lt2026-01-02")).isEmpty();
    assertThat(refused("Observation?status=final"))
        .isEqualTo("_typeFilter is not supported: Observation?status=final");
    assertThat(refused("x")).isEqualTo("_typeFilter is no search: x");
    assertThat(refused("Condition?code=1"))
        .isEqualTo("_typeFilter is for a type that _type lacks: Condition");
  }

  @Test
  void a_manifest_has_pages_that_together_list_every_file() throws Exception {
    sandbox.options.filesAPage(2).fileLimits(Long.MAX_VALUE, 1);
    start().once(Match.file("Patient"), Fault.errorFile("warning", "incomplete", "1 left out"));
    JsonNode page = manifest(kickOff("sandbox-group", ""));
    List<String> urls = new ArrayList<>(page.path("output").findValuesAsText("url"));
    int errors = page.path("error").size();
    int pages = 1;
    while (page.has("link")) {
      assertThat(page.path("link").path(0).path("relation").asText()).isEqualTo("next");
      String next = page.path("link").path(0).path("url").asText();
      assertThat(next).startsWith(sandbox.server.baseUrl()).contains("?page=");
      page = TestClient.json(sandbox.client.get(next, token));
      urls.addAll(page.path("output").findValuesAsText("url"));
      errors += page.path("error").size();
      pages++;
    }
    assertThat(urls).hasSize(5).doesNotHaveDuplicates();
    assertThat(errors).isEqualTo(1);
    assertThat(pages).isEqualTo(3);
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
  void a_repeated_kick_off_gets_the_export_that_is_there_where_the_server_does_so()
      throws Exception {
    sandbox.options.exportTime(Duration.ofSeconds(10)).reusesExports();
    start();
    String first = TestClient.header(kickOff("sandbox-group", ""), "Content-Location");
    assertThat(TestClient.header(kickOff("sandbox-group", ""), "Content-Location"))
        .isEqualTo(first)
        .isNotEmpty();
    assertThat(kickOff("sandbox-group", "?_type=Patient").statusCode()).isEqualTo(429);
    assertThat(
            sandbox
                .client
                .kickOff(token, "sandbox-group", "", "Cache-Control", "no-cache")
                .statusCode())
        .isEqualTo(429);
    sandbox.client.delete(first, token);
    assertThat(log.exportsKept()).isZero();
    assertThat(TestClient.header(kickOff("sandbox-group", ""), "Content-Location"))
        .isNotEqualTo(first)
        .isNotEmpty();
    assertThat(log.exportsStarted()).isEqualTo(2);
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
    List<String> lines = lines(manifest, "Patient");
    assertThat(lines).hasSize(3);
    assertThat(lines.get(0)).hasSize(3_000_000);
    assertThat(Json.parse(lines.get(0)).path("id").asText()).isEqualTo("long-line");
  }

  @Test
  void files_can_be_at_another_origin_that_needs_no_token() throws Exception {
    sandbox.options.fileOrigin().openFiles();
    start();
    JsonNode manifest = manifest(kickOff("sandbox-group", ""));
    assertThat(manifest.path("requiresAccessToken").asBoolean(true)).isFalse();
    String url = SandboxFixture.file(manifest, "Patient").path("url").asText();
    assertThat(url).startsWith("http://localhost:").startsWith(sandbox.server.fileOrigin());
    assertThat(sandbox.client.open(url).statusCode()).isEqualTo(200);
    assertThat(log.fileOriginAuthorizations()).isZero();
    assertThat(sandbox.client.get(url, token).statusCode()).isEqualTo(200);
    assertThat(log.fileOriginAuthorizations()).isEqualTo(1);
    assertThat(
            sandbox.client.open(sandbox.server.fileOrigin() + "/api/FHIR/R4/metadata").statusCode())
        .isEqualTo(404);
  }

  @Test
  void files_at_another_origin_need_the_token_unless_they_are_open() throws Exception {
    sandbox.options.fileOrigin();
    start();
    String url =
        SandboxFixture.file(manifest(kickOff("sandbox-group", "")), "Patient").path("url").asText();
    assertThat(sandbox.client.open(url).statusCode()).isEqualTo(401);
    assertThat(sandbox.client.get(url, token).statusCode()).isEqualTo(200);
  }

  private HttpResponse<String> kickOff(String group, String query) throws Exception {
    return sandbox.client.kickOff(token, group, query, "Cache-Control", "max-age=0");
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

  private JsonNode manifest(HttpResponse<String> kickOff) throws Exception {
    assertThat(kickOff.statusCode()).as(kickOff.body()).isEqualTo(202);
    return sandbox.manifest(token, TestClient.header(kickOff, "Content-Location"));
  }

  private List<String> lines(JsonNode manifest, String type) throws Exception {
    String text = new String(sandbox.download(token, manifest, type).body(), UTF_8);
    return List.of(text.split("\n", -1)).subList(0, text.split("\n", -1).length - 1);
  }

  private List<String> filtered(String typeFilter) throws Exception {
    String query = "?_type=Observation&_typeFilter=" + URLEncoder.encode(typeFilter, UTF_8);
    JsonNode manifest = manifest(kickOff("sandbox-group", query));
    return manifest.path("output").isEmpty() ? List.of() : lines(manifest, "Observation");
  }

  private String refused(String typeFilter) throws Exception {
    String query = "?_type=Observation&_typeFilter=" + URLEncoder.encode(typeFilter, UTF_8);
    HttpResponse<String> answer = kickOff("sandbox-group", query);
    assertThat(answer.statusCode()).isEqualTo(400);
    return TestClient.diagnostics(answer);
  }
}
