package io.epicfhir.extract;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static io.epicfhir.extract.ForeignServer.KICK_OFF_PATH;
import static io.epicfhir.extract.ForeignServer.STATUS_PATH;
import static io.epicfhir.extract.ForeignServer.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Servers of other editions of Bulk Data. */
class ForeignManifestTest {
  @TempDir Path folder;
  private final ForeignServer server = new ForeignServer();
  private Runs runs;

  @BeforeEach
  void open() throws IOException {
    Site.KEYS.writeTo(Files.createDirectories(folder.resolve("keys")));
    runs = new Runs(folder, server.url("/fhir"), Site.KEYS.rs384().getKeyID());
  }

  @AfterEach
  void close() {
    server.close();
  }

  private void file(ForeignServer where, String path, String id) {
    where.wire.stubFor(
        get(urlPathEqualTo(path))
            .willReturn(
                aResponse()
                    .withHeader("Content-Type", "application/fhir+ndjson")
                    .withBody("{\"resourceType\":\"Patient\",\"id\":\"" + id + "\"}\n")));
  }

  private int run(String manifest) throws IOException {
    server.wire.stubFor(get(urlPathEqualTo(STATUS_PATH)).willReturn(json(manifest)));
    return runs.runAll("r1");
  }

  @ParameterizedTest
  @CsvSource({
    "'\"requiresAccessToken\":\"true\",',true,true",
    "'\"requiresAccessToken\":\"false\",',false,false",
    "'',true,false"
  })
  void whereTheTokenGoes(String requires, boolean home, boolean abroad) throws IOException {
    try (ForeignServer files = new ForeignServer()) {
      runs.settings.put("source.allowed-origins", "[\"" + files.url("") + "\"]");
      file(server, "/f/1", "a");
      file(files, "/f/2", "b");

      assertThat(
              run(
                  "{\"transactionTime\":\"2026-03-01T10:00:00Z\",%s\"output\":[{\"type\":\"Patient\",\"url\":\"%s\",\"count\":\"1\"},{\"type\":\"Patient\",\"url\":\"%s\"}]}"
                      .formatted(requires, server.url("/f/1"), files.url("/f/2"))))
          .isZero();

      assertThat(server.asked("/f/1").get(0).containsHeader("Authorization")).isEqualTo(home);
      assertThat(files.asked("/f/2").get(0).containsHeader("Authorization")).isEqualTo(abroad);
    }
    assertThat(runs.landings().get(0).files().stream().mapToLong(f -> f.rows()).sum()).isEqualTo(2);
  }

  @Test
  void aListThatNobodyKnowsEndsTheRun() throws IOException {
    assertThat(
            run(
                "{\"transactionTime\":\"2026-03-01T10:00:00Z\",\"requiresAccessToken\":true,\"output\":[],"
                    + "\"withheld\":[{\"type\":\"OperationOutcome\",\"url\":\"https://h/1\"}]}"))
        .isEqualTo(3);

    assertThat(runs.error("r1", "wait"))
        .contains(
            "an unknown key has files, errors or a link to a page; the manifest is in"
                + " state/exports/<id>/manifest-refused.json");
  }

  /** Servers put patients' numbers and names into folders and files. */
  @ParameterizedTest
  @CsvSource({"200,5,'announced 3, received 1'", "403,3,the server answered 403"})
  void aFilesPathIsToldInNoMessage(int status, int exit, String why) throws IOException {
    String path = "/files/MRN-12345678/Patient-Smith.ndjson";
    file(server, path, "a");
    if (status != 200) {
      server.wire.stubFor(get(urlPathEqualTo(path)).willReturn(aResponse().withStatus(status)));
    }

    assertThat(
            run(
                "{\"transactionTime\":\"2026-03-01T10:00:00Z\",\"requiresAccessToken\":true,\"output\":[{\"type\":\"Patient\",\"url\":\"%s\",\"count\":3}]}"
                    .formatted(server.url(path))))
        .isEqualTo(exit);

    assertThat(runs.error("r1", "extract"))
        .contains(why)
        .doesNotContain("12345678")
        .doesNotContain("Smith");
  }

  /** Bulk Data 3.0 may list the files so far while the export runs: they are not the export. */
  @Test
  void aPartialManifestIsNotTheExport() throws IOException {
    String manifest =
        "{\"transactionTime\":\"2026-03-01T10:00:00Z\",\"requiresAccessToken\":true,\"output\":[]}";
    server.first(
        get(urlPathEqualTo(STATUS_PATH)),
        json(manifest).withStatus(202).withHeader("Retry-After", "1"));
    server.wire.stubFor(get(urlPathEqualTo(STATUS_PATH)).willReturn(json("\uFEFF" + manifest)));
    SkippedTime time = new SkippedTime();
    assertThat(runs.run(new KickOff(time.pace()), "r1", "kick_off")).isZero();
    assertThat(runs.run(new ExportStatus(time.pace()), "r1", "wait")).isZero();
    assertThat(runs.report("r1", "wait").at("/result/state").asText()).isEqualTo("in-progress");

    time.skip(java.time.Duration.ofSeconds(2));
    assertThat(runs.run(new ExportStatus(time.pace()), "r1", "wait")).isZero();

    assertThat(runs.report("r1", "wait").at("/result/state").asText()).isEqualTo("complete");
  }

  @ParameterizedTest
  @CsvSource({"comma,1,'Patient,Observation'", "repeated,2,Patient"})
  void theKickOffOfBulkData4RepeatsItsParameters(String form, int types, String first)
      throws IOException {
    runs.settings.put("bulk.method", "post");
    runs.settings.put("bulk.post-form", form);
    server.wire.stubFor(
        post(urlPathEqualTo(KICK_OFF_PATH))
            .willReturn(aResponse().withStatus(202).withHeader("Content-Location", STATUS_PATH)));

    assertThat(runs.run(new KickOff(), "r1", "kick_off")).isZero();

    LoggedRequest asked = server.asked(KICK_OFF_PATH).get(0);
    var parameters = new JsonMapper().readTree(asked.getBodyAsString()).path("parameter");
    assertThat(parameters)
        .hasSize(types)
        .allSatisfy(p -> assertThat(p.path("name").asText()).isEqualTo("_type"));
    assertThat(parameters.get(0).path("valueString").asText()).isEqualTo(first);
  }
}
