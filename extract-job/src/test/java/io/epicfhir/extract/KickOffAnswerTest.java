package io.epicfhir.extract;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static io.epicfhir.extract.ForeignServer.KICK_OFF_PATH;
import static io.epicfhir.extract.ForeignServer.STATUS_PATH;
import static io.epicfhir.extract.ForeignServer.fhir;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
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

  private int kickOff() throws IOException {
    return runs.run(new KickOff(time.pace()), "r1", "kick_off");
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
}
