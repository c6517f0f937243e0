package io.epicfhir.extract.source.answer;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RetryAfterTest {
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-03-02T10:00:00Z"), ZoneOffset.UTC);

  private static Optional<Duration> of(String header, String date) {
    return RetryAfter.of(Optional.ofNullable(header), Optional.ofNullable(date), CLOCK);
  }

  @Test
  void reads_seconds_and_dates() {
    assertThat(of("120", null)).contains(Duration.ofMinutes(2));
    assertThat(of("Mon, 02 Mar 2026 10:01:30 GMT", null)).contains(Duration.ofSeconds(90));
  }

  @Test
  void a_number_that_is_a_date_counts_from_the_servers_own_time() {
    long at = Instant.parse("2026-03-02T10:05:00Z").getEpochSecond();

    assertThat(of(String.valueOf(at), null)).contains(Duration.ofMinutes(5));
    assertThat(of(at + "250", null)).contains(Duration.ofMillis(300_250));
    assertThat(of(String.valueOf(at), "Mon, 02 Mar 2026 10:04:00 GMT"))
        .contains(Duration.ofMinutes(1));
    assertThat(of(String.valueOf(at - 3600), null)).contains(Duration.ZERO);
    assertThat(of("86400", null)).as("a day is a wait").contains(RetryAfter.LONGEST);
  }

  @Test
  void a_date_counts_from_the_servers_own_time() {
    assertThat(of("Mon, 02 Mar 2026 10:01:30 GMT", "Mon, 02 Mar 2026 10:01:00 GMT"))
        .contains(Duration.ofSeconds(30));
  }

  @Test
  void the_past_is_now_the_far_future_is_clamped_and_garbage_is_nothing() {
    assertThat(of("Mon, 02 Mar 2026 09:00:00 GMT", null)).contains(Duration.ZERO);
    assertThat(of("Mon, 02 Mar 2037 09:00:00 GMT", null)).contains(RetryAfter.LONGEST);
    assertThat(of("999999999999", null)).contains(RetryAfter.LONGEST);
    assertThat(of("soon", null)).isEmpty();
    assertThat(of("-5", null)).isEmpty();
    assertThat(of(null, null)).isEmpty();
  }
}
