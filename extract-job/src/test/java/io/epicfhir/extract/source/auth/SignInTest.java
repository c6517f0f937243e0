package io.epicfhir.extract.source.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.nimbusds.jwt.SignedJWT;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.extract.source.ClientOf;
import io.epicfhir.extract.source.RawServer;
import io.epicfhir.extract.source.RawServer.Answer;
import io.epicfhir.extract.source.SourceClient;
import io.epicfhir.extract.source.answer.PassingFailure;
import io.epicfhir.extract.source.answer.ServerRefusal;
import io.epicfhir.extract.source.http.Bodies;
import io.epicfhir.extract.source.http.Http;
import io.epicfhir.extract.source.pace.Pace;
import io.epicfhir.extract.source.request.Ask;
import io.epicfhir.extract.source.request.Link;
import io.epicfhir.extract.source.settings.SourceSettings;
import io.epicfhir.extract.source.settings.SourceSettings.TokenEndpoint;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What servers answer at sign-in; field case H. */
class SignInTest {
  private static final String WELL_KNOWN = "/fhir/.well-known/smart-configuration";
  private static final String GRANTED =
      "{\"access_token\":\"t-1\",\"token_type\":\"Bearer\",\"expires_in\":300,"
          + "\"scope\":\"system/*.read\"}";

  @TempDir Path folder;
  private final Queue<Answer> tokens = new ArrayDeque<>();
  private volatile Answer wellKnown;
  private Answer metadata = Answer.json("{\"resourceType\":\"CapabilityStatement\"}");
  private RawServer server;
  private ClientOf site;

  @BeforeEach
  void open() throws IOException {
    server =
        new RawServer(
            asked ->
                switch (asked.path()) {
                  case WELL_KNOWN -> wellKnown;
                  case "/fhir/metadata" -> metadata;
                  default -> tokens.size() > 1 ? tokens.remove() : tokens.peek();
                });
    wellKnown = Answer.json("{\"token_endpoint\":\"" + server.url("/token") + "\"}");
    tokens.add(Answer.json(GRANTED));
    site = new ClientOf(server.url("/fhir")).signsIn(folder);
  }

  @AfterEach
  void close() {
    server.close();
  }

  private Optional<String> signIn(String... types) {
    return site.client().authenticate(site.traffic, List.of(types));
  }

  private void answer(String token) {
    tokens.clear();
    tokens.add(Answer.json(token));
  }

  private SignedJWT assertion() throws Exception {
    List<RawServer.Request> asked = server.asked();
    String form = asked.get(asked.size() - 1).body();
    String coded = form.replaceFirst(".*client_assertion=", "").replaceFirst("&.*", "");
    return SignedJWT.parse(URLDecoder.decode(coded, StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"Patient.read Patient.search\"",
        "\"system/Patient.r system/Patient.s\"",
        "\"openid system/*.rs\"",
        "[\"system/Patient.read\",\"system/Goal.read\"]",
        "\"Patient.read,Goal.read\"",
      })
  void a_grant_in_another_form_is_taken(String scope) {
    answer("{\"access_token\":\"t\",\"scope\":" + scope + "}");

    assertThat(signIn("Patient")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ",\"scope\":\"\"", ",\"scope\":null", ",\"scope\":\"openid\""})
  void a_grant_that_names_no_scope_is_noted(String scope) {
    answer("{\"access_token\":\"t\"" + scope + "}");

    assertThat(signIn("Patient").orElseThrow()).contains("has no SMART scope");
  }

  @Test
  void a_grant_without_a_type_of_the_run_is_refused() {
    answer("{\"access_token\":\"t\",\"scope\":\"Patient.read Patient.search Goal.read\"}");

    assertThatThrownBy(() -> signIn("Patient", "Observation"))
        .hasMessageContaining("did not grant system/Observation.read;");
  }

  @Test
  void a_grant_without_a_scope_that_is_asked_for_by_name_is_refused() {
    site.scopes("system/Patient.rs", "system/Goal.rs");
    answer("{\"access_token\":\"t\",\"scope\":\"system/Patient.rs system/Goal.r\"}");

    assertThatThrownBy(() -> signIn("Patient")).hasMessageContaining("grant system/Goal.rs;");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "\"3600\"; 3570",
        "3599.0; 3569",
        "null; 270",
        "\"soon\"; 270",
        "-1; 270",
        "0; 270",
        "99999999999999; 999999970",
      })
  void the_life_of_a_token_may_come_in_another_type(String seconds, long used) throws Exception {
    answer("{\"access_token\":\"t\",\"expires_in\":" + seconds + "}");
    SourceSettings settings = site.settings();
    Instant now = Instant.parse("2026-03-02T10:00:00Z");
    SmartBackendAuth auth =
        new SmartBackendAuth(
            settings,
            new Http(settings),
            new Bodies(settings),
            new Pace(java.time.Clock.fixed(now, ZoneOffset.UTC), pause -> {}));

    assertThat(Duration.between(now, auth.token(site.traffic).useUntil()).toSeconds())
        .isEqualTo(used);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "application/json; ''",
        "application/json; {}",
        "text/html; <html>Bad Request</html>",
        "application/json; {\"error\":\"temporarily_unavailable\"}",
        "application/json; {\"error\":\"server_error\"}",
        "application/json; {\"error\":{\"code\":7}}",
      })
  void a_400_without_a_known_reason_is_tried_again(String type, String body) {
    tokens.clear();
    tokens.add(Answer.of(400, type, body));
    tokens.add(Answer.of(400, type, body));
    tokens.add(Answer.json(GRANTED));

    assertThat(signIn("Patient")).isEmpty();
    assertThat(server.targets().stream().filter("/token"::equals)).hasSize(3);
  }

  /** X stands for an OperationOutcome. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "200; text/html; <html>maintenance</html>",
        "200; application/json; ''",
        "200; application/json; {\"error\":\"temporarily_unavailable\"}",
        "204; text/plain; ''",
        "401; text/plain; ''",
        "403; text/html; <html>blocked</html>",
        "404; text/html; <html>no route</html>",
        "500; application/json; {\"error\":\"server_error\"}",
        "500; application/fhir+json; X",
      })
  void anAnswerThatIsNeitherATokenNorAReasonIsTriedAgain(int status, String type, String body) {
    String outcome =
        "{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"error\",\"code\":\"exception\"}]}";
    tokens.clear();
    tokens.add(Answer.of(status, type, body.equals("X") ? outcome : body));
    tokens.add(Answer.json(GRANTED));

    assertThat(signIn("Patient")).isEmpty();
    assertThat(server.targets().stream().filter("/token"::equals)).hasSize(2);
  }

  @ParameterizedTest
  @CsvSource({"200, text/html", "403, text/html", "204, text/plain"})
  void oneThatStaysIsARefusalAfterAFewTriesWithPauses(int status, String type) {
    tokens.clear();
    tokens.add(Answer.of(status, type, "<html>"));

    assertThatThrownBy(() -> signIn("Patient"))
        .hasMessageContaining("Cannot get an access token: the ")
        .hasMessageContaining(String.valueOf(status))
        .extracting(e -> ((JobException) e).exitCode())
        .isEqualTo(ExitCode.REFUSED);
    assertThat(server.targets().stream().filter("/token"::equals)).hasSize(4);
    assertThat(site.pauses())
        .containsExactly(Duration.ofMillis(1), Duration.ofMillis(2), Duration.ofMillis(4));
  }

  @ParameterizedTest
  @CsvSource({"200, text/html", "403, text/html", "500, text/plain"})
  void aConfigurationThatIsNotThereForOnceIsReadAgain(int status, String type) {
    Answer well = wellKnown;
    wellKnown = Answer.of(status, type, "<html>");
    site.whenItPauses(() -> wellKnown = well);

    assertThat(signIn("Patient")).isEmpty();
  }

  /** Each thread's try at the same moment would be all tries at once. */
  @Test
  void manyThreadsAreOneRoundOfTries() throws Exception {
    tokens.clear();
    for (int i = 0; i < 3; i++) {
      tokens.add(Answer.of(400, "text/plain", ""));
    }
    tokens.add(Answer.json(GRANTED));
    SourceClient client = site.client();
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<Future<Optional<String>>> all = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        all.add(threads.submit(() -> client.authenticate(site.traffic, List.of("Patient"))));
      }
      for (Future<Optional<String>> one : all) {
        assertThat(one.get()).isEmpty();
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(server.targets().stream().filter("/token"::equals)).hasSize(4);
    assertThat(site.pauses()).hasSize(3);
  }

  @Test
  void allThreadsThatWaitedGetTheRoundsFailure() throws Exception {
    tokens.clear();
    tokens.add(Answer.of(400, "text/plain", ""));
    CountDownLatch paused = new CountDownLatch(1);
    AtomicReference<Thread> second = new AtomicReference<>();
    SourceClient client = site.client();
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      Callable<Throwable> asks =
          () -> catchThrowable(() -> client.authenticate(site.traffic, List.of("Patient")));
      site.whenItPauses(
          () -> {
            paused.countDown();
            while (second.get() == null || second.get().getState() != Thread.State.BLOCKED) {
              Thread.onSpinWait();
            }
          });
      Future<Throwable> one = threads.submit(asks);
      paused.await();
      Future<Throwable> two =
          threads.submit(
              () -> {
                second.set(Thread.currentThread());
                return asks.call();
              });

      assertThat(one.get()).hasMessageContaining("the server answered 400 no reason");
      assertThat(two.get()).hasMessageContaining("the server answered 400 no reason");
    } finally {
      threads.shutdownNow();
    }
    assertThat(server.targets().stream().filter("/token"::equals)).hasSize(4);
  }

  /** Whatever the token endpoint does says nothing of the search that the token is for. */
  @ParameterizedTest
  @CsvSource({
    "500, application/fhir+json",
    "500, text/html",
    "501, text/plain",
    "503, text/plain",
    "429, text/plain"
  })
  void aSignInThatFailsIsNoRefusalOfTheRequest(int status, String type) {
    String outcome =
        "{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"fatal\",\"code\":\"exception\"}]}";
    tokens.clear();
    tokens.add(Answer.of(status, type, outcome));

    JobException failure = failureOfASearch();

    assertThat(failure.exitCode()).isEqualTo(ExitCode.UNAVAILABLE);
    assertThat(ServerRefusal.of(failure)).isEmpty();
    assertThat(failure.getCause()).isInstanceOf(PassingFailure.class);
    PassingFailure cause = (PassingFailure) failure.getCause();
    assertThat(cause.status()).as("it is not the search's status").isZero();
    assertThat(cause.codes()).isEmpty();
    assertThat(failure)
        .hasMessageContaining("the sign-in failed: the server answered " + status)
        .hasMessageContaining(" at " + server.url("/token"));
  }

  @Test
  void norIsATokenEndpointThatCannotBeReached() {
    site.tokenEndpoint(
        new TokenEndpoint(Optional.of(URI.create("http://127.0.0.1:1/token")), Optional.empty()));

    JobException failure = failureOfASearch();

    assertThat(failure.exitCode()).isEqualTo(ExitCode.UNAVAILABLE);
    assertThat(failure.getCause()).isInstanceOf(PassingFailure.class);
    assertThat(failure).hasMessageContaining(" at http://127.0.0.1:1/token");
  }

  private JobException failureOfASearch() {
    URI url = URI.create(server.url("/fhir/Goal?patient=1"));
    Ask ask = Ask.get("search Goal", url, "application/fhir+json");
    return catchThrowableOfType(
        JobException.class, () -> site.client().fetch(ask, site.traffic, 1000));
  }

  @ParameterizedTest
  @ValueSource(ints = {500, 501})
  void aServerThatFailsAtItsConfigurationForGoodIsAskedForItsMetadata(int status) throws Exception {
    wellKnown = Answer.of(status, "text/html", "<html>");
    metadata =
        Answer.json(
            """
            {"resourceType":"CapabilityStatement","rest":[{"mode":"server","security":{"extension":[{
              "url":"http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris",
              "extension":[{"url":"token","valueUri":"../token"}]}]}}]}""");

    assertThat(signIn("Patient")).isEmpty();

    assertThat(assertion().getJWTClaimsSet().getAudience()).containsExactly(server.url("/token"));
  }

  @Test
  void whereThatNamesNoneTheAddressAndTheWayOutAreTold() {
    wellKnown = Answer.of(501, "text/plain", "");

    assertThatThrownBy(() -> signIn("Patient"))
        .hasMessageContaining("the server answered 501 at " + server.url(WELL_KNOWN))
        .hasMessageContaining("set source.token-url");
  }

  @Test
  void one_that_stays_is_a_refusal_after_a_few_tries() {
    tokens.clear();
    tokens.add(Answer.of(400, "application/json", ""));

    assertThatThrownBy(() -> signIn("Patient"))
        .hasMessageContaining("the server answered 400 no reason; check source.client-id")
        .extracting(e -> ((JobException) e).exitCode())
        .isEqualTo(ExitCode.REFUSED);
    assertThat(server.targets().stream().filter("/token"::equals)).hasSize(4);
  }

  @ParameterizedTest
  @ValueSource(strings = {"invalid_client", "invalid_scope", "unauthorized_client"})
  void a_400_with_a_reason_is_refused_at_once(String reason) {
    tokens.clear();
    tokens.add(
        Answer.of(400, "application/json", "{\"error\":\"" + reason + "\"}")
            .with("X-Request-Id", "7f1c2f9e-6a3b-4d5e-8f70-112233445566"));

    assertThatThrownBy(() -> signIn("Patient"))
        .hasMessageContaining("400 " + reason)
        .hasMessageContaining("up to 29 hours")
        .hasMessageContaining(
            "[the server's request id: 7f1c2f9e-6a3b-4d5e-8f70-112233445566] [POST "
                + server.url("/token]"));
    assertThat(server.targets().stream().filter("/token"::equals)).hasSize(1);
  }

  @Test
  void with_a_token_url_nothing_else_is_asked_for() throws Exception {
    site.tokenEndpoint(
        new TokenEndpoint(
            Optional.of(Link.absolute(server.url("/oauth//t?a=b|c"))),
            Optional.of("https://inside.example.org/token")));

    assertThat(signIn("Patient")).isEmpty();

    assertThat(server.targets()).containsExactly("/oauth//t?a=b|c");
    assertThat(assertion().getJWTClaimsSet().getAudience())
        .containsExactly("https://inside.example.org/token");
  }

  @Test
  void without_a_configuration_the_metadata_names_the_token_endpoint() throws Exception {
    wellKnown = Answer.of(404, "text/html", "<html>nothing</html>");
    metadata =
        Answer.json(
            """
            {"resourceType":"CapabilityStatement","rest":[{"mode":"server","security":{"extension":[{
              "url":"http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris",
              "extension":[{"url":"authorize","valueUri":"/no"},{"url":"token","valueUri":"../token"}]}]}}]}""");

    assertThat(signIn("Patient")).isEmpty();

    assertThat(assertion().getJWTClaimsSet().getAudience()).containsExactly(server.url("/token"));
  }

  @Test
  void the_configuration_may_have_moved_within_the_server() throws Exception {
    String moved = "{\"token_endpoint\":\"" + server.url("/token") + "\"}";
    wellKnown = Answer.redirect(301, "/fhir/metadata");
    metadata = Answer.json(moved);

    assertThat(signIn("Patient")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"404, returned 404", "200, has no token_endpoint"})
  void a_server_that_names_none_is_refused_with_the_way_out(int status, String why) {
    wellKnown = Answer.of(status, "application/json", "{}");

    assertThatThrownBy(() -> signIn("Patient"))
        .hasMessageContaining(why)
        .hasMessageContaining("set source.token-url")
        .extracting(e -> ((JobException) e).exitCode())
        .isEqualTo(ExitCode.REFUSED);
  }

  @Test
  void what_the_configuration_does_not_list_is_tried_all_the_same() {
    wellKnown =
        Answer.json(
            "\ufeff{\"token_endpoint\":\""
                + server.url("/token")
                + "\",\"token_endpoint_auth_methods_supported\":[\"client_secret_basic\"],"
                + "\"token_endpoint_auth_signing_alg_values_supported\":[\"RS256\"]}");

    assertThat(signIn("Patient")).isEmpty();
  }

  @Test
  void a_token_endpoint_without_https_on_another_machine_gets_no_assertion() {
    wellKnown = Answer.json("{\"token_endpoint\":\"http://login.example.org/token\"}");

    assertThatThrownBy(() -> signIn("Patient")).hasMessageContaining("without https");
  }

  @ParameterizedTest
  @CsvSource({
    "https://login.example.org/token, at another origin",
    "//127.0.0.1:1/token, at another origin",
    "http://localhost:1/token, at another origin",
    "https://u:p@login.example.org/token, has no token_endpoint",
    "http://[::1/token, has no token_endpoint",
    "ftp://127.0.0.1/token, has no token_endpoint"
  })
  void a_token_endpoint_at_another_origin_gets_no_assertion(String endpoint, String why) {
    wellKnown = Answer.json("{\"token_endpoint\":\"" + endpoint + "\"}");

    assertThatThrownBy(() -> signIn("Patient"))
        .hasMessageContaining(why)
        .hasMessageContaining("source.token-url")
        .extracting(e -> ((JobException) e).exitCode())
        .isEqualTo(ExitCode.REFUSED);
    assertThat(server.targets()).noneMatch(target -> target.contains("token"));
  }

  @Test
  void with_a_token_url_the_server_s_clock_is_learnt_from_a_refusal() throws Exception {
    site.tokenEndpoint(
        new TokenEndpoint(Optional.of(URI.create(server.url("/token"))), Optional.empty()));
    Instant there = Instant.now().plus(Duration.ofHours(2));
    String date = DateTimeFormatter.RFC_1123_DATE_TIME.format(there.atOffset(ZoneOffset.UTC));
    tokens.clear();
    tokens.add(
        Answer.of(401, "application/json", "{\"error\":\"invalid_client\"}").with("Date", date));
    tokens.add(Answer.json(GRANTED));

    assertThat(signIn("Patient")).isEmpty();

    Duration life =
        Duration.between(there, assertion().getJWTClaimsSet().getExpirationTime().toInstant());
    assertThat(life).isBetween(Duration.ofMinutes(3), Duration.ofMinutes(5));
  }
}
