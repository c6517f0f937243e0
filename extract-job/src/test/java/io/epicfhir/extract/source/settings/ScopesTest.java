package io.epicfhir.extract.source.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScopesTest {
  @ParameterizedTest
  @CsvSource(
      value = {
        "system/*.read, system/*.read, ''",
        "system/*.read, system/*.rs, ''",
        "system/Patient.rs, system/*.cruds, ''",
        "system/Patient.read, system/*.*, ''",
        "system/*.read, system/Patient.read, system/*.read",
        "system/Patient.rs, system/Patient.r, system/Patient.rs",
        "system/Patient.rs, system/Patient.rs?active=true, system/Patient.rs",
        "system/Patient.rs, openid system/Observation.rs, system/Patient.rs",
        "system/Patient.rs, '', system/Patient.rs",
        // Epic's documented answer, in its older form.
        "system/Patient.read, Patient.read Patient.search, ''",
        "system/Patient.rs, Patient.Read Patient.Search, ''",
        "system/Patient.rs, Patient.search, system/Patient.rs",
        "system/*.read, *.read, ''",
        "system/Patient.read, system/Patient.r system/Patient.s, ''",
        "system/Patient.read, system/Patient.s system/*.r, ''",
        "system/Patient.cruds, system/Patient.read system/Patient.write, ''",
        "system/Patient.read, patient/Patient.read user/Patient.read, system/Patient.read",
        "system/Patient.read, Patient.read Observation.read, ''",
        "system/Observation.read, Patient.read, system/Observation.read",
      })
  void what_a_grant_does_not_cover_is_missing(String asked, String granted, String missing) {
    assertThat(Scopes.missing(List.of(asked), granted))
        .isEqualTo(missing.isEmpty() ? List.of() : List.of(missing));
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "'', false",
        "openid fhirUser launch launch/patient offline_access, false",
        "epic.scanning.dmsusername, false",
        "system/*.read, true",
        "Patient.search, true",
        "patient/Observation.rs, true",
      })
  void a_grant_that_names_no_smart_scope_cannot_be_checked(String granted, boolean named) {
    assertThat(Scopes.named(granted)).isEqualTo(named);
  }
}
