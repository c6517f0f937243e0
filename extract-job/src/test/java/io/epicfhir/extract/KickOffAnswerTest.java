package io.epicfhir.extract;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static com.github.tomakehurst.wiremock.http.Fault.CONNECTION_RESET_BY_PEER;
import static io.epicfhir.extract.ForeignServer.KICK_OFF_PATH;
import static io.epicfhir.extract.ForeignServer.STATUS_PATH;
import static io.epicfhir.extract.ForeignServer.fhir;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What servers answer to a kick-off, and before it. */
class KickOffAnswerTest {
  private static final String ERROR =
      "{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"error\",\"code\":\"exception\"}]}";

  @TempDir Path folder;
  private final SkippedTime time = new SkippedTime();
  private final ForeignServer server = new ForeignServer();
  private Runs runs;

  @BeforeEach
  void open() throws IOException {
    Site.KEYS.writeTo(Files.createDirectories(folder.resolve("keys")));
    runs = new Runs(folder, server.url("/fhir"), Site.KEYS.rs384().getKeyID());
    runs.settings.put("bulk.newcomers", "off");
  }

  @AfterEach
  void close() {
    server.close();
  }

  private void answer(ResponseDefinitionBuilder answer) {
    server.wire.stubFor(get(urlPathEqualTo(KICK_OFF_PATH)).willReturn(answer));
  }

  private void accepts() {
    answer(aResponse().withStatus(202).withHeader("Content-Location", STATUS_PATH));
  }

  private int kickOff() throws IOException {
    return runs.run(new KickOff(time.pace()), "r1", "kick_off");
  }

  private LoggedRequest last() {
    List<LoggedRequest> asked = server.asked(KICK_OFF_PATH);
    return asked.get(asked.size() - 1);
  }

  private String notes() throws IOException {
    return runs.report("r1", "kick_off").path("notes").toString();
  }

  @ParameterizedTest
  @ValueSource(ints = {200, 201, 202})
  void whoNamesAPlaceForTheExportHasBegunIt(int status) throws IOException {
    answer(aResponse().withStatus(status).withHeader("Content-Location", STATUS_PATH));

    assertThat(kickOff()).isZero();
  }

  @Test
  void withoutAPlaceThereIsNoExport() throws IOException {
    answer(aResponse().withStatus(202));

    assertThat(kickOff()).isEqualTo(3);
    assertThat(runs.error("r1", "kick_off")).contains("202 without a Content-Location");
  }

  @Test
  void anExportThatTheTokenMustNotFollowIsNamedAsOneThatStays() throws IOException {
    answer(
        aResponse()
            .withStatus(202)
            .withHeader("Content-Location", "http://inside.example.org/jobs/17"));

    assertThat(kickOff()).isEqualTo(3);
    assertThat(runs.error("r1", "kick_off"))
        .contains("http://inside.example.org", "stays at the server", "X-Forwarded-Host");
  }

  @ParameterizedTest
  @ValueSource(strings = {KICK_OFF_PATH, "/fhir/metadata", "/fhir/.well-known/smart-configuration"})
  void oneErrorOfTheServerEndsNothing(String path) throws IOException {
    server.first(get(urlPathEqualTo(path)), fhir(ERROR).withStatus(500));

    assertThat(kickOff()).isZero();
    assertThat(server.asked(path)).hasSizeGreaterThan(1);
  }

  /** The server has said no, or not now: nothing of the request is left. */
  @ParameterizedTest
  @CsvSource({"400,3", "403,3", "404,3", "422,3", "307,3", "429,4", "503,4", "500,4"})
  void whatTheServerHasNotBegunIsAskedForByTheSettingsOfNow(int status, int exit)
      throws IOException {
    answer(fhir(ERROR).withStatus(status).withHeader("Location", "http://elsewhere.example.org/"));
    assertThat(kickOff()).isEqualTo(exit);
    String types = exit == 3 ? "Patient" : "Patient,Observation";
    runs.settings.put("bulk.types", "[" + types + "]");
    accepts();

    assertThat(kickOff()).isZero();

    assertThat(last().queryParameter("_type").firstValue()).isEqualTo(types);
    assertThat(last().getHeader("Cache-Control")).isEqualTo("no-cache");
    assertThat(notes()).doesNotContain("no response");
  }

  /** What a busy server, or one that has taken the client's rights, says is no word about it. */
  @ParameterizedTest
  @ValueSource(ints = {503, 403})
  void aLostRequestIsRepeatedAlsoAfterARefusal(int status) throws IOException {
    server.first(
        get(urlPathEqualTo(KICK_OFF_PATH)), aResponse().withFault(CONNECTION_RESET_BY_PEER));
    assertThat(kickOff()).isEqualTo(4);
    answer(fhir(ERROR).withStatus(status));
    assertThat(kickOff()).isEqualTo(status == 503 ? 4 : 3);
    accepts();

    assertThat(kickOff()).isZero();

    assertThat(last().containsHeader("Cache-Control")).isFalse();
    assertThat(notes()).contains("got no response");
  }

  /** They may be why it got no answer. */
  @ParameterizedTest
  @CsvSource({"bulk.types,[Patient]", "bulk.type-filters,'[\"Patient?active=true\"]'"})
  void aLostRequestIsNotRepeatedWhereTheSettingsAskForSomethingElse(String key, String value)
      throws IOException {
    server.first(
        get(urlPathEqualTo(KICK_OFF_PATH)), aResponse().withFault(CONNECTION_RESET_BY_PEER));
    assertThat(kickOff()).isEqualTo(4);
    String before = last().getUrl();
    runs.settings.put(key, value);

    assertThat(kickOff()).isZero();

    assertThat(last().getUrl()).isNotEqualTo(before);
    assertThat(last().getHeader("Cache-Control")).isEqualTo("no-cache");
    assertThat(notes()).doesNotContain("no response");
  }

  /** It may have begun the export: it can know the request again. */
  @Test
  void aRequestWhoseAnswerNamesNoPlaceIsRepeated() throws IOException {
    answer(aResponse().withStatus(202));
    assertThat(kickOff()).isEqualTo(3);
    accepts();

    assertThat(kickOff()).isZero();

    assertThat(last().containsHeader("Cache-Control")).isFalse();
    assertThat(notes()).contains("none that says where the export is");
  }

  @Test
  void anAnswerWhoseBodyCannotBeReadHasBegunItOnce() throws IOException {
    answer(
        aResponse()
            .withStatus(202)
            .withHeader("Content-Location", STATUS_PATH)
            .withHeader("Content-Encoding", "gzip")
            .withBody("accepted"));

    assertThat(kickOff()).isZero();

    assertThat(server.asked(KICK_OFF_PATH)).hasSize(1);
  }
}
