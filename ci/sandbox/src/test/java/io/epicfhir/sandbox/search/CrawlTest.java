package io.epicfhir.sandbox.search;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.sandbox.SandboxFixture;
import io.epicfhir.sandbox.TestClient;
import io.epicfhir.sandbox.faults.Fault;
import io.epicfhir.sandbox.faults.FaultPlan;
import io.epicfhir.sandbox.faults.Match;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CrawlTest {
  private static final String SEARCH = "/Observation?patient=anna&category=laboratory&_count=2";

  private SandboxFixture sandbox;
  private String token;

  @BeforeEach
  void prepare(@TempDir Path data) throws Exception {
    sandbox = new SandboxFixture(data);
    List<String> lines = new ArrayList<>();
    for (int i = 1; i <= 7; i++) {
      lines.add(SandboxFixture.observation("o" + i, "1"));
    }
    sandbox.write("Observation", lines);
  }

  @AfterEach
  void stop() throws Exception {
    sandbox.close();
  }

  private FaultPlan start() throws Exception {
    sandbox.start();
    token = sandbox.token();
    return sandbox.server.faults();
  }

  @Test
  void patients_are_listed_and_found_by_identifier_where_the_site_allows_it() throws Exception {
    String carl =
        "{\"resourceType\":\"Patient\",\"id\":\"carl\","
            + "\"identifier\":[{\"system\":\"urn:mrn\",\"value\":\"7\"}]}";
    sandbox.write("Patient", SandboxFixture.ANNA, carl);
    sandbox.options.searches(s -> s.patients());
    start();
    assertThat(ids("/Patient?_count=1")).containsExactly("anna", "carl");
    assertThat(ids("/Patient?identifier=" + encode("urn:mrn|7"))).containsExactly("carl");
    assertThat(ids("/Patient?identifier=7")).containsExactly("carl");
    assertThat(ids("/Patient?identifier=" + encode("urn:other|7"))).isEmpty();
    assertThat(ids("/Patient?_id=carl,anna,carl")).containsExactlyInAnyOrder("anna", "carl");
  }

  @Test
  void patients_are_found_by_id_only_where_it_does_not() throws Exception {
    start();
    assertThat(ids("/Patient?_id=anna")).containsExactly("anna");
    assertThat(get("/Patient?_count=10").statusCode()).isEqualTo(400);
    assertThat(code(get("/Patient?identifier=7"))).isEqualTo("59108");
  }

  @Test
  void three_categories_of_observations_are_an_error() throws Exception {
    start();
    for (String category : List.of("procedure", "s%7Ctherapy", "laboratory,activity")) {
      HttpResponse<String> answer = get("/Observation?patient=anna&category=" + category);
      assertThat(answer.statusCode()).isEqualTo(400);
      JsonNode issue = TestClient.json(answer).path("issue").path(0);
      assertThat(issue.path("severity").asText()).isEqualTo("error");
      assertThat(issue.path("code").asText()).isEqualTo("not-supported");
    }
  }

  @Test
  void an_episode_of_care_needs_a_type() throws Exception {
    sandbox.write(
        "EpisodeOfCare",
        "{\"resourceType\":\"EpisodeOfCare\",\"id\":\"e\",\"patient\":{\"reference\":\"Patient/anna\"},"
            + "\"type\":[{\"coding\":[{\"system\":\"t\",\"code\":\"1\"}]}]}");
    start();
    assertThat(code(get("/EpisodeOfCare?patient=anna"))).isEqualTo("59108");
    assertThat(ids("/EpisodeOfCare?patient=anna&type=1")).containsExactly("e");
    assertThat(ids("/EpisodeOfCare?patient=anna&type=2")).isEmpty();
  }

  @Test
  void dates_filter_where_the_type_has_them_and_are_ignored_elsewhere() throws Exception {
    sandbox.write(
        "Encounter",
        encounter("e1", "2025-12-31", "2025-12-31T23:00:00Z"),
        encounter("e2", "2026-02-01", "2026-02-01T08:00:00.5Z"));
    sandbox.options.searches(s -> s.lastUpdated());
    start();
    String search = "/Encounter?patient=anna&";
    assertThat(ids(search + "_lastUpdated=ge2026-01-01")).containsExactly("e2");
    assertThat(ids(search + "_lastUpdated=lt2026-01-01T00:00:00Z")).containsExactly("e1");
    assertThat(ids(search + "date=ge2025-12&date=le2026-01")).containsExactly("e1");
    assertThat(ids(search + "date=2026")).containsExactly("e2");
    assertThat(code(get(search + "date=geyesterday"))).isEqualTo("59101");
    JsonNode ignored = TestClient.json(get("/Patient?_id=anna&_lastUpdated=ge2026"));
    assertThat(ignored.path("entry").findValuesAsText("code")).contains("4122");
  }

  @Test
  void dates_are_unknown_without_the_option() throws Exception {
    sandbox.write("Encounter", encounter("e1", "2025-12-31", "2025-12-31T23:00:00Z"));
    start();
    JsonNode page = TestClient.json(get("/Encounter?patient=anna&_lastUpdated=ge2026-01-01"));
    assertThat(page.path("entry")).hasSize(2);
    assertThat(page.path("entry").findValuesAsText("code")).contains("4122");
  }

  @Test
  void a_search_session_expires_by_time_and_by_fault() throws Exception {
    sandbox.options.searches(s -> s.lifetime(Duration.ofMinutes(5)));
    FaultPlan faults = start();
    String next = next(TestClient.json(get(SEARCH)));
    faults.once(Match.search("Observation"), Fault.expireSearch(400));
    HttpResponse<String> expired = sandbox.client.get(next, token);
    assertThat(expired.statusCode()).isEqualTo(400);
    assertThat(code(expired)).isEqualTo("4113");
    assertThat(sandbox.client.get(next, token).statusCode()).isEqualTo(410);
    String second = next(TestClient.json(get(SEARCH)));
    sandbox.clock.advance(Duration.ofMinutes(5));
    HttpResponse<String> late = sandbox.client.get(second, token);
    assertThat(late.statusCode()).isEqualTo(410);
    assertThat(code(late)).isEqualTo("4113");
  }

  @Test
  void an_empty_and_a_short_page_leave_nothing_out() throws Exception {
    start()
        .once(Match.search("Observation"), Fault.emptyPage())
        .once(Match.search("Observation"), Fault.shortPage(1));
    assertThat(pages(SEARCH)).extracting(List::size).containsExactly(0, 1, 2, 2, 2);
  }

  @Test
  void a_shifted_page_repeats_one_entry_and_loses_none() throws Exception {
    start().once(Match.search("Observation"), Fault.shiftPage());
    assertThat(pages(SEARCH))
        .containsExactly(
            List.of("o1", "o2"), List.of("o2", "o7"), List.of("o3", "o4"), List.of("o5", "o6"));
    assertThat(pages(SEARCH)).hasSize(4).element(1).isEqualTo(List.of("o3", "o4"));
  }

  @Test
  void an_outcome_can_stand_among_good_entries_and_a_fatal_one_instead() throws Exception {
    start()
        .once(Match.search("Observation"), Fault.outcomeEntry("warning", "incomplete", "4119"))
        .once(Match.search("Patient"), Fault.fatalOutcome(403, "4130"));
    JsonNode page = TestClient.json(get(SEARCH));
    assertThat(page.path("entry")).hasSize(3);
    assertThat(page.path("entry").path(2).path("search").path("mode").asText())
        .isEqualTo("outcome");
    assertThat(page.path("entry").path(2).findValuesAsText("code")).contains("4119", "incomplete");
    HttpResponse<String> fatal = get("/Patient?_id=anna");
    assertThat(fatal.statusCode()).isEqualTo(403);
    assertThat(code(fatal)).isEqualTo("4130");
  }

  @Test
  void a_large_binary_is_read_byte_for_byte() throws Exception {
    String binary =
        "{\"resourceType\":\"Binary\",\"id\":\"b\",\"data\":\"" + "A".repeat(300_000) + "\"}";
    sandbox.write("Binary", "{\"resourceType\":\"Binary\",\"id\":\"a\"}", binary);
    start();
    assertThat(get("/Binary/b").body()).isEqualTo(binary);
    assertThat(get("/Binary/none").statusCode()).isEqualTo(404);
  }

  private static String encounter(String id, String date, String updated) {
    return "{\"resourceType\":\"Encounter\",\"id\":\""
        + id
        + "\",\"meta\":{\"lastUpdated\":\""
        + updated
        + "\"},\"subject\":{\"reference\":\"Patient/anna\"},\"period\":{\"start\":\""
        + date
        + "\",\"end\":\""
        + date
        + "\"}}";
  }

  private HttpResponse<String> get(String path) throws Exception {
    return sandbox.client.get(sandbox.server.baseUrl() + path, token);
  }

  private static String code(HttpResponse<String> answer) throws Exception {
    JsonNode issue = TestClient.json(answer).path("issue").path(0);
    assertThat(issue.path("severity").asText()).isEqualTo("fatal");
    return issue.path("details").path("coding").path(0).path("code").asText();
  }

  private List<String> ids(String path) throws Exception {
    return pages(path).stream().flatMap(List::stream).toList();
  }

  private List<List<String>> pages(String path) throws Exception {
    List<List<String>> pages = new ArrayList<>();
    for (String url = sandbox.server.baseUrl() + path; !url.isEmpty(); ) {
      HttpResponse<String> answer = sandbox.client.get(url, token);
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      JsonNode page = TestClient.json(answer);
      List<String> ids = new ArrayList<>();
      for (JsonNode entry : page.path("entry")) {
        if (entry.path("search").path("mode").asText().equals("match")) {
          ids.add(entry.path("resource").path("id").asText());
        }
      }
      pages.add(ids);
      url = next(page);
    }
    return pages;
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
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
