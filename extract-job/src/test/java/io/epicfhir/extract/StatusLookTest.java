package io.epicfhir.extract;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.delete;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.urlEqualTo;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static io.epicfhir.extract.ForeignServer.KICK_OFF_PATH;
import static io.epicfhir.extract.ForeignServer.STATUS_PATH;
import static io.epicfhir.extract.ForeignServer.TOKEN_PATH;
import static io.epicfhir.extract.ForeignServer.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An export takes days: no answer that may pass ends it at a look at its status. */
class StatusLookTest {
  private static final String HEAD =
      "{\"transactionTime\":\"2026-03-01T10:00:00Z\",\"requiresAccessToken\":true,";
  private static final String REQUEST_ID = "7f1c2f9e-6a3b-4d5e-8f70-112233445566";

  @TempDir Path folder;
  private final SkippedTime time = new SkippedTime();
  private final ForeignServer server = new ForeignServer();
  private Runs runs;

  @BeforeEach
  void open() throws IOException {
    Site.KEYS.writeTo(Files.createDirectories(folder.resolve("keys")));
    runs = new Runs(folder, server.url("/fhir"), Site.KEYS.rs384().getKeyID());
    runs.settings.put("bulk.newcomers", "off");
    statusIs(json(HEAD + "\"output\":[]}"));
    assertThat(runs.run(new KickOff(time.pace()), "r1", "kick_off")).isZero();
  }

  @AfterEach
  void close() {
    server.close();
  }

  private void statusIs(ResponseDefinitionBuilder answer) {
    server.wire.stubFor(get(urlPathEqualTo(STATUS_PATH)).willReturn(answer));
  }

  private int look() throws IOException {
    time.skip(Duration.ofHours(1));
    return runs.run(new ExportStatus(time.pace()), "r1", "wait");
  }

  private String state() throws IOException {
    return runs.report("r1", "wait").at("/result/state").asText();
  }

  private static ResponseDefinitionBuilder answer(int status, String type, String body) {
    return aResponse().withStatus(status).withHeader("Content-Type", type).withBody(body);
  }

  private static String outcome(String severity, String code) {
    return "{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"%s\",\"code\":\"%s\"}]}"
        .formatted(severity, code);
  }

  /** X stands for an OperationOutcome. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "200|text/html|<html>maintenance</html>",
        "200|application/json|``",
        "200|application/json|null",
        "200|application/json|[]",
        "200|application/json|{\"transactionTime\":\"20",
        "200|application/fhir+json|X information transient",
        "200|application/fhir+json|X error throttled",
        "204|text/plain|``",
        "409|application/fhir+json|X error transient",
        "400|application/fhir+json|X error throttled",
        "423|application/fhir+json|X error lock-error",
        "400|application/fhir+json|X error timeout",
        "404|application/fhir+json|X error transient",
        "404|text/html|<html>no route</html>",
        "404|text/plain|404 page not found",
        "404|application/json|{\"message\":\"no Route matched with those values\"}",
        "403|text/html|<html>blocked</html>",
        "500|application/fhir+json|X error exception",
        "501|application/fhir+json|X fatal not-supported",
      })
  void anAnswerThatMayPassIsWaitedFor(int status, String type, String body) throws IOException {
    String[] words = body.split(" ", -1);
    boolean outcome = words[0].equals("X");
    server.first(
        get(urlPathEqualTo(STATUS_PATH)),
        answer(status, type, outcome ? outcome(words[1], words[2]) : body));

    assertThat(look()).isZero();
    assertThat(state()).isEqualTo("in-progress");
    assertThat(look()).isZero();

    assertThat(state()).isEqualTo("complete");
    assertThat(server.asked(KICK_OFF_PATH)).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({"200, text/html", "404, text/html", "503, text/plain"})
  void oneThatLastsEndsTheTryAndGivesNothingUp(int status, String type) throws IOException {
    statusIs(answer(status, type, "<html>").withHeader("X-Request-Id", REQUEST_ID));
    for (int i = 0; i < 5; i++) {
      assertThat(look()).isZero();
    }

    assertThat(look()).isEqualTo(4);

    assertThat(runs.error("r1", "wait"))
        .contains("the server answered " + status, "6 times in a row")
        .contains("[the server's request id: " + REQUEST_ID + "]", "[GET " + server.url("/"));
    assertThat(look()).as("the next try counts from the beginning").isZero();
    statusIs(json(HEAD + "\"output\":[]}"));
    assertThat(runs.run(new KickOff(time.pace()), "r1", "kick_off")).isZero();
    assertThat(look()).isZero();
    assertThat(state()).isEqualTo("complete");
    assertThat(server.asked(KICK_OFF_PATH)).hasSize(1);
  }

  @Test
  void aNotFoundInPlainTextThatLastsGivesTheExportUp() throws IOException {
    statusIs(answer(404, "text/plain", "404 page not found"));
    for (int i = 0; i < 5; i++) {
      assertThat(look()).isZero();
    }

    assertThat(look()).isEqualTo(3);

    assertThat(runs.error("r1", "wait"))
        .contains("this export is lost, so rerun from the kick-off");
  }

  @ParameterizedTest
  @CsvSource({"410, text/plain", "404, text/plain", "403, application/xml", "200, text/html"})
  void whereThePageOfAManifestIsNotThereTheManifestIsReadAgain(int status, String type)
      throws IOException {
    statusIs(
        json(
            HEAD
                + "\"output\":[],\"link\":[{\"relation\":\"next\",\"url\":\""
                + server.url("/jobs/17/2?s=1")
                + "\"}]}"));
    server.wire.stubFor(
        get(urlPathEqualTo("/jobs/17/2")).willReturn(json(HEAD + "\"output\":[]}")));
    server.first(get(urlPathEqualTo("/jobs/17/2")), answer(status, type, "<gone>"));

    assertThat(look()).isZero();
    assertThat(state()).isEqualTo("in-progress");
    assertThat(look()).isZero();

    assertThat(state()).isEqualTo("complete");
    assertThat(server.asked(KICK_OFF_PATH)).hasSize(1);
  }

  /** A relative link is one of the address that answered, not of the one that was asked. */
  @Test
  void theLinkOfAManifestThatTheStatusRedirectsToIsRelativeToThat() throws IOException {
    statusIs(aResponse().withStatus(303).withHeader("Location", "/result/7"));
    server.wire.stubFor(
        get(urlPathEqualTo("/result/7"))
            .willReturn(
                json(
                    HEAD
                        + "\"output\":[],\"link\":[{\"relation\":\"next\",\"url\":\"?page=2\"}]}")));
    server.wire.stubFor(
        get(urlEqualTo("/result/7?page=2")).willReturn(json(HEAD + "\"output\":[]}")));

    assertThat(look()).isZero();

    assertThat(state()).isEqualTo("complete");
    assertThat(server.asked(STATUS_PATH)).hasSize(1);
    assertThat(server.asked("/result/7")).hasSize(2);
  }

  /** An object is the server's word. */
  @Test
  void aManifestThatCannotBeUsedIsRefusedWithItsAddressAndRequest() throws IOException {
    statusIs(json(HEAD + "\"output\":null}").withHeader("X-Request-Id", REQUEST_ID));

    assertThat(look()).isEqualTo(3);

    assertThat(runs.error("r1", "wait"))
        .contains("output is missing")
        .contains("[the server's request id: " + REQUEST_ID + "] [GET " + server.url("/"));
  }

  @Test
  void afterTheDeadlineAnExportThatIsReadyIsTaken() throws IOException {
    time.skip(Duration.ofDays(30));

    assertThat(look()).isZero();

    assertThat(state()).isEqualTo("complete");
    assertThat(server.asked(STATUS_PATH)).hasSize(1);
  }

  @Test
  void afterTheDeadlineALookThatFailsIsNoReasonToCancel() throws IOException {
    server.first(get(urlPathEqualTo(STATUS_PATH)), answer(503, "text/plain", ""));
    time.skip(Duration.ofDays(30));

    assertThat(look()).isZero();
    assertThat(look()).isZero();

    assertThat(state()).isEqualTo("complete");
  }

  @Test
  void afterTheDeadlineAnExportThatIsNotReadyIsCancelled() throws IOException {
    statusIs(aResponse().withStatus(202));
    time.skip(Duration.ofDays(30));

    assertThat(look()).isEqualTo(4);

    assertThat(server.asked(STATUS_PATH))
        .extracting(asked -> asked.getMethod().getName())
        .containsExactly("GET", "DELETE");
  }

  /** The right to delete exports is one of its own. */
  @ParameterizedTest
  @ValueSource(ints = {403, 405, 501})
  void afterTheDeadlineOneThatTheServerDoesNotLetGoIsGivenUpAllTheSame(int status)
      throws IOException {
    statusIs(aResponse().withStatus(202));
    mayNotDelete(status);
    time.skip(Duration.ofDays(30));

    assertThat(look()).isEqualTo(4);

    assertThat(runs.error("r1", "wait"))
        .contains("given up, and stays at the server", "the server answered " + status)
        .contains("rerun from the kick-off");
    assertThat(runs.run(new KickOff(time.pace()), "r1", "kick_off")).isZero();
    assertThat(server.asked(KICK_OFF_PATH)).hasSize(2);
  }

  @Test
  void aPersonCanCancelWhatTheServerDoesNotLetGo() throws IOException {
    mayNotDelete(405);

    assertThat(runs.run(new Cancel(), "r1", "cancel")).isZero();

    assertThat(runs.report("r1", "cancel").path("notes").toString())
        .contains(
            "was given up; the next kick-off requests a new one",
            "The export stays at the server: ");
    assertThat(runs.run(new KickOff(time.pace()), "r1", "kick_off")).isZero();
    assertThat(server.asked(KICK_OFF_PATH)).hasSize(2);
  }

  private void mayNotDelete(int status) {
    server.wire.stubFor(
        delete(urlPathEqualTo(STATUS_PATH))
            .willReturn(answer(status, "application/fhir+json", outcome("error", "forbidden"))));
  }

  /** A running export whose looks had failed is adopted by other runs again. */
  @Test
  void whatRunsAfterATroubledSpellIsNoRefusedExport() throws IOException {
    statusIs(answer(500, "application/fhir+json", outcome("error", "exception")));
    for (int i = 0; i < 5; i++) {
      assertThat(look()).isZero();
    }
    assertThat(look()).isEqualTo(4);
    statusIs(aResponse().withStatus(202));
    assertThat(look()).isZero();

    assertThat(runs.run(new KickOff(time.pace()), "r2", "kick_off")).isZero();

    assertThat(runs.report("r2", "kick_off").at("/result/state").asText()).isEqualTo("adopted");
    assertThat(server.asked(KICK_OFF_PATH)).hasSize(1);
  }

  /** A token endpoint that is down is not the server's word on the export. */
  @Test
  void aSignInThatFailsForLongRefusesNoExport() throws IOException {
    statusIs(aResponse().withStatus(202));
    server.wire.stubFor(
        post(urlPathEqualTo(TOKEN_PATH))
            .willReturn(answer(500, "application/fhir+json", outcome("fatal", "exception"))));
    for (int i = 0; i < 5; i++) {
      assertThat(look()).isZero();
    }
    assertThat(look()).isEqualTo(4);
    assertThat(runs.error("r1", "wait")).contains("the sign-in failed");
    server.signsIn();

    assertThat(runs.run(new KickOff(time.pace()), "r2", "kick_off")).isZero();

    assertThat(runs.report("r2", "kick_off").at("/result/state").asText()).isEqualTo("adopted");
  }
}
