package io.epicfhir.extract.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.epicfhir.common.JobException;
import io.epicfhir.extract.source.RawServer.Answer;
import io.epicfhir.extract.source.answer.ServerRefusal;
import io.epicfhir.extract.source.request.Ask;
import io.epicfhir.extract.source.request.Link;
import io.epicfhir.extract.source.settings.SourceSettings;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Links and redirects as servers send them; field case H. */
class LinksOverHttpTest extends HttpCase {
  private static final String MERGED =
      "{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"fatal\",\"code\":\"processing\","
          + "\"details\":{\"coding\":[{\"code\":\"4107\"}]}}]}";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/fhir//a/%2F/%3D?sig=a%3Db%2fc",
        "/fhir?_getpages=1&x=a|b",
        "/fhir/{x}/..;/\"y\"?z=^`<>"
      })
  void a_link_is_asked_for_byte_for_byte(String target) throws IOException {
    SourceClient client = open(r -> Answer.json("{}"));

    client.fetch(ask(target), site.traffic, 1000);
    client.send(ask(target), site.traffic);

    assertThat(server.targets()).containsExactly(target, target);
  }

  @Test
  void a_status_may_redirect_to_its_result_and_keeps_the_token_at_home(@TempDir Path folder)
      throws IOException {
    try (RawServer files = new RawServer(r -> Answer.json("{\"at\":\"files\"}"))) {
      server =
          new RawServer(
              r ->
                  switch (r.path()) {
                    case "/fhir/.well-known/smart-configuration" ->
                        Answer.json("{\"token_endpoint\":\"/token\"}");
                    case "/token" -> Answer.json("{\"access_token\":\"t\"}");
                    case "/fhir/status" -> Answer.redirect(303, "result?x=a|b");
                    case "/fhir/result" -> Answer.json("{\"at\":\"home\"}");
                    default -> Answer.redirect(307, files.url("/far"));
                  });
      site = new ClientOf(server.url("/fhir")).signsIn(folder).allowing(files.url(""));
      SourceClient client = site.client();

      assertThat(client.send(ask("/fhir/status"), site.traffic).text()).contains("home");
      assertThat(client.send(ask("/fhir/other"), site.traffic).text()).contains("files");

      RawServer.Request result =
          server.asked().stream().filter(r -> r.path().endsWith("result")).findFirst().get();
      assertThat(result.target()).isEqualTo("/fhir/result?x=a|b");
      assertThat(result.headers()).containsEntry("authorization", "Bearer t");
      assertThat(files.asked().get(0).headers()).doesNotContainKey("authorization");
    }
  }

  @Test
  void redirects_have_an_end() throws IOException {
    SourceClient client = open(r -> Answer.redirect(302, r.target()));

    assertThatThrownBy(() -> client.send(ask("/fhir/status"), site.traffic))
        .hasMessageContaining("redirects more than 10 times");
    assertThat(server.asked()).hasSize(11);
  }

  @ParameterizedTest
  @CsvSource({
    "302, /fhir/Patient/old, /fhir/Patient/survivor",
    "301, /fhir/Patient/old, survivor",
    "307, /fhir/Patient/old, /fhir/Patient/survivor",
    "302, /fhir/Goal?patient=old, /fhir/Goal?patient=survivor",
  })
  void a_redirect_to_the_survivor_of_a_merge_is_not_followed(int status, String from, String to)
      throws IOException {
    SourceClient client =
        open(
            r ->
                r.target().contains("survivor")
                    ? Answer.json("{}")
                    : Answer.of(status, FHIR, MERGED).with("Location", to));

    JobException failure =
        catchThrowableOfType(JobException.class, () -> client.fetch(ask(from), site.traffic, 1000));

    ServerRefusal refusal = ServerRefusal.of(failure).orElseThrow();
    assertThat(refusal.status()).isEqualTo(status);
    assertThat(refusal.codes()).containsExactly("4107");
    assertThat(server.asked()).hasSize(1);
    assertThat(failure).hasMessageNotContaining("old").hasMessageNotContaining("survivor");
  }

  @Test
  void a_redirect_to_the_same_resource_elsewhere_is_followed() throws IOException {
    SourceClient client =
        open(
            r ->
                r.target().startsWith("/r4")
                    ? Answer.json("{}")
                    : Answer.redirect(308, "/r4" + r.target().substring("/fhir".length())));

    client.fetch(ask("/fhir/Patient/a"), site.traffic, 1000);
    client.fetch(ask("/fhir/Goal?patient=a"), site.traffic, 1000);

    assertThat(server.targets()).contains("/r4/Patient/a", "/r4/Goal?patient=a");
  }

  @Test
  void a_next_link_at_an_allowed_origin_gets_the_token_and_at_another_is_not_asked_for(
      @TempDir Path folder) throws IOException {
    try (RawServer pages = new RawServer(r -> Answer.json("{}"))) {
      server = new RawServer(r -> Answer.json("{\"access_token\":\"t\"}"));
      site =
          new ClientOf(server.url("/fhir"))
              .signsIn(folder)
              .allowing(pages.url(""))
              .tokenEndpoint(
                  new SourceSettings.TokenEndpoint(
                      Optional.of(URI.create(server.url("/token"))), Optional.empty()));
      SourceClient client = site.client();

      client.fetch(
          Ask.get("search", Link.absolute(pages.url("/page?2")), FHIR), site.traffic, 1000);

      assertThat(pages.asked().get(0).headers()).containsEntry("authorization", "Bearer t");
      assertThatThrownBy(
              () ->
                  client.fetch(
                      Ask.get("search", Link.absolute("http://127.0.0.1:9/page"), FHIR),
                      site.traffic,
                      1000))
          .hasMessageContaining(
              "access token must not go there; if the server's operator confirms it");
    }
  }
}
