package io.epicfhir.extract.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.extract.source.RawServer.Answer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.function.Function;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Headers, bodies, redirects and failures as servers send them; field cases H, F8 and G6. */
class AnswersOverHttpTest {
  private static final String FHIR = "application/fhir+json";
  private static final String MERGED =
      "{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"fatal\",\"code\":\"processing\","
          + "\"details\":{\"coding\":[{\"code\":\"4107\"}]}}]}";

  private RawServer server;
  private ClientOf site;

  @AfterEach
  void close() {
    server.close();
  }

  private SourceClient open(Function<RawServer.Request, Answer> answers) throws IOException {
    server = new RawServer(answers);
    site = new ClientOf(server.url("/fhir"));
    return site.client();
  }

  private Ask ask(String path) {
    return Ask.get("read something", Link.absolute(server.url(path)), FHIR);
  }

  private static byte[] gzip(byte[] plain) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
      out.write(plain);
    }
    return packed.toByteArray();
  }

  private static Answer answer(String type, String coding, byte[] body) {
    Answer answer = new Answer(200, Map.of("Content-Type", type), body);
    return coding.isEmpty() ? answer : answer.with("Content-Encoding", coding);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "application/json | gzip",
        "Application/FHIR+JSON | GZIP",
        "application/json+fhir | x-gzip",
        "application/fhir+json;charset=UTF-8 | Gzip, identity",
        "application/json | ''", // packed, and no header says so
      })
  void a_small_answer_may_be_packed(String type, String coding) throws IOException {
    byte[] packed = gzip("{\"transactionTime\":\"x\"}".getBytes(StandardCharsets.UTF_8));
    SourceClient client = open(r -> answer(type, coding, packed));

    assertThat(client.send(ask("/fhir/status"), site.traffic).text())
        .isEqualTo("{\"transactionTime\":\"x\"}");
  }

  @ParameterizedTest
  @CsvSource({
    "UTF-8, application/json",
    "UTF-8, application/json;charset=ISO-8859-1", // a default that is not meant
    "ISO-8859-1, application/fhir+json; Charset=\"iso-8859-1\"",
    "UTF-16, application/json",
    "UTF-16LE, application/json;charset=utf-16le",
  })
  void a_small_answer_may_be_in_any_charset(String charset, String type) throws IOException {
    byte[] body = "{\"name\":\"J\u00f6rg\"}".getBytes(Charset.forName(charset));
    SourceClient client = open(r -> answer(type, "", body));

    assertThat(client.send(ask("/fhir/status"), site.traffic).text())
        .isEqualTo("{\"name\":\"J\u00f6rg\"}");
    assertThat(client.fetch(ask("/fhir/Patient/1"), site.traffic, 1000).body())
        .isEqualTo("{\"name\":\"J\u00f6rg\"}".getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void a_byte_order_mark_before_json_is_no_part_of_it() throws IOException {
    SourceClient client = open(r -> Answer.json("\ufeff{}"));

    assertThat(client.send(ask("/fhir/status"), site.traffic).text()).isEqualTo("{}");
  }

  @Test
  void json_may_come_without_a_media_type_and_a_document_too() throws IOException {
    byte[] icon = {0, 0, 1, 0, 7};
    byte[] marked = "\ufeff{}".getBytes(StandardCharsets.UTF_8);
    SourceClient client =
        open(r -> new Answer(200, Map.of(), r.target().contains("Binary") ? icon : marked));

    assertThat(client.send(ask("/fhir/status"), site.traffic).text()).isEqualTo("{}");
    assertThat(client.fetch(ask("/fhir/Binary/1"), site.traffic, 9).body()).isEqualTo(icon);
  }

  @Test
  void a_document_keeps_its_bytes() throws IOException {
    byte[] document = "\ufeffJ\u00f6rg".getBytes(StandardCharsets.UTF_16LE);
    SourceClient client = open(r -> answer("text/rtf;charset=utf-16", "", document));

    assertThat(client.fetch(ask("/fhir/Binary/1"), site.traffic, 1000).body()).isEqualTo(document);
  }

  @Test
  void an_empty_202_that_is_named_gzip_is_an_answer() throws IOException {
    SourceClient client =
        open(r -> new Answer(202, Map.of("Content-Encoding", "gzip"), new byte[0]));

    assertThat(client.send(ask("/fhir/status"), site.traffic).status()).isEqualTo(202);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Application/FHIR+NDJSON | GZIP",
        "application/x-ndjson | x-gzip",
        "application/ndjson;charset=utf-8 | ''",
        "Application/Octet-Stream | identity",
        "application/gzip | ''",
        "TEXT/Plain | UTF-8",
      })
  void a_file_may_have_any_name_of_ndjson(String type, String coding) throws IOException {
    boolean packed = (type + coding).toLowerCase(java.util.Locale.ROOT).contains("gzip");
    byte[] plain = "{}\n".getBytes(StandardCharsets.UTF_8);
    byte[] body = packed ? gzip(plain) : plain;
    SourceClient client = open(r -> answer(type, coding, body));
    ByteArrayOutputStream taken = new ByteArrayOutputStream();

    client.download(
        ask("/file"),
        site.traffic,
        new SourceClient.Intake() {
          @Override
          public void take(InputStream in) throws IOException {
            in.transferTo(taken);
          }

          @Override
          public void takeForeign(InputStream in) {
            throw new AssertionError("it is NDJSON");
          }
        });

    assertThat(taken.toByteArray()).isEqualTo(plain);
  }

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
  void a_status_may_redirect_to_its_result_and_keeps_the_token_at_home(
      @org.junit.jupiter.api.io.TempDir java.nio.file.Path folder) throws IOException {
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
        catchThrowableOfType(JobException.class, () -> client.fetch(ask("/fhir/Goal?patient=1"), site.traffic, 1000));

    ServerRefusal refusal = ServerRefusal.of(failure).orElseThrow();
    assertThat(refusal.status()).isEqualTo(status);
    assertThat(refusal.codes())
        .isEqualTo(code.isEmpty() ? java.util.List.of() : java.util.List.of(code));
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
        catchThrowableOfType(JobException.class, () -> client.fetch(ask("/fhir/Goal"), site.traffic, 1000));

    assertThat(failure.exitCode()).isEqualTo(ExitCode.UNAVAILABLE);
    assertThat(ServerRefusal.of(failure)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"429, 21600", "503, 21600", "429, 99999999999"})
  void a_wait_beyond_the_budget_ends_the_run_at_once(int status, String seconds)
      throws IOException {
    SourceClient client =
        open(r -> Answer.of(status, "text/plain", "").with("Retry-After", seconds));

    for (String path : new String[] {"/fhir/Goal", "/fhir/Flag"}) {
      assertThatThrownBy(() -> client.fetch(ask(path), site.traffic, 1000))
          .hasMessageContaining("source.retry-budget")
          .extracting(e -> ((JobException) e).exitCode())
          .isEqualTo(ExitCode.UNAVAILABLE);
    }
    // The second one was not even sent.
    assertThat(server.targets()).containsExactly("/fhir/Goal");
    assertThat(site.pauses).isEmpty();
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
        open(r -> Answer.of(400, FHIR, outcome).with("x-correlation-id", "abc-1:2"));

    assertThatThrownBy(
            () -> client.send(ask("/fhir/Group/g1/$export?_type=Foo").once(), site.traffic))
        .hasMessage(
            "Cannot read something: the server answered 400 (invalid); its reason names"
                + " ImagingStudy, _type; see the server's log for this request [the server's request"
                + " id: abc-1:2] [GET "
                + server.url("/fhir/Group/…/$export")
                + "]");
  }

  @Test
  void a_request_id_that_could_hold_anything_is_not_told() throws IOException {
    SourceClient client =
        open(r -> Answer.of(400, "text/plain", "").with("X-Request-Id", "for John Smith"));

    assertThatThrownBy(() -> client.send(ask("/fhir/x"), site.traffic))
        .hasMessageNotContaining("Smith");
  }

  @Test
  void a_next_link_at_an_allowed_origin_gets_the_token_and_at_another_is_not_asked_for(
      @org.junit.jupiter.api.io.TempDir java.nio.file.Path folder) throws IOException {
    try (RawServer pages = new RawServer(r -> Answer.json("{}"))) {
      server = new RawServer(r -> Answer.json("{\"access_token\":\"t\"}"));
      site =
          new ClientOf(server.url("/fhir"))
              .signsIn(folder)
              .allowing(pages.url(""))
              .tokenEndpoint(
                  new SourceSettings.TokenEndpoint(
                      java.util.Optional.of(URI.create(server.url("/token"))),
                      java.util.Optional.empty()));
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
          .hasMessageContaining("the token must not go there");
    }
  }
}
