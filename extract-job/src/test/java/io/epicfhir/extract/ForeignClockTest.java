package io.epicfhir.extract;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static io.epicfhir.extract.ForeignServer.KICK_OFF_PATH;
import static io.epicfhir.extract.ForeignServer.STATUS_PATH;
import static io.epicfhir.extract.ForeignServer.json;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A server whose clock is not this machine's, by its Date headers. */
class ForeignClockTest {
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

  /** Hours by which the server's Date is off at both answers, and its transactionTime. */
  @ParameterizedTest
  @CsvSource({
    "2,2,2,0", // always the same: its own time
    "-2,-2,-2,0",
    "2,2,3,3", // ahead of its own clock
    "-2,-2,0,3", // what it changes in the two hours to come would be lost
    "0,2,2,3", // its clock jumped
    "87600,87600,87600,3" // ten years
  })
  void theTimeIsMeasuredByAClockThatIsConstantlyOff(
      long atKickOff, long atStatus, long time, int code) throws IOException {
    server.wire.stubFor(
        get(urlPathEqualTo(KICK_OFF_PATH))
            .willReturn(
                aResponse()
                    .withStatus(202)
                    .withHeader("Date", date(atKickOff))
                    .withHeader("Content-Location", STATUS_PATH)));
    server.wire.stubFor(
        get(urlPathEqualTo(STATUS_PATH))
            .willReturn(
                json("{\"transactionTime\":\"%s\",\"requiresAccessToken\":true,\"output\":[]}"
                        .formatted(Instant.now().plus(time, ChronoUnit.HOURS)))
                    .withHeader("Date", date(atStatus))));
    assertThat(runs.run(new KickOff(), "r1", "kick_off")).isZero();

    assertThat(runs.run(new ExportStatus(), "r1", "wait")).isEqualTo(code);
  }

  private static String date(long hours) {
    return DateTimeFormatter.RFC_1123_DATE_TIME.format(
        Instant.now().plus(hours, ChronoUnit.HOURS).atZone(ZoneOffset.UTC));
  }
}
