package io.epicfhir.extract.source.pace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.extract.source.answer.BrokenBody;
import io.epicfhir.extract.source.answer.PassingFailure;
import io.epicfhir.extract.source.request.Traffic;
import io.epicfhir.extract.source.settings.SigningAlgorithm;
import io.epicfhir.extract.source.settings.SourceSettings;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RetryTest {
  private final List<Duration> pauses = new ArrayList<>();
  private final Traffic traffic = new Traffic();
  private Instant now = Instant.parse("2026-03-02T10:00:00Z");

  private Retry retry(int tries) {
    SourceSettings settings =
        new SourceSettings(
            URI.create("https://h"),
            SourceSettings.SignIn.NONE,
            "c",
            Path.of("k"),
            "k",
            SigningAlgorithm.RS384,
            List.of(),
            SourceSettings.TokenEndpoint.AS_THE_SERVER_SAYS,
            Duration.ofSeconds(1),
            Duration.ofSeconds(1),
            tries,
            Duration.ofSeconds(4),
            Duration.ofMinutes(10),
            1,
            List.of(),
            Duration.ofMinutes(5),
            2,
            1);
    Clock clock =
        new Clock() {
          @Override
          public ZoneId getZone() {
            return ZoneOffset.UTC;
          }

          @Override
          public Clock withZone(ZoneId zone) {
            return this;
          }

          @Override
          public Instant instant() {
            return now;
          }
        };
    return new Retry(
        settings,
        new Pace(
            clock,
            pause -> {
              pauses.add(pause);
              now = now.plus(pause);
            }));
  }

  @Test
  void pauses_double_and_never_undercut_retry_after() {
    List<Optional<Duration>> answers =
        List.of(Optional.empty(), Optional.of(Duration.ofSeconds(50)), Optional.empty());

    String result =
        retry(5)
            .call(
                "ask",
                traffic,
                () -> {
                  if (pauses.size() < 3) {
                    throw new PassingFailure("busy", answers.get(pauses.size()));
                  }
                  return "done";
                });

    assertThat(result).isEqualTo("done");
    assertThat(pauses.get(0)).isBetween(Duration.ofSeconds(2), Duration.ofSeconds(4));
    assertThat(pauses.get(1)).isEqualTo(Duration.ofSeconds(50));
    assertThat(pauses.get(2)).isBetween(Duration.ofSeconds(8), Duration.ofSeconds(16));
    assertThat(traffic.sums().retries()).isEqualTo(3);
  }

  @Test
  void after_the_last_try_the_source_is_unavailable() {
    assertThatThrownBy(
            () ->
                retry(3)
                    .call(
                        "ask it",
                        traffic,
                        () -> {
                          throw new SocketTimeoutException("secret words");
                        }))
        .isInstanceOf(JobException.class)
        .hasMessage(
            "Cannot ask it: no answer in time, after 3 tries (source.max-tries reached);"
                + " rerun when the server has recovered")
        .extracting(e -> ((JobException) e).exitCode())
        .isEqualTo(ExitCode.UNAVAILABLE);
    assertThat(pauses).hasSize(2);
  }

  @Test
  void a_pause_beyond_the_budget_is_not_begun() {
    assertThatThrownBy(
            () ->
                retry(9)
                    .call(
                        "ask it",
                        traffic,
                        () -> {
                          throw new PassingFailure("429", Optional.of(Duration.ofHours(1)));
                        }))
        .hasMessageContaining("after 1 tries (source.retry-budget is used up)");
    assertThat(pauses).isEmpty();
  }

  @Test
  void a_body_that_broke_says_how() {
    assertThatThrownBy(
            () ->
                retry(1)
                    .call(
                        "ask it",
                        traffic,
                        () -> {
                          throw (IOException) new BrokenBody("the file ended");
                        }))
        .hasMessageContaining("Cannot ask it: the file ended, after 1 tries");
  }
}
