package io.epicfhir.extract.source.request;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What messages tell of an address. */
class ShownLinkTest {
  private static final URI BASE = URI.create("https://h/prd-9/api/FHIR/R4");

  @ParameterizedTest
  @CsvSource({
    "https://h/api/R4/Patient/eAB3?x=1, https://h/api/R4/Patient/…",
    "https://h/api/R4/Patient?name=Smith, https://h/api/R4/Patient",
    "https://h/api/R4/Group/g1/$export?_type=Patient, https://h/api/R4/Group/…/$export",
    "https://h/api/R4/Patient/_search, https://h/api/R4/Patient/_search",
    "https://h/api/R4/Patient/files, https://h/api/R4/Patient/…",
    "https://h/files/eyJhbGciOiJSUzM4NCIsInR5cCI6, https://h/files/…",
    "https://h/files/MRN-12345678/Smith_John.ndjson, https://h/files/…/…",
    "https://h/files/Smith/Patient/1, https://h/files/…/Patient/…",
    "https://u:p@h/metadata, https://h/metadata",
    "https://h/oauth2/token, https://h/oauth2/token",
  })
  void neitherQueryNorIdNorAWordThatCouldBeAName(String url, String shown) {
    assertThat(ShownLink.of(URI.create(url), null)).isEqualTo(shown);
  }

  @ParameterizedTest
  @CsvSource({
    "https://h/prd-9/api/FHIR/R4/Patient/1, https://h/prd-9/api/FHIR/R4/Patient/…",
    "https://h/prd-9/oauth2/token, https://h/prd-9/oauth2/token",
    "https://h/prd-8/api/FHIR/R4/Smith, https://h/…/api/FHIR/R4/…",
  })
  void theStepsOfTheBaseAreTheSettings(String url, String shown) {
    assertThat(ShownLink.of(URI.create(url), BASE)).isEqualTo(shown);
  }

  @Test
  void aRequestTellsTheMethodToo() {
    Ask ask = Ask.get("read", URI.create("https://h/prd-9/api/FHIR/R4/Goal/1"), "").under(BASE);

    assertThat(ask.at()).isEqualTo(" [GET https://h/prd-9/api/FHIR/R4/Goal/…]");
  }
}
