package io.epicfhir.extract;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.options;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.WireMockServer;
import io.epicfhir.sandbox.faults.Fault;
import io.epicfhir.sandbox.faults.Match;
import io.epicfhir.sandbox.http.RequestKind;
import java.io.IOException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The fault table's rows about the download of files; see {@link FaultTableTest}. */
class FaultTableFileTest extends SiteTest {
  private static final Match OBSERVATIONS = Match.file("Observation");
  private static final Match PATIENTS = Match.file("Patient");

  /** The faults come at the first tries of a file each; all must be as if they had not. */
  private void landsDespite(Fault ofObservations, Fault... ofPatients) throws IOException {
    open(o -> o);
    landsAllTheSame(ofObservations, ofPatients);
  }

  private void landsAllTheSame(Fault ofObservations, Fault... ofPatients) throws IOException {
    site.server.faults().once(OBSERVATIONS, ofObservations);
    for (Fault fault : ofPatients) {
      site.server.faults().once(PATIENTS, fault);
    }

    assertThat(site.runAll("r1")).isZero();

    assertThat(BulkToBronzeTest.resources(ReadBack.bronze(site)))
        .containsExactlyInAnyOrderElementsOf(BulkToBronzeTest.served(BulkToBronzeTest.files()));
    assertThat(site.server.requests().earlyRequests()).isZero();
  }

  @Test
  void fault_01_connection_reset_in_the_middle_of_a_file() throws IOException {
    landsDespite(Fault.reset(700), Fault.reset(0), Fault.reset(20));

    assertThat(asked(RequestKind.FILE)).isEqualTo(5);
  }

  @Test
  void fault_01_connection_reset_for_good_leaves_nothing_visible() throws IOException {
    open(o -> o);
    site.server.faults().always(OBSERVATIONS, Fault.reset(100));

    assertThat(site.runAll("r1")).isEqualTo(4);

    assertThat(error("extract"))
        .contains("Cannot download file", "Observation-1.ndjson", "after 6 tries");
    assertThat(site.landings()).isEmpty();
    assertThat(folder.resolve("lake/bronze")).doesNotExist();
    site.server.faults().clear();
    assertThat(extract()).isZero();
    assertThat(ReadBack.bronze(site)).hasSize(503);
    // Patients had come at the first try.
    assertThat(asked(RequestKind.FILE)).isEqualTo(8);
  }

  @Test
  void fault_02_early_clean_eof_without_length() throws IOException {
    // Gzip ends without its trailer, in the middle, and in its header; then a length that lies.
    landsDespite(Fault.endEarly(700), Fault.endEarly(60), Fault.endEarly(1), Fault.close(60));

    assertThat(asked(RequestKind.FILE)).isEqualTo(6);
  }

  @Test
  void fault_02_early_clean_eof_that_only_the_content_tells() throws IOException {
    String lines = BulkToBronzeTest.observations(3);
    String inALine = lines.substring(0, lines.length() - 5);
    String type = "application/fhir+ndjson";
    open(o -> o);
    site.server
        .faults()
        .once(OBSERVATIONS, Fault.answer(200, type, inALine))
        .once(OBSERVATIONS, Fault.answer(200, type, lines)); // fewer than announced

    assertThat(site.runAll("r1")).isZero();

    assertThat(ReadBack.bronze(site)).hasSize(503);
    assertThat(asked(RequestKind.FILE)).isEqualTo(4);
  }

  @Test
  void fault_03_stall() throws IOException {
    open(o -> o);
    site.settings.put("source.idle-timeout", "\"1 second\"");
    landsAllTheSame(Fault.stall(700));

    assertThat(asked(RequestKind.FILE)).isEqualTo(3);
  }

  @Test
  void fault_06_redirect_to_another_host() throws IOException {
    WireMockServer elsewhere = new WireMockServer(options().bindAddress("127.0.0.1").dynamicPort());
    elsewhere.start();
    try {
      elsewhere.stubFor(
          any(anyUrl())
              .willReturn(
                  aResponse()
                      .withHeader("Content-Type", "application/fhir+ndjson")
                      .withBody(BulkToBronzeTest.files().get("Patient.ndjson"))));
      open(o -> o);
      site.settings.put("source.allowed-origins", "[\"" + elsewhere.baseUrl() + "\"]");
      site.server.faults().once(PATIENTS, Fault.redirect(elsewhere.baseUrl() + "/elsewhere"));

      assertThat(site.runAll("r1")).isZero();

      assertThat(ReadBack.bronze(site)).hasSize(503);
      assertThat(elsewhere.getAllServeEvents())
          .singleElement()
          .satisfies(
              event ->
                  assertThat(event.getRequest().containsHeader("Authorization"))
                      .as("the token went along")
                      .isFalse());
    } finally {
      elsewhere.stop();
    }
  }

  @Test
  void fault_06_redirect_to_another_host_that_is_not_allowed() throws IOException {
    open(o -> o);
    site.server.faults().once(PATIENTS, Fault.redirect("http://127.0.0.1:9/stolen"));

    assertThat(site.runAll("r1")).isEqualTo(3);

    assertThat(error("extract"))
        .contains("it leads to http://127.0.0.1:9", "source.allowed-origins");
    assertThat(site.landings()).isEmpty();
  }

  @Test
  void fault_07_token_expires_during_a_download() throws IOException {
    landsDespite(Fault.expireToken());

    // One for each of the three jobs, and the new one.
    assertThat(site.server.requests().tokensIssued()).isEqualTo(4);
    // The expired token may be in use by both tasks.
    assertThat(asked(RequestKind.FILE)).isBetween(3L, 4L);
  }

  @Test
  void fault_12_and_13_429_with_seconds_and_with_dates() throws IOException {
    String soon =
        DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.US)
            .withZone(ZoneOffset.UTC)
            .format(Instant.now().minusSeconds(60));
    landsDespite(Fault.tooManyRequests("1"), Fault.tooManyRequests(soon), Fault.busy(503, "never"));

    assertThat(asked(RequestKind.FILE)).isEqualTo(5);
  }

  @Test
  void fault_14_and_15_transient_5xx_and_web_pages() throws IOException {
    landsDespite(
        Fault.transientError(500),
        Fault.badGateway(),
        Fault.answer(200, "text/html", "<html></html>"));

    assertThat(asked(RequestKind.FILE)).isEqualTo(5);
  }

  /** A 5xx may pass, whatever the server says about it; a 4xx in FHIR's words does not. */
  @ParameterizedTest
  @CsvSource({"400, 3, 2", "500, 4, 7"})
  void fault_15_fatal_operation_outcome(int status, int exit, int files) throws IOException {
    open(o -> o);
    site.server.faults().always(OBSERVATIONS, Fault.fatal(status, "59188", "Zo\u00eb"));

    assertThat(site.runAll("r1")).isEqualTo(exit);

    assertThat(error("extract"))
        .contains("the server answered " + status + " (processing 59188)")
        .doesNotContain("Zo\u00eb");
    assertThat(asked(RequestKind.FILE)).isEqualTo(files);
  }

  @Test
  void fault_18_file_link_expired() throws IOException {
    open(o -> o);
    site.server.faults().once(PATIENTS, Fault.gone(410));

    assertThat(site.runAll("r1")).isZero();

    assertThat(notes("extract")).contains("the manifest was requested again");
    assertThat(ReadBack.bronze(site)).hasSize(503);
    assertThat(asked(RequestKind.KICK_OFF)).isEqualTo(1);
  }

  @Test
  void fault_18_file_links_that_stay_expired_have_one_new_export_asked_for() throws IOException {
    open(o -> o);
    site.server.faults().times(2, PATIENTS, Fault.gone(404));

    assertThat(site.runAll("r1")).isEqualTo(4);

    assertThat(error("extract"))
        .contains("answered 404", "the export was requested again; the next try continues");
    assertThat(site.landings()).isEmpty();
    assertThat(extract()).isZero();
    assertThat(ReadBack.bronze(site)).hasSize(503);
    assertThat(asked(RequestKind.KICK_OFF)).isEqualTo(2);
  }

  /** The server has removed the export, and says so in words that a proxy could have, too. */
  @ParameterizedTest
  @CsvSource({
    "404, application/fhir+json",
    "404, text/plain",
    "410, text/plain",
    "404, application/json"
  })
  void fault_18_an_export_that_is_gone_has_a_new_one_asked_for(int status, String type)
      throws IOException {
    open(o -> o);
    assertThat(kickOff()).isZero();
    assertThat(status()).isZero();
    String text = type.endsWith("json") ? "{\"message\":\"not found\"}" : "not found";
    site.server
        .faults()
        .always(PATIENTS, Fault.answer(status, type, text))
        .always(OBSERVATIONS, Fault.answer(status, type, text))
        .always(Match.kind(RequestKind.STATUS), Fault.answer(404, "text/plain", "not found"));

    assertThat(extract()).isEqualTo(4);

    assertThat(error("extract"))
        .contains("answered 404", "the export was requested again; the next try continues");
    site.server.faults().clear();
    assertThat(extract()).isZero();
    assertThat(ReadBack.bronze(site)).hasSize(503);
    assertThat(asked(RequestKind.KICK_OFF)).isEqualTo(2);
  }

  /** A gateway's page for the files, and a 404 that may be the gateway's, too. */
  @Test
  void fault_18_an_export_behind_a_gateway_without_a_route_is_kept() throws IOException {
    open(o -> o);
    site.settings.put("bulk.poll-interval", "\"1 millisecond\"");
    assertThat(kickOff()).isZero();
    assertThat(status()).isZero();
    site.server
        .faults()
        .always(PATIENTS, Fault.answer(404, "text/html", "<html>no route</html>"))
        .always(OBSERVATIONS, Fault.answer(404, "text/html", "<html>no route</html>"))
        .always(Match.kind(RequestKind.STATUS), Fault.answer(404, "text/plain", "not found"));

    assertThat(extract()).isEqualTo(4);

    assertThat(error("extract"))
        .contains("the server has no list of its files now (a 404 that is not in FHIR's words)")
        .contains("rerun after");
    site.server.faults().clear();
    assertThat(extract()).isZero();
    assertThat(asked(RequestKind.KICK_OFF)).isOne();
  }

  /** Whatever it says: the file is asked for again, and has no receipt until it came. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"error\",\"code\":\"timeout\"}]}\n",
        "{\n  \"resourceType\": \"OperationOutcome\",\n  \"issue\": []\n}"
      })
  void anOutcomeInPlaceOfAFileIsNoFile(String outcome) throws IOException {
    open(o -> o);
    site.settings.put("bulk.max-rejected-share", "0.9");
    site.settings.put("source.max-tries", "3");
    site.server
        .faults()
        .times(4, OBSERVATIONS, Fault.answer(200, "application/fhir+json", outcome));

    assertThat(site.runAll("r1")).isEqualTo(4);
    assertThat(error("extract")).contains("an OperationOutcome", "in place of the file");
    assertThat(extract()).as("the next try").isZero();

    assertThat(ReadBack.bronze(site)).hasSize(503);
    assertThat(asked(RequestKind.KICK_OFF)).isEqualTo(1);
  }

  private static Fault forGood(String what) {
    String type = "application/fhir+ndjson";
    String lines = BulkToBronzeTest.observations(3);
    String outcome = "{\"resourceType\":\"OperationOutcome\",\"issue\":[]}";
    return switch (what) {
      case "an outcome" -> Fault.answer(200, "application/fhir+json", outcome);
      case "half a line" -> Fault.answer(200, type, lines.substring(0, lines.length() - 5));
      case "half a gzip" -> Fault.endEarly(700);
      case "500 in FHIR's words" -> Fault.fatal(500, "59188", "no");
      case "reset" -> Fault.reset(700);
      case "stall" -> Fault.stall(700);
      case "closed" -> Fault.close(700);
      case "503" -> Fault.busy(503, "1");
      default -> throw new IllegalArgumentException(what);
    };
  }

  private void observationsAre(String what) throws IOException {
    open(o -> o);
    site.settings.put("source.max-tries", "2");
    site.settings.put("source.idle-timeout", "\"1 second\"");
    site.server.faults().always(OBSERVATIONS, forGood(what));
    assertThat(site.runAll("r1")).isEqualTo(4);
  }

  /** The server has lost a part of what it keeps: no later run can get it either. */
  @ParameterizedTest
  @ValueSource(strings = {"an outcome", "half a line", "half a gzip", "500 in FHIR's words"})
  void aFileThatIsBrokenForGoodIsNotAdoptedByTheNextRun(String what) throws IOException {
    observationsAre(what);
    assertThat(error("extract"))
        .contains("Observation-1.ndjson", "the next run requests a new export");
    assertThat(extract()).as("the run's own next try asks for the same file").isEqualTo(4);
    assertThat(asked(RequestKind.KICK_OFF)).isOne();
    site.server.faults().clear();

    assertThat(site.runAll("r2")).isZero();

    assertThat(asked(RequestKind.KICK_OFF)).isEqualTo(2);
    assertThat(site.report("r2", "kick_off").path("notes").toString()).contains("was refused at");
    assertThat(ReadBack.bronze(site)).hasSize(503);
  }

  @ParameterizedTest
  @ValueSource(strings = {"an outcome", "half a line", "half a gzip", "500 in FHIR's words"})
  void aFileThatIsMendedInTimeLandsWithTheRunsNextTry(String what) throws IOException {
    observationsAre(what);
    site.server.faults().clear();

    assertThat(extract()).isZero();

    assertThat(asked(RequestKind.KICK_OFF)).isOne();
    assertThat(site.runAll("r2")).as("the landing is no refused export").isZero();
    assertThat(ReadBack.bronze(site)).hasSizeGreaterThanOrEqualTo(503);
  }

  /** It is the way that fails, not the file: an export of days is not thrown away for that. */
  @ParameterizedTest
  @ValueSource(strings = {"reset", "stall", "closed", "503"})
  void aFileWhoseConnectionBreaksIsAdoptedByTheNextRun(String what) throws IOException {
    observationsAre(what);
    assertThat(error("extract")).doesNotContain("requests a new export");
    site.server.faults().clear();

    assertThat(site.runAll("r2")).isZero();

    assertThat(asked(RequestKind.KICK_OFF)).isOne();
    assertThat(ReadBack.bronze(site)).hasSize(503);
  }

  @Test
  void fault_18_file_links_that_always_expire_end_the_run() throws IOException {
    open(o -> o);
    site.server.faults().always(PATIENTS, Fault.gone(404));

    assertThat(site.runAll("r1")).isEqualTo(4);
    assertThat(extract()).isEqualTo(3);

    assertThat(error("extract")).contains("its links expire before its files");
    assertThat(asked(RequestKind.KICK_OFF)).isEqualTo(2);
    assertThat(site.runAll("r2")).as("adopts it not: a new export, and its renewal").isEqualTo(4);
    assertThat(asked(RequestKind.KICK_OFF)).isEqualTo(4);
  }
}
