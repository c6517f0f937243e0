package io.epicfhir.extract.source.answer;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.Year;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The examples of RFC 9110, 5.6.7, its rule for years of two digits, and what servers send. */
class HttpDateTest {
  private static final Year NOW = Year.of(2026);

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "Sun, 06 Nov 1994 08:49:37 GMT; 1994-11-06T08:49:37Z",
        "Sunday, 06-Nov-94 08:49:37 GMT; 1994-11-06T08:49:37Z",
        "Sun Nov  6 08:49:37 1994; 1994-11-06T08:49:37Z",
        "Monday, 02-Mar-26 10:01:30 GMT; 2026-03-02T10:01:30Z",
        "Mon, 02 Mar 26 10:01:30 GMT; 2026-03-02T10:01:30Z",
        "Monday, 02-Mar-76 10:01:30 GMT; 2076-03-02T10:01:30Z",
        "Monday, 02-Mar-77 10:01:30 GMT; 1977-03-02T10:01:30Z",
        "Mon, 2 Mar 2026 10:01:30 GMT; 2026-03-02T10:01:30Z",
        "Mon, 02 Mar 2026 10:01 GMT; 2026-03-02T10:01:00Z",
        "Mon, 02 Mar 2026 10:01:30 +0100; 2026-03-02T09:01:30Z",
        "02 Mar 2026 10:01:30 UTC; 2026-03-02T10:01:30Z",
        "Mon, 02 March 2026 10:01:30 GMT; 2026-03-02T10:01:30Z",
        "mon, 02 mar 2026 10:01:30 GMT; 2026-03-02T10:01:30Z",
        "Sat, 31 Dec 2016 23:59:60 GMT; 2017-01-01T00:00:00Z"
      })
  void aDateIsTheInstantThatItNames(String text, Instant instant) {
    assertThat(HttpDate.parse(text, NOW)).contains(instant);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "soon",
        "120",
        "2026-03-02T10:01:30Z",
        "Mon, 31 Apr 2026 10:01:30 GMT",
        "Mon, 02 Xyz 2026 10:01:30 GMT",
        "Mon, 02 Mar 2026 25:01:30 GMT",
        "Mon, 02 Mar 2026 10:01:30 EST",
        "Mon, 02 Mar 226 10:01:30 GMT",
        "Mon, 02 Mar 2026 10:01:30"
      })
  void whatNamesNoInstantForSureIsNotRead(String text) {
    assertThat(HttpDate.parse(text, NOW)).isEmpty();
  }
}
