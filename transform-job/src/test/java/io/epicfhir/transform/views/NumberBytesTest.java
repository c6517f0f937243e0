package io.epicfhir.transform.views;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NumberBytesTest {
  @ParameterizedTest
  @ValueSource(
      strings = {"0", "-0", "7", "-7", "1234567890", "9223372036854775807", "-9223372036854775808"})
  void wholeNumbersOf64BitsAreThemselves(String digits) {
    assertThat(whole(digits)).isEqualTo(Long.parseLong(digits));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "9223372036854775808",
        "-9223372036854775809",
        "99999999999999999999999",
        "1.0",
        "1e3",
        "-1.5"
      })
  void anyOtherNumberIsNone(String digits) {
    assertThat(whole(digits)).isNull();
  }

  @Test
  void onlyItsOwnBytesAreRead() {
    byte[] in = "[12345]".getBytes(StandardCharsets.US_ASCII);

    assertThat(NumberBytes.whole(in, 2, 4)).isEqualTo(23);
  }

  private static Long whole(String digits) {
    byte[] in = digits.getBytes(StandardCharsets.US_ASCII);
    return NumberBytes.whole(in, 0, in.length);
  }
}
