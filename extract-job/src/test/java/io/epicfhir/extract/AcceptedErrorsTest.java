package io.epicfhir.extract;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static io.epicfhir.extract.ForeignServer.STATUS_PATH;
import static io.epicfhir.extract.ForeignServer.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Errors that the server lists in an export, accepted one by one. */
class AcceptedErrorsTest {
  @TempDir Path folder;
  private final ForeignServer server = new ForeignServer();
  private Runs runs;

  @BeforeEach
  void open() throws IOException {
    Site.KEYS.writeTo(Files.createDirectories(folder.resolve("keys")));
    runs = new Runs(folder, server.url("/fhir"), Site.KEYS.rs384().getKeyID());
    runs.settings.put("bulk.types", "[Patient, Condition]");
    file("/files/p", "{\"resourceType\":\"Patient\",\"id\":\"a\"}\n");
    file("/files/c", "{\"resourceType\":\"Condition\",\"id\":\"b\"}\n");
  }

  @AfterEach
  void close() {
    server.close();
  }

  private void file(String path, String body) {
    server.wire.stubFor(
        get(urlPathEqualTo(path))
            .willReturn(
                aResponse().withHeader("Content-Type", "application/fhir+ndjson").withBody(body)));
  }

  private void manifest(String errorList) {
    manifest(errorList, "2026-03-01T10:00:00Z");
  }

  private void manifest(String errorList, String time) {
    server.wire.stubFor(
        get(urlPathEqualTo(STATUS_PATH))
            .willReturn(
                json(
                    """
                    {"transactionTime":"%s","requiresAccessToken":true,"output":[
                     {"type":"Patient","url":"%s"},{"type":"Condition","url":"%s"}],
                     "%s":[{"type":"OperationOutcome","url":"%s"}]}"""
                        .formatted(
                            time,
                            server.url("/files/p"),
                            server.url("/files/c"),
                            errorList,
                            server.url("/files/e")))));
  }

  private static String outcome(String severity, String code, String details, String expression) {
    return """
        {"resourceType":"OperationOutcome","issue":[{"severity":"%s","code":"%s",\
        "details":{"coding":[{"code":"%s"}],"text":"Zo\u00eb"},"expression":["%s"]}]}
        """
        .formatted(severity, code, details, expression);
  }

  private JsonNode result() throws IOException {
    return runs.report("r1", "extract").path("result");
  }

  @ParameterizedTest
  @ValueSource(strings = {"error", "outcome"})
  void anErrorThatNobodyExpectsIsRedAndCountedByTypeAndCode(String list) throws IOException {
    file("/files/e", outcome("error", "processing", "59204", "Condition"));
    manifest(list);
    runs.settings.put(
        "bulk.accepted-errors",
        "[\"Patient:59204\", \"Condition:4130\","
            + " \"warning:59204\", \"warning:Condition:processing\"]");

    assertThat(runs.runAll("r1")).isEqualTo(5);

    assertThat(runs.error("r1", "extract"))
        .contains("the server reports 1 errors", "{Condition:59204 = 1}", "bulk.accepted-errors")
        .doesNotContain("Zo\u00eb");
    assertThat(result().at("/server_errors/Condition:59204").asLong()).isEqualTo(1);
    assertThat(runs.landings()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"Condition:59204", "59204", "processing", "Condition:processing"})
  void anExpectedOneLandsAndItsTypeIsNotComplete(String accepted) throws IOException {
    file("/files/e", outcome("error", "processing", "59204", "Condition.code"));
    manifest("error");
    runs.settings.put("bulk.accepted-errors", "[\"" + accepted + "\"]");

    assertThat(runs.runAll("r1")).isZero();

    assertThat(runs.landings().get(0).completeTypes()).containsExactly("Patient");
    assertThat(result().at("/server_errors/Condition:59204").asLong()).isEqualTo(1);
  }

  @Test
  void anExpectedOneThatNamesNoTypeLeavesNoTypeComplete() throws IOException {
    file("/files/e", outcome("error", "processing", "59204", "Bundle.entry[0]"));
    manifest("error");
    runs.settings.put("bulk.accepted-errors", "[\"59204\"]");

    assertThat(runs.runAll("r1")).isZero();

    assertThat(runs.landings().get(0).completeTypes()).isEmpty();
  }

  @Test
  void oneExpectedErrorDoesNotExcuseAnother() throws IOException {
    file(
        "/files/e",
        outcome("error", "processing", "59204", "Condition")
            + outcome("fatal", "exception", "9", "Condition"));
    manifest("outcome");
    runs.settings.put("bulk.accepted-errors", "[\"Condition:59204\"]");

    assertThat(runs.runAll("r1")).isEqualTo(5);

    assertThat(runs.error("r1", "extract")).contains("{Condition:9 = 1}");
    runs.settings.put("bulk.accepted-errors", "[\"Condition:59204\", \"Condition:9\"]");
    assertThat(runs.run(new Extract(), "r1", "extract")).as("judged anew").isZero();
  }

  @Test
  void aWarningThatDataAreMissingIsRedToo() throws IOException {
    file("/files/e", outcome("warning", "incomplete", "", "Condition"));
    manifest("outcome");

    assertThat(runs.runAll("r1")).isEqualTo(5);

    assertThat(runs.error("r1", "extract")).contains("{Condition:incomplete = 1}");
  }

  @Test
  void aHarmlessOneHindersNothingAndAnyOtherCountsAgainstItsType() throws IOException {
    file(
        "/files/e",
        outcome("success", "informational", "", "Condition")
            + outcome("warning", "not-found", "4101", "Condition")
            + outcome("information", "informational", "77", "Patient"));
    manifest("outcome");

    assertThat(runs.runAll("r1")).isZero();

    assertThat(runs.landings().get(0).completeTypes()).containsExactly("Condition");
  }

  /** Else what the server kept back would never be asked for again. */
  @Test
  void aWarningThatLeavesDataOpenIsToldAndTheNextExportAsksForTheSameTime() throws IOException {
    file("/files/e", outcome("warning", "processing", "", "Patient/123"));
    manifest("outcome", "2026-03-01T10:00:00Z");
    runs.settings.put("bulk.accepted-errors", "[\"warning:Condition+Patient:processing\"]");
    assertThat(runs.runAll("r1")).isZero();
    assertThat(runs.landings().get(0).completeTypes()).as("of one patient any type").isEmpty();
    runs.settings.put("bulk.accepted-errors", "[]");
    manifest("outcome", "2026-03-01T11:00:00Z");

    assertThat(runs.runAll("r2")).isZero();
    assertThat(runs.runAll("r3")).isZero();

    assertThat(runs.report("r1", "extract").at("/result/warnings").toString())
        .doesNotContain("processing");
    assertThat(runs.report("r2", "extract").at("/result/warnings").toString())
        .contains("{warning:Patient:processing=1}", "bulk.accepted-errors")
        .doesNotContain("123");
    assertThat(server.asked(ForeignServer.KICK_OFF_PATH))
        .extracting(asked -> asked.queryParameter("_since").isPresent())
        .containsExactly(false, true, true);
    assertThat(server.asked(ForeignServer.KICK_OFF_PATH).subList(1, 3))
        .extracting(asked -> asked.queryParameter("_since").firstValue())
        .containsOnly("2026-03-01T10:00:00Z");
  }

  @Test
  void aLineThatIsNoOutcomeCannotBeExpected() throws IOException {
    file("/files/e", "{\"resourceType\":\"Basic\",\"id\":\"x\"}\n");
    manifest("outcome");
    runs.settings.put("bulk.accepted-errors", "[\"unreadable\"]");

    assertThat(runs.runAll("r1")).isEqualTo(5);
  }

  /**
   * A share of lines may go to quarantine; what the server says of missing data is no such line.
   */
  @Test
  void anErrorFileOfAnotherContentTypeIsReadAsErrors() throws IOException {
    server.wire.stubFor(
        get(urlPathEqualTo("/files/e"))
            .willReturn(
                aResponse()
                    .withHeader("Content-Type", "text/csv")
                    .withBody(outcome("fatal", "exception", "9", "Condition"))));
    manifest("error");
    runs.settings.put("bulk.max-rejected-share", "0.5");

    assertThat(runs.runAll("r1")).isEqualTo(5);

    assertThat(runs.error("r1", "extract")).contains("{Condition:9 = 1}");
  }

  @Test
  void errorsAmongTheOutputAreErrors() throws IOException {
    file("/files/e", outcome("error", "exception", "1", "Condition"));
    server.wire.stubFor(
        get(urlPathEqualTo(STATUS_PATH))
            .willReturn(
                json(
                    """
                    {"transactionTime":"2026-03-01T10:00:00Z","requiresAccessToken":true,"output":[
                     {"type":"OperationOutcome","url":"%s"}]}"""
                        .formatted(server.url("/files/e")))));

    assertThat(runs.runAll("r1")).isEqualTo(5);

    assertThat(runs.error("r1", "extract")).contains("{Condition:1 = 1}");
  }
}
