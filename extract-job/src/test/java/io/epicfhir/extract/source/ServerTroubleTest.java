package io.epicfhir.extract.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.extract.source.RawServer.Answer;
import io.epicfhir.extract.source.answer.ServerRefusal;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What fails for good, for a while, or for one request; field cases H, F8 and G6. */
class ServerTroubleTest extends HttpCase {

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "500; text/html; <html>Error</html>; ''",
        "501; text/plain; ''; ''",
        "505; application/json; {}; ''",
        "500; application/fhir+json; {\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"fatal\",\"code\":\"exception\"}]}; exception",
      })
  void a_request_that_fails_with_5xx_for_good_is_a_refusal_of_it(
      int status, String type, String body, String code) throws IOException {
    SourceClient client = open(r -> Answer.of(status, type, body));

    JobException failure =
        catchThrowableOfType(
            JobException.class,
            () -> client.fetch(ask("/fhir/Goal?patient=1"), site.traffic, 1000));

    ServerRefusal refusal = ServerRefusal.of(failure).orElseThrow();
    assertThat(refusal.status()).isEqualTo(status);
    assertThat(refusal.codes()).isEqualTo(code.isEmpty() ? List.of() : List.of(code));
    assertThat(server.asked()).hasSize(6);
    assertThat(failure).hasMessageContaining("[GET " + server.url("/fhir/Goal]"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "503; text/html; <html>Error</html>",
        "502; text/html; <html>Error</html>",
        "504; text/plain; ''",
        "429; text/plain; ''",
        "500; application/fhir+json; {\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"error\",\"code\":\"transient\"}]}",
      })
  void a_server_that_is_down_refuses_nothing(int status, String type, String body)
      throws IOException {
    SourceClient client = open(r -> Answer.of(status, type, body));

    JobException failure =
        catchThrowableOfType(
            JobException.class, () -> client.fetch(ask("/fhir/Goal"), site.traffic, 1000));

    assertThat(failure.exitCode()).isEqualTo(ExitCode.UNAVAILABLE);
    assertThat(ServerRefusal.of(failure)).isEmpty();
  }

  private static String outcome(String code) {
    return "{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"error\",\"code\":\""
        + code
        + "\"}]}";
  }

  /** Whatever the server says about it: that it has failed once says nothing of the next try. */
  @ParameterizedTest
  @CsvSource({
    "500, exception",
    "501, not-supported",
    "400, transient",
    "409, lock-error",
    "423, timeout",
    "403, throttled"
  })
  void oneErrorThatMayPassEndsNoRequest(int status, String code) throws IOException {
    SourceClient client =
        open(
            r ->
                server.asked().size() % 2 == 1
                    ? Answer.of(status, FHIR, outcome(code))
                    : Answer.of(200, FHIR, "{\"resourceType\":\"Goal\"}"));

    assertThat(client.send(ask("/fhir/Goal"), site.traffic).status()).isEqualTo(200);
    assertThat(client.fetch(ask("/fhir/Goal"), site.traffic, 1000).status()).isEqualTo(200);
    client.download(ask("/files/1"), site.traffic, new Discarded());
    assertThat(server.asked()).hasSize(6);
  }

  @Test
  void aKickOffThatFailsInFhirsWordsIsTriedAgainAndEndsAsUnavailable() throws IOException {
    SourceClient client = open(r -> Answer.of(500, FHIR, outcome("exception")));

    assertThatThrownBy(() -> client.send(ask("/fhir/Group/a/$export").once(), site.traffic))
        .hasMessageContaining("the server answered 500 (exception), after 6 tries")
        .extracting(e -> ((JobException) e).exitCode())
        .isEqualTo(ExitCode.UNAVAILABLE);
  }

  /** It may be at it: a second kick-off would be a second export. */
  @ParameterizedTest
  @ValueSource(strings = {"", "timeout"})
  void aKickOffThatMayHaveBegunIsNotSentAgain(String code) throws IOException {
    SourceClient client = open(r -> Answer.of(500, FHIR, code.isEmpty() ? "" : outcome(code)));

    assertThatThrownBy(() -> client.send(ask("/fhir/Group/a/$export").once(), site.traffic))
        .hasMessageContaining("Cannot tell whether the server carried out the request");
    assertThat(server.asked()).hasSize(1);
  }

  @Test
  void aRefusalOfOneRequestInCodesThatPassIsARefusalOfIt() throws IOException {
    SourceClient client = open(r -> Answer.of(400, FHIR, outcome("throttled")));

    JobException failure =
        catchThrowableOfType(
            JobException.class, () -> client.fetch(ask("/fhir/Goal"), site.traffic, 1000));

    assertThat(ServerRefusal.of(failure).orElseThrow().status()).isEqualTo(400);
    assertThat(server.asked()).hasSize(6);
  }

  /** Nothing packed is nothing. */
  @Test
  void anEmptyFileThatIsCalledGzipIsAFileWithoutALine() throws IOException {
    SourceClient client =
        open(r -> Answer.of(200, "application/fhir+ndjson", "").with("Content-Encoding", "gzip"));

    client.download(ask("/files/1"), site.traffic, new Discarded());

    assertThat(server.asked()).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({"429, 21600", "503, 21600", "429, 99999999999"})
  void a_wait_beyond_the_budget_of_all_requests_ends_the_run_at_once(int status, String seconds)
      throws IOException {
    SourceClient client =
        open(r -> Answer.of(status, "text/plain", "").with("Retry-After", seconds));

    for (String path : new String[] {"/fhir/Goal", "/fhir/Flag", "/fhir/List"}) {
      assertThatThrownBy(() -> client.fetch(ask(path), site.traffic, 1000))
          .hasMessageContaining("source.retry-budget")
          .extracting(e -> ((JobException) e).exitCode())
          .isEqualTo(ExitCode.UNAVAILABLE);
    }
    // The second one asks whether it is the server; the third one was not even sent.
    assertThat(server.targets()).containsExactly("/fhir/Goal", "/fhir/Flag", "/fhir/metadata");
    assertThat(site.pauses).isEmpty();
  }

  /** Of one url, then of a second one; neither keeps the others from being served. */
  @ParameterizedTest
  @CsvSource({"429", "503"})
  void aWaitBeyondTheBudgetOfOneRequestFailsThatOneOnly(int status) throws IOException {
    SourceClient client =
        open(
            r ->
                r.path().matches(".*/(Goal|Binary/1)")
                    ? Answer.of(status, "text/plain", "").with("Retry-After", "3600")
                    : Answer.json("{}"));

    for (String path : new String[] {"/fhir/Goal", "/fhir/Binary/1"}) {
      JobException failure =
          catchThrowableOfType(
              JobException.class, () -> client.fetch(ask(path), site.traffic, 1000));
      assertThat(failure.exitCode()).isEqualTo(ExitCode.UNAVAILABLE);
      assertThat(failure).hasMessageContaining("the server answered " + status + ", after 1 tries");
      assertThat(client.fetch(ask("/fhir/Flag"), site.traffic, 1000).status()).isEqualTo(200);
      assertThat(client.fetch(ask("/fhir/List"), site.traffic, 1000).status()).isEqualTo(200);
    }
    assertThat(server.asked()).hasSize(6);
    assertThat(site.pauses).isEmpty();
  }

  /** The next request is of the same type: what was served before tells that it is not all. */
  @Test
  void aWaitBeyondTheBudgetOfAWholeTypeFailsThatTypeOnly() throws IOException {
    SourceClient client =
        open(
            r ->
                r.path().contains("/Goal")
                    ? Answer.of(503, "text/plain", "").with("Retry-After", "3600")
                    : Answer.json("{}"));
    client.fetch(ask("/fhir/Flag"), site.traffic, 1000);

    for (int i = 1; i <= 4; i++) {
      String path = "/fhir/Goal/" + i;
      assertThatThrownBy(() -> client.fetch(ask(path), site.traffic, 1000))
          .hasMessageContaining("the server answered 503");
    }

    assertThat(client.fetch(ask("/fhir/List"), site.traffic, 1000).status()).isEqualTo(200);
    assertThat(server.targets())
        .containsExactly(
            "/fhir/Flag",
            "/fhir/Goal/1",
            "/fhir/Goal/2",
            "/fhir/Flag",
            "/fhir/Goal/3",
            "/fhir/Goal/4",
            "/fhir/Flag",
            "/fhir/List");
  }

  @Test
  void a_kick_off_that_must_wait_keeps_no_other_request_waiting() throws IOException {
    SourceClient client =
        open(
            r ->
                r.target().contains("$export")
                    ? Answer.of(429, "text/plain", "").with("Retry-After", "21600")
                    : Answer.json("{}"));

    assertThatThrownBy(() -> client.send(ask("/fhir/Group/a/$export").once(), site.traffic))
        .hasMessageContaining("source.retry-budget");
    assertThat(client.send(ask("/fhir/status"), site.traffic).status()).isEqualTo(200);
    assertThat(site.pauses).isEmpty();
  }

  @Test
  void a_refusal_names_the_address_the_request_and_what_names_nobody() throws IOException {
    String outcome =
        "{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"error\",\"code\":\"invalid\","
            + "\"diagnostics\":\"Smith: type(s) [Foo, ImagingStudy] of _type are unknown\"}]}";
    SourceClient client =
        open(
            r ->
                Answer.of(400, FHIR, outcome)
                    .with("x-correlation-id", "7f1c2f9e-6a3b-4d5e-8f70-112233445566"));

    assertThatThrownBy(
            () -> client.send(ask("/fhir/Group/g1/$export?_type=Foo").once(), site.traffic))
        .hasMessage(
            "Cannot read something: the server answered 400 (invalid); its OperationOutcome mentions"
                + " ImagingStudy, _type; see the server's log for this request [the server's request"
                + " id: 7f1c2f9e-6a3b-4d5e-8f70-112233445566] [GET "
                + server.url("/fhir/Group/…/$export")
                + "]");
  }

  @ParameterizedTest
  @ValueSource(strings = {"for John Smith", "John.Smith", "MRN-0012345678", "0012345678"})
  void a_request_id_that_could_hold_anything_is_not_told(String id) throws IOException {
    SourceClient client = open(r -> Answer.of(400, "text/plain", "").with("X-Request-Id", id));

    assertThatThrownBy(() -> client.send(ask("/fhir/x"), site.traffic))
        .hasMessageNotContaining(id)
        .hasMessageNotContaining("Smith");
  }
}
