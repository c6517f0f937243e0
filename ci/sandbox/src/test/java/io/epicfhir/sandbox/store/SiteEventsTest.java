package io.epicfhir.sandbox.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.sandbox.EpicFixture;
import io.epicfhir.sandbox.TestClient;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Merges, retractions and the like, told to the sandbox over HTTP. */
final class SiteEventsTest {
  private EpicFixture site;

  @BeforeEach
  void prepare(@TempDir Path data) throws Exception {
    site = new EpicFixture(data).start();
  }

  @AfterEach
  void stop() throws Exception {
    site.close();
  }

  private String merge(String from, String to) throws Exception {
    return site.admin(
            "POST", "merge", EpicFixture.json("{'from':'%s','to':'%s'}".formatted(from, to)))
        .body();
  }

  @Test
  void resources_of_a_merged_patient_move_without_a_new_date() throws Exception {
    JsonNode before = site.read("Condition/c0");
    assertThat(merge("p1", "p2")).contains("\"deleted\":1}");
    JsonNode after = site.read("Condition/c0");
    assertThat(after.path("subject").path("reference").asText()).isEqualTo("Patient/p2");
    assertThat(after.toString().replace("Patient/p2", "Patient/p1")).isEqualTo(before.toString());
    assertThat(site.exported("Patient").keySet()).containsExactly("p2", "p3");
    assertThat(site.exported("Provenance").toString()).contains("Patient/p2").doesNotContain("/p1");
    assertThat(site.pages("/Condition?patient=p2").get(0)).hasSize(40);
  }

  @Test
  void the_survivor_links_to_whom_it_replaces() throws Exception {
    merge("p1", "p2");
    JsonNode link = site.read("Patient/p2").path("link").path(0);
    assertThat(link.path("type").asText()).isEqualTo("replaces");
    assertThat(link.path("other").path("reference").asText()).isEqualTo("Patient/p1");
  }

  @Test
  void the_retired_id_is_redirected_with_4107_in_reads_and_searches() throws Exception {
    merge("p1", "p2");
    String base = site.sandbox.server.baseUrl();
    for (String path :
        List.of("/Patient/p1", "/Patient?_id=p1", "/Condition?patient=p1&_count=5")) {
      HttpResponse<String> answer = site.get(path);
      assertThat(answer.statusCode()).as(path).isEqualTo(302);
      assertThat(answer.body()).contains("OperationOutcome", "\"4107\"");
      assertThat(TestClient.header(answer, "Location")).isEqualTo(base + path.replace("p1", "p2"));
    }
  }

  @Test
  void a_chain_of_merges_ends_at_the_last_survivor() throws Exception {
    merge("p1", "p2");
    merge("p2", "p3");
    assertThat(TestClient.header(site.get("/Patient/p1"), "Location")).endsWith("/Patient/p3");
    assertThat(site.read("Condition/c0").path("subject").path("reference").asText())
        .isEqualTo("Patient/p3");
    assertThat(site.read("Patient/p3").path("link").findValuesAsText("reference"))
        .containsExactly("Patient/p1", "Patient/p2");
  }

  @Test
  void an_unmerge_restores_every_byte() throws Exception {
    String before = site.admin("GET", "resources", "").body();
    merge("p1", "p2");
    assertThat(site.admin("GET", "resources", "").body()).isNotEqualTo(before);
    assertThat(site.admin("POST", "unmerge", "{\"from\":\"p1\"}").statusCode()).isEqualTo(200);
    assertThat(site.admin("GET", "resources", "").body()).isEqualTo(before);
    assertThat(site.get("/Patient/p1").statusCode()).isEqualTo(200);
  }

  @Test
  void what_cannot_happen_is_refused() throws Exception {
    assertThat(merge("p1", "nobody")).startsWith("Cannot merge");
    assertThat(merge("p1", "p1")).startsWith("Cannot merge");
    assertThat(site.admin("POST", "unmerge", "{\"from\":\"p1\"}").statusCode()).isEqualTo(400);
    assertThat(site.admin("POST", "retract", "{}").statusCode()).isEqualTo(400);
    assertThat(site.admin("POST", "merge", "{").statusCode()).isEqualTo(400);
    assertThat(site.admin("POST", "break-glass", "{\"patient\":\"p1\",\"answer\":\"7\"}").body())
        .isEqualTo("Cannot break the glass with 7");
  }

  @Test
  void a_retracted_resource_is_gone_and_restored_as_it_was() throws Exception {
    String body = "{\"resources\":[\"Condition/c0\",\"Encounter/e1\"]}";
    String before = site.admin("GET", "resources", "").body();
    assertThat(site.admin("POST", "retract", body).body())
        .isEqualTo("{\"created\":0,\"changed\":0,\"deleted\":2}");
    assertThat(site.get("/Condition/c0").statusCode()).isEqualTo(404);
    assertThat(site.exported("Condition")).hasSize(39).doesNotContainKey("c0");
    assertThat(site.pages("/Encounter?patient=p1").get(0)).isEmpty();
    site.admin("POST", "restore", body);
    assertThat(site.admin("GET", "resources", "").body()).isEqualTo(before);
  }

  @Test
  void a_correction_moves_no_date() throws Exception {
    JsonNode before = site.read("Observation/r1-1");
    String body = "{\"resource\":\"Observation/r1-1\",\"elements\":{\"status\":\"corrected\"}}";
    assertThat(site.admin("POST", "correct", body).body())
        .isEqualTo("{\"created\":0,\"changed\":1,\"deleted\":0}");
    JsonNode after = site.read("Observation/r1-1");
    assertThat(after.path("status").asText()).isEqualTo("corrected");
    assertThat(after.path("effectiveDateTime")).isEqualTo(before.path("effectiveDateTime"));
    assertThat(after.path("meta")).isEqualTo(before.path("meta"));
  }

  @Test
  void a_newcomer_is_in_no_group_before_it_joins() throws Exception {
    site.admin("POST", "leave", "{\"patients\":[\"p1\"]}");
    assertThat(site.exported("Patient").keySet()).containsExactly("p2", "p3");
    assertThat(site.exported("Condition")).isEmpty();
    assertThat(site.read("Group/sandbox-group").findValuesAsText("reference"))
        .containsExactly("Patient/p2", "Patient/p3");
    assertThat(site.reach().get("Condition/c0")).isEqualTo("none");
    site.admin("POST", "join", "{\"patients\":[\"p1\"]}");
    assertThat(site.exported("Condition")).hasSize(40);
    assertThat(site.reach().get("Condition/c0")).isEqualTo("export");
  }

  @Test
  void in_an_empty_night_searches_and_exports_find_nothing_and_reads_work() throws Exception {
    site.admin("POST", "empty-night", "");
    assertThat(site.sandbox.export(site.token(), "").path("output")).isEmpty();
    assertThat(site.pages("/Condition?patient=p1").get(0)).isEmpty();
    assertThat(site.get("/Condition/c0").statusCode()).isEqualTo(200);
    site.admin("DELETE", "empty-night", "");
    assertThat(site.exported("Condition")).hasSize(40);
    assertThat(site.pages("/Condition?patient=p1").get(0)).hasSize(40);
  }

  @ParameterizedTest
  @ValueSource(strings = {"403", "4130", "4131", "4134"})
  void break_the_glass_concerns_one_patient(String answer) throws Exception {
    String body = EpicFixture.json("{'patient':'p1','answer':'%s'}".formatted(answer));
    assertThat(site.admin("POST", "break-glass", body).statusCode()).isEqualTo(204);
    HttpResponse<String> search = site.get("/Condition?patient=p1");
    boolean suppressed = answer.equals("4134");
    assertThat(search.statusCode()).isEqualTo(suppressed ? 200 : 403);
    String code = answer.equals("403") ? "forbidden" : answer;
    assertThat(search.body()).contains("OperationOutcome", "\"" + code + "\"");
    if (suppressed) {
      JsonNode entries = TestClient.json(search).path("entry");
      assertThat(entries).hasSize(1);
      assertThat(entries.path(0).path("resource").path("issue").path(0).path("severity").asText())
          .isEqualTo("information");
    }
    assertThat(site.get("/Patient/p1").statusCode()).isEqualTo(403);
    assertThat(site.get("/Condition/c0").statusCode()).isEqualTo(403);
    assertThat(site.get("/Patient/p2").statusCode()).isEqualTo(200);
    site.admin("DELETE", "break-glass", "");
    assertThat(site.get("/Condition/c0").statusCode()).isEqualTo(200);
  }
}
