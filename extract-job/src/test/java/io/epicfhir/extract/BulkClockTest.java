package io.epicfhir.extract;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import io.epicfhir.sandbox.faults.Fault;
import io.epicfhir.sandbox.faults.Match;
import io.epicfhir.sandbox.http.RequestKind;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an export's time may be, and what one that cannot be true does to later runs. */
class BulkClockTest extends SiteTest {
  private static final Match STATUS = Match.kind(RequestKind.STATUS);

  private void serverSays(Instant transactionTime) {
    site.server.faults().once(STATUS, Fault.transactionTime(transactionTime.toString()));
  }

  private int kickOff(String run) throws IOException {
    return site.run(new KickOff(), run, "kick_off");
  }

  @ParameterizedTest
  @ValueSource(longs = {10, 120, 38_000_000})
  void aTimeAfterTheReceiptIsRefusedWithTheThreeTimes(long minutesAhead) throws IOException {
    open(o -> o);
    Instant time = Instant.now().plus(minutesAhead, ChronoUnit.MINUTES);
    serverSays(time);

    assertThat(site.runAll("r1")).isEqualTo(3);

    assertThat(site.error("r1", "wait"))
        .contains("its transactionTime " + time + " is later than its receipt")
        .contains("kicked off at ", "received at ", "source.clock-tolerance = 5 minutes")
        .contains("rerun from the kick-off");
    assertThat(site.landings()).isEmpty();
  }

  @Test
  void theExportOfSuchATimeIsNotAdoptedAgain() throws IOException {
    open(o -> o);
    serverSays(Instant.parse("2099-01-01T00:00:00Z"));
    assertThat(site.runAll("r1")).isEqualTo(3);

    assertThat(site.runAll("r2")).isZero();

    assertThat(asked(RequestKind.KICK_OFF)).isEqualTo(2);
    assertThat(site.landings()).hasSize(1);
    assertThat(site.runAll("r1")).as("from the kick-off on").isZero();
    assertThat(asked(RequestKind.KICK_OFF)).isEqualTo(3);
  }

  @Test
  void clocksMayDifferByTheTolerance() throws IOException {
    open(o -> o);
    serverSays(Instant.now().plusSeconds(60));
    assertThat(site.runAll("r1")).isZero();

    assertThat(site.runAll("r2")).isZero();

    assertThat(site.landings())
        .filteredOn(landing -> landing.since() != null)
        .singleElement()
        .satisfies(second -> assertThat(second.since()).isBefore(Instant.now()));
  }

  @Test
  void anExportThatTheServerHadBeforeIsTakenButNoneOlderThanWhatTheLakeHas() throws IOException {
    open(o -> o);
    serverSays(Instant.now().minus(3, ChronoUnit.HOURS));
    assertThat(site.runAll("r1")).isZero();
    serverSays(Instant.now().minus(4, ChronoUnit.HOURS));

    assertThat(site.runAll("r2")).isEqualTo(3);

    assertThat(site.error("r2", "wait"))
        .contains("is earlier than the newest data that the lake has of this group");
  }

  /** As a version without the check may have landed it. */
  @Test
  void aLandingOfTheFutureCoversNothingAndSinceIsNotLaterThanTheAsking() throws IOException {
    open(o -> o);
    assertThat(site.runAll("r1")).isZero();
    Landing landed = site.landings().get(0);
    new Landings(site.lake())
        .publish(
            new Landing(
                landed.exportId(),
                landed.group(),
                Instant.parse("2099-01-01T00:00:00Z"),
                null,
                landed.landedAt(),
                landed.runKey(),
                landed.files()));
    Instant today = Instant.now().truncatedTo(ChronoUnit.DAYS);
    site.window("r2", today.minus(1, ChronoUnit.DAYS), today);

    assertThat(kickOff("r2")).isZero();

    assertThat(site.report("r2", "kick_off").at("/result/state").asText()).isEqualTo("kicked-off");
    String asked =
        site.server.requests().entries().stream()
            .filter(entry -> entry.kind() == RequestKind.KICK_OFF)
            .skip(1)
            .findFirst()
            .orElseThrow()
            .uri();
    Instant since = Instant.parse(asked.replaceFirst(".*_since=", "").replaceFirst("&.*", ""));
    assertThat(since).as("nothing is passed over").isBeforeOrEqualTo(landed.landedAt());
  }
}
