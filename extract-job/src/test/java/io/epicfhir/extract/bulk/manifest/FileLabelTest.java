package io.epicfhir.extract.bulk.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FileLabelTest {
  @ParameterizedTest
  @CsvSource({
    "files/e1/Observation-1.ndjson, Observation-1.ndjson",
    "a/Patient.000.ndjson.gz, Patient.000.ndjson.gz",
    "Patient, Patient",
    "export/Patient_1_12.json, Patient_1_12.json"
  })
  void aResourceTypeAndANumberAreTold(String path, String told) {
    assertThat(FileLabel.of("Patient", path)).isEqualTo(told);
  }

  @ParameterizedTest
  @CsvSource({
    "files/Jane-Doe.ndjson, Patient",
    "files/Patient-0012345678.ndjson, Patient",
    "E0012345678/x, Patient",
    "Jane Doe, Doe"
  })
  void anythingElseIsATypeAndADigest(String path, String type) {
    assertThat(FileLabel.of(type, path)).matches("(Patient|file) [0-9a-f]{24}");
  }
}
