package io.epicfhir.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.report.RunReport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What this module writes for others is what {@code common/contracts} says. */
class ContractsTest {
  @ParameterizedTest
  @ValueSource(strings = {"kick_off", "wait", "extract", "transform", "load", "validate", "report"})
  void aRunReportIsAsAgreed(String task) {
    RunReport report = Contracts.assertRead("run-report." + task, RunReport.class);

    assertThat(report.run().taskId()).isEqualTo(task);
  }

  @Test
  void aBronzeCommitIsAsAgreed() {
    assertThat(Contracts.assertRead("bronze-commit", Landing.class).files()).isNotEmpty();
  }

  @Test
  void theMetadataOfAColumnHasTheAgreedKeys() {
    assertThat(Contracts.keys("column-metadata"))
        .containsExactlyInAnyOrder(
            ColumnMetadata.DESCRIPTION,
            ColumnMetadata.FHIR_PATH,
            ColumnMetadata.FHIR_TYPE,
            ColumnMetadata.COLLECTION,
            ColumnMetadata.ANSI_TYPE,
            ColumnMetadata.INDEX);
  }

  @Test
  void aStateFileOfBeforeVersionsIsReadAndWrittenWithOne() {
    String old = Contracts.text("golden/without-version/bronze-commit.json");
    assertThat(old).doesNotContain("schema_version");

    Landing landing = Json.read(old, Landing.class, "x");

    assertThat(landing).isEqualTo(Contracts.assertRead("bronze-commit", Landing.class));
    assertThat(Json.write(landing)).startsWith("{\n  \"schema_version\" : 1,\n");
  }

  @Test
  void aStateFileOfANewerVersionIsRefusedWithASentence() {
    String newer = "{\"schema_version\": 2, \"shape\": \"another\"}";

    assertThatThrownBy(() -> Json.read(newer, Landing.class, "state/landings/e.json"))
        .isInstanceOfSatisfying(
            JobException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.SETTINGS))
        .hasMessage(
            "Cannot read the pipeline's own state: a newer version of the pipeline wrote"
                + " state/landings/e.json (state version 2, and this one knows up to 1); run the"
                + " newer version");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "\"1\"", "null", "1.5", "{}"})
  void aVersionThatNoPipelineWroteIsNoStateFile(String version) {
    String text = "{\"schema_version\": " + version + ", \"export_id\": \"e\"}";

    assertThatThrownBy(() -> Json.read(text, Landing.class, "e.json"))
        .isInstanceOfSatisfying(
            JobException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.STORAGE))
        .hasMessageContaining("e.json does not have the expected content");
  }
}
