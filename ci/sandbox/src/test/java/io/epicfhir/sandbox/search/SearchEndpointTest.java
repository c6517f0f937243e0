package io.epicfhir.sandbox.search;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.sandbox.SandboxFixture;
import io.epicfhir.sandbox.TestClient;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SearchEndpointTest {
  private SandboxFixture sandbox;
  private String token;

  @BeforeEach
  void start(@TempDir Path data) throws Exception {
    sandbox = new SandboxFixture(data);
    sandbox.options.searches(s -> s.pageSize(2));
    sandbox.start();
    token = sandbox.token();
  }

  @AfterEach
  void stop() throws Exception {
    sandbox.close();
  }

  @Test
  void next_links_lead_to_the_end_and_no_page_has_a_total() throws Exception {
    List<String> ids = new ArrayList<>();
    String url = sandbox.server.baseUrl() + "/Observation?patient=anna&category=laboratory";
    int pages = 0;
    while (!url.isEmpty()) {
      JsonNode page = TestClient.json(sandbox.client.get(url, token));
      assertThat(page.path("type").asText()).isEqualTo("searchset");
      assertThat(page.has("total")).isFalse();
      page.path("entry").forEach(entry -> ids.add(entry.path("resource").path("id").asText()));
      url = next(page);
      pages++;
    }
    assertThat(ids).containsExactly("o1", "o2", "o3");
    assertThat(pages).isEqualTo(2);
  }

  @Test
  void a_search_that_began_before_a_reload_ends_with_what_it_found() throws Exception {
    JsonNode first = get("/Observation?patient=anna&code=718-7&_count=1");
    sandbox.write("Observation", SandboxFixture.observation("o9", "9"));
    sandbox.server.store().reload();
    JsonNode second = TestClient.json(sandbox.client.get(next(first), token));
    assertThat(second.path("entry").path(0).path("resource").path("id").asText()).isEqualTo("o2");
  }

  @Test
  void entries_and_reads_carry_the_bytes_of_the_folder() throws Exception {
    String bundle = text("/Patient?_id=anna,ben").body();
    assertThat(bundle).contains("\"resource\":" + SandboxFixture.ANNA + ",");
    assertThat(bundle).contains("\"resource\":" + SandboxFixture.BEN + ",");
    assertThat(text("/Observation?_id=o1").body()).contains("\"value\":1.50}");
    assertThat(text("/Patient/ben").body()).isEqualTo(SandboxFixture.BEN);
  }

  @Test
  void nothing_found_is_an_outcome_entry_with_code_4101() throws Exception {
    JsonNode page = get("/Observation?patient=ben&category=laboratory");
    assertThat(page.path("entry")).hasSize(1);
    assertThat(page.path("entry").path(0).path("search").path("mode").asText())
        .isEqualTo("outcome");
    assertThat(codes(page.path("entry").path(0).path("resource"))).containsExactly("4101");
    assertThat(codes(get("/Condition?patient=anna").path("entry").path(0).path("resource")))
        .containsExactly("4101");
  }

  @Test
  void a_missing_required_parameter_is_fatal() throws Exception {
    for (String search : List.of("/Observation?patient=anna", "/CarePlan?patient=anna", "/Claim")) {
      HttpResponse<String> answer = text(search);
      assertThat(answer.statusCode()).isEqualTo(400);
      assertThat(codes(TestClient.json(answer))).containsExactly("59108");
      assertThat(TestClient.json(answer).path("issue").path(0).path("severity").asText())
          .isEqualTo("fatal");
    }
  }

  @Test
  void an_unknown_parameter_is_ignored_with_a_warning() throws Exception {
    JsonNode page = get("/Patient?_id=anna&_lastUpdated=gt2026-01-01");
    assertThat(page.path("entry")).hasSize(2);
    assertThat(codes(page.path("entry").path(1).path("resource"))).containsExactly("59100", "4122");
  }

  @Test
  void category_and_code_take_a_system() throws Exception {
    assertThat(get("/Observation?patient=anna&category=s%7Claboratory").path("entry")).hasSize(2);
    assertThat(get("/Observation?subject=Patient/anna&code=http://loinc.org%7C718-7").path("entry"))
        .hasSize(2);
    assertThat(
            codes(
                get("/Observation?patient=anna&code=other%7C718-7")
                    .path("entry")
                    .path(0)
                    .path("resource")))
        .containsExactly("4101");
  }

  @Test
  void the_group_lists_the_patients() throws Exception {
    JsonNode group = get("/Group/sandbox-group");
    assertThat(group.path("member").findValuesAsText("reference"))
        .containsExactly("Patient/anna", "Patient/ben");
  }

  @Test
  void what_is_not_there_is_404() throws Exception {
    assertThat(text("/Patient/none").statusCode()).isEqualTo(404);
    assertThat(text("/Person2?patient=anna").statusCode()).isEqualTo(404);
    assertThat(text("/Patient/$export").statusCode()).isEqualTo(404);
    assertThat(text("/Patient?_page=unknown").statusCode()).isEqualTo(410);
  }

  @Test
  void a_search_by_post_finds_what_the_same_by_get_finds() throws Exception {
    String body = "patient=anna&category=laboratory";
    HttpRequest post =
        HttpRequest.newBuilder(URI.create(sandbox.server.baseUrl() + "/Observation/_search"))
            .header("Authorization", "Bearer " + token)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    JsonNode found =
        TestClient.json(
            HttpClient.newHttpClient().send(post, HttpResponse.BodyHandlers.ofString()));

    assertThat(found.path("entry")).isEqualTo(get("/Observation?" + body).path("entry"));
    assertThat(found.path("entry")).hasSize(2);
  }

  @Test
  void nothing_is_found_without_a_token() throws Exception {
    HttpResponse<String> answer =
        sandbox.client.get(sandbox.server.baseUrl() + "/Patient/anna", "wrong");
    assertThat(answer.statusCode()).isEqualTo(401);
    assertThat(TestClient.json(answer).path("resourceType").asText()).isEqualTo("OperationOutcome");
  }

  @Test
  void the_capability_statement_is_open_and_names_export_and_search_parameters() throws Exception {
    JsonNode statement =
        TestClient.json(sandbox.client.get(sandbox.server.baseUrl() + "/metadata", "none"));
    assertThat(statement.path("fhirVersion").asText()).isEqualTo("4.0.1");
    JsonNode resources = statement.path("rest").path(0).path("resource");
    assertThat(resources.findValuesAsText("type")).contains("Observation", "Patient", "Group");
    assertThat(resources.path(0).path("searchParam").findValuesAsText("name"))
        .contains("patient", "category", "code");
    assertThat(resources.path(2).path("operation").path(0).path("name").asText())
        .isEqualTo("export");
  }

  private JsonNode get(String path) throws Exception {
    HttpResponse<String> answer = text(path);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return TestClient.json(answer);
  }

  private HttpResponse<String> text(String path) throws Exception {
    return sandbox.client.get(sandbox.server.baseUrl() + path, token);
  }

  private static List<String> codes(JsonNode outcome) {
    List<String> codes = new ArrayList<>();
    for (JsonNode issue : outcome.path("issue")) {
      codes.add(issue.path("details").path("coding").path(0).path("code").asText());
    }
    return codes;
  }

  private static String next(JsonNode page) {
    for (JsonNode link : page.path("link")) {
      if (link.path("relation").asText().equals("next")) {
        return link.path("url").asText();
      }
    }
    return "";
  }
}
