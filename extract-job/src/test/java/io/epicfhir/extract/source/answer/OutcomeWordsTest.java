package io.epicfhir.extract.source.answer;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a server may put where the standard wants a code, and what of it is told. */
class OutcomeWordsTest {
  @ParameterizedTest
  @ValueSource(
      strings = {"4101", "59204", "9", "processing", "too-costly", "MSG_NO_MATCH", "HAPI-0389"})
  void codesOfListsAndShortNumbersAreTold(String code) {
    assertThat(OutcomeWords.code(code)).contains(code);
  }

  @ParameterizedTest
  @ValueSource(strings = {"123456", "E0012345678", "Smith", "jane-doe", "1970-01-02"})
  void whatCouldBeANameOrANumberOfAPatientIsNot(String code) {
    assertThat(OutcomeWords.code(code)).contains("unlisted-code");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Jane Doe", "Smith, J", "<b>"})
  void whatIsNoCodeIsNone(String code) {
    assertThat(OutcomeWords.code(code)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "'Exporting, 40% done', 'Exporting, 40% done'",
    "'1 of 2', '1 of 2'",
    "'Patient 12/40 files', 'Patient 12/40 files'",
    "'Exported 120000 of 500000 resources', 'Exported 120000 of 500000 resources'",
    "'Exporting Patient 10002345 (Smith), MRN 203345678', 'Exporting Patient - - - - -'",
    "'203345678 of 2', '- of 2'",
    "'12345 files, 203345678/1, 12345%', '- files, - -'",
    "'99.125% of 1234 items', '99.125% of 1234 items'",
    "'Exporting Jane Doe <b>x</b>', 'Exporting - - - - -'",
    "'MRN E0012345678 \u001b[31m', '- - -'"
  })
  void ofProgressTheWordsThatServersUseAreTold(String sent, String told) {
    assertThat(OutcomeWords.progress(sent)).isEqualTo(told);
  }

  @Test
  void aFloodOfWordsIsCut() {
    assertThat(OutcomeWords.progress("done ".repeat(100_000))).hasSizeLessThan(500);
  }
}
