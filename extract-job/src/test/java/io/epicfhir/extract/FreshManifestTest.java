package io.epicfhir.extract;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.delete;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.urlEqualTo;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static com.github.tomakehurst.wiremock.stubbing.Scenario.STARTED;
import static io.epicfhir.extract.ForeignServer.KICK_OFF_PATH;
import static io.epicfhir.extract.ForeignServer.STATUS_PATH;
import static io.epicfhir.extract.ForeignServer.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.client.MappingBuilder;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a manifest that is asked for again, since a link had expired, says otherwise. */
class FreshManifestTest {
  private static final String TEN = "2026-03-01T10:00:00Z";
  private static final String TWELVE = "2026-03-01T12:00:00Z";

  @TempDir Path folder;
  private final ForeignServer server = new ForeignServer();
  private Runs runs;

  @BeforeEach
  void open() throws IOException {
    Site.KEYS.writeTo(Files.createDirectories(folder.resolve("keys")));
    runs = new Runs(folder, server.url("/fhir"), Site.KEYS.rs384().getKeyID());
    runs.settings.put("bulk.types", "[Patient]");
    runs.settings.put("bulk.hydrate", "[]");
    runs.settings.put("bulk.newcomers", "off");
  }

  @AfterEach
  void close() {
    server.close();
  }

  private static ResponseDefinitionBuilder patients(String... ids) {
    StringBuilder lines = new StringBuilder();
    for (String id : ids) {
      lines.append("{\"resourceType\":\"Patient\",\"id\":\"" + id + "\"}\n");
    }
    return aResponse()
        .withHeader("Content-Type", "application/fhir+ndjson")
        .withBody(lines.toString());
  }

  private String file(String path) {
    return "{\"type\":\"Patient\",\"url\":\"" + server.url(path) + "\"}";
  }

  private String file(String path, int count) {
    return file(path).replace("}", ",\"count\":" + count + "}");
  }

  private static ResponseDefinitionBuilder manifest(String time, String... files) {
    return json(
        "{\"transactionTime\":\""
            + time
            + "\",\"requiresAccessToken\":true,\"output\":["
            + String.join(",", files)
            + "]}");
  }

  /** Each path's own first answer, and the one of every later request. */
  private void answers(
      String path, ResponseDefinitionBuilder first, ResponseDefinitionBuilder then) {
    server.wire.stubFor(request(path).willReturn(then));
    server.wire.stubFor(
        request(path)
            .atPriority(1)
            .inScenario(path)
            .whenScenarioStateIs(STARTED)
            .willSetStateTo("then")
            .willReturn(first));
  }

  private static MappingBuilder request(String path) {
    return path.contains("?") ? get(urlEqualTo(path)) : get(urlPathEqualTo(path));
  }

  private List<String> asked(String path) {
    return server.asked(path).stream().map(LoggedRequest::getUrl).toList();
  }

  @Test
  void linksThatDifferOnlyInTheirQueryAreEachTakenOnceInWhateverOrder() throws IOException {
    for (String id : List.of("a", "b")) {
      answers("/dl?f=" + id, patients(id), patients(id));
    }
    answers("/dl?f=c", aResponse().withStatus(410), patients("c"));
    answers(
        STATUS_PATH,
        manifest(TEN, file("/dl?f=a"), file("/dl?f=b"), file("/dl?f=c")),
        manifest(TEN, file("/dl?f=c"), file("/dl?f=a"), file("/dl?f=b")));

    assertThat(runs.runAll("r1")).isZero();

    assertThat(ids()).containsExactlyInAnyOrder("a", "b", "c");
    assertThat(asked("/dl")).as("a and b are not asked for again").hasSize(4);
  }

  /** Where a signature changes with the manifest nobody knows which of them is which. */
  @Test
  void whereTheirSignatureChangesAllOfThemAreTakenAnew() throws IOException {
    answers("/dl?f=a&sig=1", patients("a"), aResponse().withStatus(410));
    answers("/dl?f=b&sig=1", aResponse().withStatus(410), aResponse().withStatus(410));
    answers("/dl?f=a&sig=2", patients("a"), patients("a"));
    answers("/dl?f=b&sig=2", patients("b"), patients("b"));
    answers(
        STATUS_PATH,
        manifest(TEN, file("/dl?f=a&sig=1"), file("/dl?f=b&sig=1")),
        manifest(TEN, file("/dl?f=b&sig=2"), file("/dl?f=a&sig=2")));

    assertThat(runs.runAll("r1")).isZero();

    assertThat(ids()).containsExactlyInAnyOrder("a", "b");
    assertThat(runs.report("r1", "extract").at("/resources/Patient/written").asLong()).isEqualTo(2);
  }

  @Test
  void ofAnExportThatTheServerMadeAnewNothingOfTheFormerOneIsUsed() throws IOException {
    answers("/f/1", patients("a"), patients("a", "new"));
    answers("/f/2", aResponse().withStatus(410), patients("b"));
    answers(
        STATUS_PATH,
        manifest(TEN, file("/f/1"), file("/f/2")),
        manifest(TWELVE, file("/f/1"), file("/f/2")));

    assertThat(runs.runAll("r1")).isZero();

    assertThat(runs.landings().get(0).transactionTime()).isEqualTo(Instant.parse(TWELVE));
    assertThat(ids()).containsExactlyInAnyOrder("a", "new", "b");
  }

  @Test
  void aFileOfAnotherAnnouncedCountIsTakenAnew() throws IOException {
    answers("/f/1", patients("a"), patients("a", "new"));
    answers("/f/2", aResponse().withStatus(410), patients("b"));
    answers(
        STATUS_PATH,
        manifest(TEN, file("/f/1", 1), file("/f/2", 1)),
        manifest(TEN, file("/f/1", 2), file("/f/2", 1)));

    assertThat(runs.runAll("r1")).isZero();

    assertThat(ids()).containsExactlyInAnyOrder("a", "new", "b");
  }

  @Test
  void aFileOfWhichTheSameIsToldIsNotAskedForAgain() throws IOException {
    answers("/f/1?sig=1", patients("a"), aResponse().withStatus(410));
    answers("/f/2?sig=1", aResponse().withStatus(410), aResponse().withStatus(410));
    answers("/f/2?sig=2", patients("b"), patients("b"));
    answers(
        STATUS_PATH,
        manifest(TEN, file("/f/1?sig=1", 1), file("/f/2?sig=1", 1)),
        manifest(TEN, file("/f/1?sig=2", 1), file("/f/2?sig=2", 1)));

    assertThat(runs.runAll("r1")).isZero();

    assertThat(ids()).containsExactlyInAnyOrder("a", "b");
    assertThat(asked("/f/1")).hasSize(1);
  }

  private static ResponseDefinitionBuilder page(int status) {
    return aResponse()
        .withStatus(status)
        .withHeader("Content-Type", "text/html")
        .withBody("<html>no route</html>");
  }

  /**
   * A gateway before the store of files, which is another server, forgets its routes for a while.
   */
  @ParameterizedTest
  @ValueSource(ints = {400, 403, 404, 410})
  void aWebPageInPlaceOfAFileGivesNoExportUp(int status) throws IOException {
    server.wire.stubFor(request("/f/1").willReturn(page(status)));
    answers(STATUS_PATH, manifest(TEN, file("/f/1")), manifest(TEN, file("/f/1")));

    assertThat(runs.runAll("r1")).isEqualTo(4);

    assertThat(runs.error("r1", "extract"))
        .contains("the server answered " + status + " (a web page)", "The export is kept");
    assertThat(server.asked(STATUS_PATH))
        .extracting(asked -> asked.getMethod().getName())
        .doesNotContain("DELETE");
    server.wire.stubFor(request("/f/1").willReturn(patients("a")));
    assertThat(runs.run(new Extract(), "r1", "extract")).isZero();
    assertThat(ids()).containsExactly("a");
    assertThat(asked(KICK_OFF_PATH)).hasSize(1);
  }

  /** The right to delete exports is one of its own. */
  @ParameterizedTest
  @ValueSource(ints = {403, 405, 501})
  void linksThatAreGoneForGoodAreAskedForAnewWhereTheServerLetsNobodyDelete(int status)
      throws IOException {
    server.wire.stubFor(
        delete(urlPathEqualTo(STATUS_PATH))
            .willReturn(aResponse().withStatus(status).withHeader("Content-Type", "text/plain")));
    server.wire.stubFor(request("/f/1").willReturn(aResponse().withStatus(410)));
    answers(STATUS_PATH, manifest(TEN, file("/f/1")), manifest(TEN, file("/f/1")));

    assertThat(runs.runAll("r1")).isEqualTo(4);

    assertThat(runs.error("r1", "extract")).contains("the export was requested again");
    assertThat(runs.report("r1", "extract").path("notes").toString())
        .contains("The old export stays at the server: ");
    server.wire.stubFor(request("/f/1").willReturn(patients("a")));
    assertThat(runs.run(new Extract(), "r1", "extract")).isZero();
    assertThat(ids()).containsExactly("a");
    assertThat(asked(KICK_OFF_PATH)).hasSize(2);
  }

  @Test
  void aServerThatGivesNoNewExportYetIsAskedAgainWhenItsWindowIsOver() throws IOException {
    server.wire.stubFor(request("/f/1").willReturn(aResponse().withStatus(410)));
    answers(STATUS_PATH, manifest(TEN, file("/f/1")), manifest(TEN, file("/f/1")));
    assertThat(runs.run(new KickOff(), "r1", "kick_off")).isZero();
    assertThat(runs.run(new ExportStatus(), "r1", "wait")).isZero();
    server.wire.stubFor(
        get(urlPathEqualTo(KICK_OFF_PATH))
            .willReturn(
                aResponse()
                    .withStatus(400)
                    .withHeader("Content-Type", "application/fhir+json")
                    .withBody(
                        "{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"error\","
                            + "\"code\":\"processing\",\"diagnostics\":\"requested this Group too"
                            + " recently\"}]}")));

    assertThat(runs.run(new Extract(), "r1", "extract")).isEqualTo(4);

    assertThat(runs.error("r1", "extract"))
        .contains("Rerun from the kick-off ", " after the last kick-off (bulk.window)");
  }

  private List<String> ids() {
    return BulkToBronzeTest.resources(ReadBack.bronze(runs)).stream()
        .map(text -> text.replaceFirst(".*\"id\":\"([a-z]+)\".*", "$1"))
        .toList();
  }
}
