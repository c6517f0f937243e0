package io.epicfhir.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.sandbox.epic.Behaviour;
import io.epicfhir.sandbox.epic.EpicId;
import io.epicfhir.sandbox.http.Json;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How a server in the profile epic answers, a behaviour at a time. */
final class EpicMannersTest {
  private static final String P1 = EpicId.of("Patient", "p1");

  private EpicFixture epic;
  private SandboxOptions options;

  @BeforeEach
  void prepare(@TempDir Path data) throws Exception {
    epic = new EpicFixture(data);
    options = epic.sandbox.options;
  }

  @AfterEach
  void stop() throws Exception {
    if (epic.sandbox.server != null) {
      epic.close();
    }
  }

  @Test
  void since_is_ignored_without_a_word() throws Exception {
    options.with(Behaviour.SINCE_IGNORED);
    epic.start();
    JsonNode manifest =
        epic.sandbox.export(epic.token(), "?_type=Patient&_since=2999-01-01T00:00:00Z");
    assertThat(epic.sandbox.lines(epic.token(), manifest, "Patient")).hasSize(3);
    assertThat(manifest.has("deleted")).isFalse();
  }

  @Test
  void an_export_of_conditions_always_lists_access_errors() throws Exception {
    options.with(Behaviour.CONDITION_ACCESS_ERRORS);
    epic.start();
    JsonNode manifest = epic.sandbox.export(epic.token(), "?_type=Condition,Patient");
    JsonNode file = manifest.path("error").path(0);
    assertThat(manifest.path("error")).hasSize(1);
    assertThat(file.path("type").asText()).isEqualTo("OperationOutcome");
    List<String> lines =
        epic.sandbox.client.get(file.path("url").asText(), epic.token()).body().lines().toList();
    assertThat(file.path("count").asInt()).isEqualTo(lines.size());
    for (String line : lines) {
      JsonNode issue = Json.parse(line).path("issue").path(0);
      assertThat(issue.path("severity").asText()).isEqualTo("error");
      assertThat(issue.path("code").asText()).isEqualTo("forbidden");
      assertThat(issue.path("details").path("coding").path(0).path("code").asText())
          .isEqualTo("59204");
      assertThat(issue.path("expression").path(0).asText()).isEqualTo("Condition");
    }
    assertThat(epic.sandbox.export(epic.token(), "?_type=Patient").path("error")).isEmpty();
  }

  @Test
  void pages_are_shorter_than_asked_some_are_empty_and_nothing_is_lost() throws Exception {
    options.with(Behaviour.SHORT_PAGES);
    epic.start();
    String search = "/Observation?patient=p1&category=laboratory&_count=9";
    List<List<String>> pages = epic.pages(search);
    assertThat(pages).allMatch(page -> page.size() <= 6).anyMatch(List::isEmpty);
    assertThat(pages.stream().flatMap(List::stream))
        .hasSize(3 * EpicFixture.REPORTS)
        .doesNotHaveDuplicates();
    assertThat(epic.pages(search)).isEqualTo(pages);
  }

  @Test
  void some_searches_begin_or_end_with_an_empty_page() throws Exception {
    options.with(Behaviour.SHORT_PAGES);
    epic.start();
    List<Integer> firsts = new ArrayList<>();
    List<Integer> lasts = new ArrayList<>();
    for (int count = 1000; count < 1040; count++) {
      List<List<String>> pages = epic.pages("/Condition?patient=p1&_count=" + count);
      firsts.add(pages.get(0).size());
      lasts.add(pages.get(pages.size() - 1).size());
      assertThat(pages.stream().mapToInt(List::size).sum()).isEqualTo(40);
    }
    assertThat(firsts).contains(0, 40);
    assertThat(lasts).contains(0, 40);
  }

  @Test
  void a_lost_session_is_4113_once_and_a_new_search_gets_to_its_end() throws Exception {
    options.with(Behaviour.SESSIONS_EXPIRE);
    epic.start();
    int lost = 0;
    for (int count = 5; count < 39; count++) {
      String search = "/Condition?patient=p1&_count=" + count;
      String next = EpicFixture.next(TestClient.json(epic.get(search)));
      HttpResponse<String> second = epic.sandbox.client.get(next, epic.token());
      if (second.statusCode() == 410) {
        lost++;
        assertThat(second.body()).contains("\"4113\"");
        assertThat(epic.pages(search).stream().flatMap(List::stream)).hasSize(40);
      }
    }
    assertThat(lost).isBetween(1, 10);
  }

  @Test
  void a_group_can_be_exported_and_not_be_read() throws Exception {
    options.with(Behaviour.GROUP_UNREADABLE);
    epic.start();
    assertThat(epic.get("/Group/sandbox-group").statusCode()).isEqualTo(403);
    assertThat(epic.exported("Patient")).hasSize(3);
  }

  @Test
  void every_third_token_request_is_a_bare_400() throws Exception {
    options.with(Behaviour.TOKEN_STUMBLES);
    epic.start();
    List<String> answers = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      HttpResponse<String> answer =
          epic.sandbox.client.askToken(
              TestClient.sign(SandboxFixture.KEYS.rs384(), epic.sandbox.client.claims().build()),
              "system/*.read");
      answers.add(answer.statusCode() + (answer.body().isEmpty() ? "" : " body"));
    }
    assertThat(answers).containsExactly("200 body", "400", "200 body", "200 body", "400");
  }

  @Test
  void scopes_are_told_in_the_older_form_and_hold() throws Exception {
    options.with(Behaviour.OLD_SCOPES);
    epic.start();
    String assertion =
        TestClient.sign(SandboxFixture.KEYS.rs384(), epic.sandbox.client.claims().build());
    JsonNode answer =
        TestClient.json(epic.sandbox.client.askToken(assertion, "system/Patient.read"));
    assertThat(answer.path("scope").asText()).isEqualTo("Patient.read Patient.search");
    String token = answer.path("access_token").asText();
    String base = epic.sandbox.server.baseUrl();
    assertThat(epic.sandbox.client.get(base + "/Patient/p1", token).statusCode()).isEqualTo(200);
    assertThat(epic.sandbox.client.get(base + "/Encounter/e1", token).statusCode()).isEqualTo(403);
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 403})
  void a_second_kick_off_is_too_recent_and_no_retry_after_says_when(int status) throws Exception {
    options.kickOffs(k -> k.refusesRecent(Duration.ofHours(24), status));
    epic.start();
    assertThat(epic.sandbox.client.kickOff(epic.token(), "").statusCode()).isEqualTo(202);
    epic.sandbox.clock.advance(Duration.ofMinutes(50));
    HttpResponse<String> second = epic.sandbox.client.kickOff(epic.token(), "");
    assertThat(second.statusCode()).isEqualTo(status);
    assertThat(TestClient.diagnostics(second))
        .endsWith("The Client requested this Group too recently.");
    assertThat(second.headers().firstValue("Retry-After")).isEmpty();
    epic.sandbox.clock.advance(Duration.ofHours(24));
    assertThat(epic.sandbox.client.kickOff(epic.sandbox.token(), "").statusCode()).isEqualTo(202);
  }

  @Test
  void documents_beyond_the_days_limit_are_4135_until_the_next_day() throws Exception {
    options.with(Behaviour.BINARY_NOTES).searches(s -> s.documentsPerDay(2));
    epic.start();
    List<String> urls = new ArrayList<>();
    epic.exported("DocumentReference")
        .values()
        .forEach(document -> urls.addAll(document.findValuesAsText("url")));
    for (int i = 0; i < 2; i++) {
      assertThat(epic.get("/" + urls.get(i)).statusCode()).isEqualTo(200);
    }
    HttpResponse<String> third = epic.get("/" + urls.get(2));
    assertThat(third.statusCode()).isEqualTo(403);
    assertThat(third.body()).contains("\"4135\"");
    epic.sandbox.clock.advance(Duration.ofDays(1));
    String token = epic.sandbox.token();
    String url = epic.sandbox.server.baseUrl() + "/" + urls.get(2);
    assertThat(epic.sandbox.client.get(url, token).statusCode()).isEqualTo(200);
  }

  @Test
  void searches_need_their_parameters_and_hidden_types_their_id() throws Exception {
    options.epic().without(Behaviour.TOKEN_STUMBLES);
    epic.start();
    for (String search :
        List.of(
            "/Observation?patient=" + P1,
            "/CarePlan?patient=" + P1,
            "/Practitioner?_count=5",
            "/Specimen?patient=" + P1)) {
      HttpResponse<String> answer = epic.get(search);
      assertThat(answer.statusCode()).as(search).isEqualTo(400);
      assertThat(answer.body()).contains("\"59108\"");
    }
  }

  @ParameterizedTest
  @EnumSource(Behaviour.class)
  void every_behaviour_is_a_switch_that_the_manual_lists(Behaviour behaviour) throws Exception {
    assertThat(Behaviour.named(behaviour.option())).isEqualTo(behaviour);
    assertThat(Files.readString(Path.of("README.md"))).contains("| `" + behaviour.option() + "` |");
    assertThat(SandboxOptions.of(Path.of("x")).behaves(behaviour)).isFalse();
    assertThat(SandboxOptions.of(Path.of("x")).epic().cerner().behaves(behaviour))
        .as("in a profile")
        .isEqualTo(behaviour != Behaviour.DELETIONS_UNTOLD);
  }

  @Test
  void an_unknown_behaviour_is_named() {
    assertThatThrownBy(() -> Behaviour.named("politeness"))
        .hasMessageStartingWith("Cannot read behaviour: politeness; known are no-update-times, ");
  }
}
