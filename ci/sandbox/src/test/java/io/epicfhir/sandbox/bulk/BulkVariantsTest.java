package io.epicfhir.sandbox.bulk;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.sandbox.SandboxFixture;
import io.epicfhir.sandbox.TestClient;
import io.epicfhir.sandbox.faults.Fault;
import io.epicfhir.sandbox.faults.FaultPlan;
import io.epicfhir.sandbox.faults.Match;
import io.epicfhir.sandbox.http.RequestLog;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
    assertThat(sandbox.lines(token, ben, "Patient")).containsExactly(SandboxFixture.BEN);
    JsonNode anna = manifest(kickOff("of-anna", ""));
    assertThat(sandbox.lines(token, anna, "Patient")).containsExactly(SandboxFixture.ANNA);
    assertThat(sandbox.lines(token, anna, "Observation")).hasSize(3);
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
    sandbox.options.groups(2).kickOffs(k -> k.oncePerDay()).exportTime(Duration.ofSeconds(10));
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
  void a_repeated_kick_off_gets_the_export_that_is_there_where_the_server_does_so()
      throws Exception {
    sandbox.options.exportTime(Duration.ofSeconds(10)).kickOffs(k -> k.reusesExports());
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
  void files_can_be_at_another_origin_that_needs_no_token() throws Exception {
    sandbox.options.files(FileServing.OTHER_ORIGIN, FileServing.OPEN);
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
    sandbox.options.files(FileServing.OTHER_ORIGIN);
    start();
    String url =
        SandboxFixture.file(manifest(kickOff("sandbox-group", "")), "Patient").path("url").asText();
    assertThat(sandbox.client.open(url).statusCode()).isEqualTo(401);
    assertThat(sandbox.client.get(url, token).statusCode()).isEqualTo(200);
  }

  private HttpResponse<String> kickOff(String group, String query) throws Exception {
    return sandbox.client.kickOff(token, group, query, "Cache-Control", "max-age=0");
  }

  private JsonNode manifest(HttpResponse<String> kickOff) throws Exception {
    assertThat(kickOff.statusCode()).as(kickOff.body()).isEqualTo(202);
    return sandbox.manifest(token, TestClient.header(kickOff, "Content-Location"));
  }

  private List<String> filtered(String typeFilter) throws Exception {
    String query = "?_type=Observation&_typeFilter=" + URLEncoder.encode(typeFilter, UTF_8);
    JsonNode manifest = manifest(kickOff("sandbox-group", query));
    return manifest.path("output").isEmpty()
        ? List.of()
        : sandbox.lines(token, manifest, "Observation");
  }

  private String refused(String typeFilter) throws Exception {
    String query = "?_type=Observation&_typeFilter=" + URLEncoder.encode(typeFilter, UTF_8);
    HttpResponse<String> answer = kickOff("sandbox-group", query);
    assertThat(answer.statusCode()).isEqualTo(400);
    return TestClient.diagnostics(answer);
  }
}
