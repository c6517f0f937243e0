package io.epicfhir.extract.source;

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
      })
  void what_a_grant_does_not_cover_is_missing(String asked, String granted, String missing) {
    assertThat(Scopes.missing(List.of(asked), granted))
        .isEqualTo(missing.isEmpty() ? List.of() : List.of(missing));
  }
}
