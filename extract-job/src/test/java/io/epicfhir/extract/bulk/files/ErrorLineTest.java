package io.epicfhir.extract.bulk.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a line of an error file says about the data that did not come. */
class ErrorLineTest {
  private static ServerProblem problem(String issue, String fileType) {
    byte[] line =
        ("{\"resourceType\":\"OperationOutcome\",\"issue\":" + issue + "}")
            .getBytes(StandardCharsets.UTF_8);
    return ErrorLine.of(line, 0, line.length, fileType).problem();
  }

  private static ServerProblem problem(String severity, String code, String own) {
    return problem(
        "[{\"severity\":\"%s\",\"code\":\"%s\",\"details\":{\"coding\":[%s]}}]"
            .formatted(severity, code, own.isEmpty() ? "" : "{\"code\":\"" + own + "\"}"),
        "OperationOutcome");
  }

  private static ServerProblem about(String expression) {
    return problem(
        "[{\"severity\":\"warning\",\"code\":\"processing\",\"expression\":" + expression + "}]",
        "OperationOutcome");
  }

  /** A record that could not be exported is missing, however mildly the server puts it. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "timeout",
        "throttled",
        "transient",
        "lock-error",
        "no-store",
        "too-long",
        "incomplete",
        "suppressed",
        "exception",
      })
  void aMildIssueWhoseCodeSaysThatDataAreMissingIsSevere(String code) {
    assertThat(problem("warning", code, "").severe()).isTrue();
    assertThat(problem("information", code, "59100").severe())
        .as("beside a harmless code")
        .isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"processing", "not-supported", "not-found", "business-rule", "invalid"})
  void aMildIssueThatLeavesItOpenIsADoubtUntilItIsAccepted(String code) {
    ServerProblem problem = problem("warning", code, "");

    assertThat(problem.severe()).isFalse();
    assertThat(problem.harmless()).isFalse();
    assertThat(problem.doubts(List.of("9"))).isEqualTo("warning:" + code);
    assertThat(problem.doubts(List.of(code))).isEmpty();
    assertThat(problem.doubts(List.of("warning:" + code))).isEmpty();
    assertThat(problem("error", code, "").isAccepted(List.of("warning:" + code)))
        .as("what says that data are missing")
        .isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "warning, processing, 4101",
    "warning, not-found, 4101",
    "information, not-supported, 59100",
    "warning, processing, 4122",
    "information, informational, ''",
    "success, success, ''",
    "success, informational, 77",
  })
  void whatSaysThatNothingIsMissingHindersNothing(String severity, String code, String own) {
    ServerProblem problem = problem(severity, code, own);

    assertThat(problem.harmless()).isTrue();
    assertThat(problem.doubts(List.of())).isEmpty();
  }

  @Test
  void oneHarmlessCodeDoesNotExcuseAnother() {
    String issue =
        "[{\"severity\":\"warning\",\"code\":\"processing\",\"details\":{\"coding\":["
            + "{\"code\":\"4101\"},{\"code\":\"%s\"}]}}]";

    assertThat(problem(issue.formatted("777"), "OperationOutcome").harmless()).isFalse();
    assertThat(problem(issue.formatted("Jane Doe"), "OperationOutcome").harmless()).isFalse();
    assertThat(problem(issue.formatted("59100"), "OperationOutcome").harmless()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"[\"Condition\"]", "\"Condition.code\"", "[\"/f:Condition/f:code\"]"})
  void anIssueAboutATypeConcernsThatType(String expression) {
    assertThat(about(expression).concerns("Condition")).isTrue();
    assertThat(about(expression).concerns("Observation")).isFalse();
  }

  /** What hangs on a patient may be missing, of any type. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "[\"Patient/123\"]",
        "[\"Condition\",\"Patient/123\"]",
        "[\"Group/g1\"]",
        "[\"Group\"]",
        "[\"Encounter/1\"]",
        "[\"https://h/fhir/Patient/123\"]",
        "[\"_typeFilter\"]",
      })
  void anIssueAboutAPatientOrAboutWhatIsNotUnderstoodConcernsAllTypes(String expression) {
    assertThat(about(expression).concerns("Observation")).isTrue();
  }

  @Test
  void anIssueAboutARecordConcernsItsType() {
    assertThat(about("[\"Observation/1\"]").concerns("Observation")).isTrue();
    assertThat(about("[\"Observation/1\"]").concerns("Condition")).isFalse();
  }

  /** It is still accepted by the type that it names. */
  @Test
  void anIssueAboutAPatientKeepsItsName() {
    assertThat(about("[\"Patient/123\"]").doubts(List.of()))
        .isEqualTo("warning:Patient:processing");
    assertThat(about("[\"Patient/123\"]").doubts(List.of("Patient:processing"))).isEmpty();
    assertThat(about("[\"Patient/123\"]").doubts(List.of("warning:Patient:processing"))).isEmpty();
  }

  @Test
  void oneIssueInPlaceOfTheListIsRead() {
    ServerProblem problem =
        problem("{\"severity\":\"error\",\"code\":\"exception\"}", "OperationOutcome");

    assertThat(problem.key()).isEqualTo("exception");
  }
}
