package io.epicfhir.load.sql;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IdentifiersTest {
  /** PostgreSQL reads a name without quotes as if it were written in lower case. */
  @ParameterizedTest
  @CsvSource({
    "fhir_quality, patient_without_mrn, fhir_quality.patient_without_mrn",
    "FHIR, patient, '\"FHIR\".patient'",
    "fhir, Patient_x, 'fhir.\"Patient_x\"'",
    "FHIR, Patient_x, '\"FHIR\".\"Patient_x\"'"
  })
  void aNameForPeopleIsQuotedWhereItWouldBeAnotherOneWithoutQuotes(
      String schema, String table, String shown) {
    assertThat(Identifiers.shown(schema, table)).isEqualTo(shown);
  }
}
