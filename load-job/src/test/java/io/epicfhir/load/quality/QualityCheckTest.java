package io.epicfhir.load.quality;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QualityCheckTest {
  private static final String HEAD =
      """
      -- title: Patients without an MRN
      -- category: completeness
      -- tables: patient, patient_link
      -- severity: amber
      -- max-share: 0.01 of patient
      -- keys: id
      """;

  private static QualityCheck parsed(String file) throws QualityCheck.Unusable {
    return QualityCheck.parse("no_mrn", file);
  }

  @Test
  void theHeadSaysWhatACheckIs() throws Exception {
    QualityCheck check = parsed(HEAD + "-- A remark.\nSELECT id FROM patient -- of all\n");
    assertThat(check)
        .isEqualTo(
            new QualityCheck(
                "no_mrn",
                "Patients without an MRN",
                QualityCheck.Category.COMPLETENESS,
                List.of("patient", "patient_link"),
                QualityCheck.Severity.AMBER,
                0,
                new BigDecimal("0.01"),
                "patient",
                List.of("id"),
                "SELECT id FROM patient -- of all"));
  }

  @Test
  void theLargerOfRowsAndShareIsAllowed() throws Exception {
    QualityCheck check = parsed(HEAD + "-- max-rows: 5\nSELECT 1");
    assertThat(check.allowed(100)).isEqualTo(5);
    assertThat(check.allowed(1000)).isEqualTo(10);
    assertThat(check.allowed(1099)).isEqualTo(10);
    QualityCheck other = check.with(List.of("red", "max-rows=0", "max-share=0.5"));
    assertThat(other.severity()).isEqualTo(QualityCheck.Severity.RED);
    assertThat(other.allowed(7)).isEqualTo(3);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "DELETE FROM patient | write exactly one SELECT, without a semicolon",
        "SELECT 1; DROP TABLE patient | write exactly one SELECT, without a semicolon",
        "SELECT 1) AS x; COMMIT; SELECT (1 | write exactly one SELECT, without a semicolon",
        "'' | write exactly one SELECT, without a semicolon",
        "-- titel: x<>SELECT 1 | line 7: unknown or repeated: titel",
        "-- title: x<>SELECT 1 | line 7: unknown or repeated: title",
        "-- max-rows: many<>SELECT 1 | max-rows is a number",
      })
  void whatIsNoCheckSaysWhy(String rest, String problem) {
    assertThatThrownBy(() -> parsed(HEAD + rest.replace("<>", "\n")))
        .isInstanceOf(QualityCheck.Unusable.class)
        .hasMessage(problem);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "title: Patients without an MRN | | a line is missing: -- title: …",
        "category: completeness | category: beauty | category is one of [conformance, completeness, plausibility]",
        "severity: amber | severity: pink | severity is one of [amber, red]",
        "0.01 of patient | 1 % of patient | max-share needs a number from 0 to 1 and a table, such as 0.01 of patient",
        "0.01 of patient | 0.01 of claim | the table of max-share must be listed in tables",
        "keys: id | keys: a b | keys has names with commas between them",
      })
  void aHeadThatIsWrongSaysWhy(String part, String instead, String problem) {
    String head = HEAD.replace(part, instead == null ? "" : instead);
    assertThatThrownBy(() -> parsed(head + "SELECT 1"))
        .isInstanceOf(QualityCheck.Unusable.class)
        .hasMessage(problem);
  }

  @Test
  void aSemicolonInALiteralOrACommentIsNone() throws Exception {
    String sql = "WITH a AS (SELECT 'x;y' AS z) SELECT z /* ; */ FROM a -- ;";
    assertThat(parsed(HEAD + sql).sql()).isEqualTo(sql);
  }
}
