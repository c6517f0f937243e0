package io.epicfhir.common;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DurationTextTest {

  @ParameterizedTest
  @CsvSource({
    "P30D, 30 days",
    "PT24H, 24 hours",
    "PT48H, 2 days",
    "PT36H, 36 hours",
    "PT1H, 60 minutes",
    "PT5M, 5 minutes",
    "PT1M, 60 seconds",
    "PT90S, 90 seconds",
    "PT1S, 1 second",
    "PT0S, 0 seconds",
    "PT1.5S, 1500 ms",
    "PT-5M, -5 minutes"
  })
  void saysADurationAsTheSettingsWriteIt(Duration duration, String text) {
    assertThat(DurationText.of(duration)).isEqualTo(text);
  }
}
