package io.epicfhir.extract.source.pace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class RequestGateTest {
  private static final Duration HOUR = Duration.ofHours(1);

  private Instant now = Instant.parse("2026-03-02T10:00:00Z");
  private final List<Duration> pauses = new ArrayList<>();

  private final class Later extends Clock {
    @Override
    public java.time.ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(java.time.ZoneId zone) {
      return this;
    }

    @Override
    public Instant instant() {
      return now;
    }
  }

  private RequestGate gate(int max) {
    return new RequestGate(max, pace());
  }

  private Pace pace() {
    return new Pace(
        new Later(),
        d -> {
          pauses.add(d);
          now = now.plus(d);
        });
  }

  /** The server refuses what it has served before, too. */
  private static Optional<Duration> refusesAll() {
    return Optional.of(HOUR);
  }

  private static Optional<Duration> serves() {
    return Optional.empty();
  }

  private static Optional<Duration> isSilent() throws IOException {
    throw new IOException("no route");
  }

  /** Fills the gate, has all answered after so long, and empties it. */
  private void round(RequestGate gate, Duration latency) {
    List<RequestGate.Slot> slots = new ArrayList<>();
    for (int i = gate.limit(); i > 0; i--) {
      slots.add(gate.enter());
    }
    now = now.plus(latency);
    slots.forEach(slot -> slot.answered(latency));
    slots.forEach(RequestGate.Slot::close);
  }

  private void rounds(int count, RequestGate gate, Duration latency) {
    for (int i = 0; i < count; i++) {
      round(gate, latency);
    }
  }

  @Test
  void climbs_to_the_most_and_never_over_it() {
    RequestGate gate = gate(40);
    assertThat(gate.limit()).isEqualTo(4);

    round(gate, Duration.ofMillis(100));
    assertThat(gate.limit()).isEqualTo(8);
    rounds(10, gate, Duration.ofMillis(100));

    assertThat(gate.limit()).isEqualTo(40);
    assertThat(gate.mostInFlight()).isEqualTo(40);
    assertThat(gate.inFlight()).isZero();
  }

  @Test
  void goes_below_what_was_refused_once_for_all_in_flight_and_feels_its_way_up_slowly() {
    RequestGate gate = gate(40);
    rounds(3, gate, Duration.ofMillis(100));
    assertThat(gate.limit()).isEqualTo(32);
    List<RequestGate.Slot> slots = new ArrayList<>();
    for (int i = 0; i < 32; i++) {
      slots.add(gate.enter());
    }
    now = now.plusMillis(1);
    slots.forEach(slot -> slot.refused(Optional.empty(), RequestGateTest::refusesAll));
    slots.forEach(RequestGate.Slot::close);
    assertThat(gate.limit()).isEqualTo(23);

    rounds(10, gate, Duration.ofMillis(100));
    assertThat(gate.limit()).isEqualTo(31);
    now = now.plusSeconds(11);
    rounds(5, gate, Duration.ofMillis(100));
    assertThat(gate.limit()).isEqualTo(32);
  }

  @Test
  void retry_after_closes_it_for_everybody() {
    RequestGate gate = gate(40);
    RequestGate.Slot first = gate.enter();
    first.refused(Optional.of(Duration.ofSeconds(7)), RequestGateTest::refusesAll);
    first.close();

    gate.enter().close();

    assertThat(pauses).containsExactly(Duration.ofSeconds(7));
  }

  @Test
  void answers_that_take_long_hold_it_and_very_long_ones_lower_it() {
    RequestGate gate = gate(40);
    rounds(2, gate, Duration.ofMillis(50));
    assertThat(gate.limit()).isEqualTo(16);

    rounds(3, gate, Duration.ofMillis(300));
    int held = gate.limit();
    rounds(2, gate, Duration.ofMillis(300));
    assertThat(gate.limit()).isEqualTo(held);

    assertThat(held).isLessThan(20);
    rounds(3, gate, Duration.ofSeconds(2));
    assertThat(gate.limit()).isLessThan(held).isGreaterThanOrEqualTo(4);
  }

  /** Refusals for an hour, where nobody waits for more than 15 minutes. */
  @Nested
  class BeyondThePatience {
    private final RequestGate gate = new RequestGate(40, pace(), Duration.ofMinutes(15));

    /** One of several in flight is refused. */
    private void isInDoubt() {
      List<RequestGate.Slot> slots =
          List.of(gate.enter(), gate.enter(), gate.enter(), gate.enter());
      isRefused(slots.get(0), RequestGateTest::refusesAll);
      slots.forEach(RequestGate.Slot::close);
      assertThat(gate.limit()).isEqualTo(2);
    }

    private void nobodyWaits() {
      int waited = pauses.size();
      gate.enter();
      gate.enter();
      assertThat(gate.inFlight()).isEqualTo(2);
      assertThat(pauses).hasSize(waited);
    }

    private void isRefused(RequestGate.Slot slot, RequestGate.Witness witness) {
      now = now.plusMillis(1);
      slot.refused(Optional.of(HOUR), witness);
      slot.close();
    }

    private void isServed(RequestGate.Slot slot) {
      now = now.plusMillis(1);
      slot.answered(Duration.ofMillis(30));
      slot.close();
    }

    private void isClosed() {
      assertThatThrownBy(() -> gate.enter("read it"))
          .hasMessageStartingWith(
              "Cannot read it: the server asked for no requests within the next")
          .hasMessageContaining("longer than source.retry-budget; rerun after that time")
          .extracting(e -> ((JobException) e).exitCode())
          .isEqualTo(ExitCode.UNAVAILABLE);
    }

    @Test
    void oneIsAboutItsOwnRequest() {
      isInDoubt();
      isServed(gate.enter());

      nobodyWaits();
      assertThat(pauses).isEmpty();
    }

    @Test
    void twoInARowAndTheWitnessCloseItForAll() {
      isInDoubt();
      isRefused(gate.enter(), RequestGateTest::refusesAll);

      isClosed();
      now = now.plus(HOUR.minusMinutes(10));
      gate.enter().close();
      assertThat(pauses).as("for the rest of the hour").hasSize(1);
    }

    /** All searches of one patient, or all resources of one type. */
    @Test
    void anyNumberIsAboutThemselvesWhereTheWitnessIsServed() {
      AtomicInteger asked = new AtomicInteger();
      for (int i = 0; i < 30; i++) {
        isRefused(
            gate.enter(),
            () -> {
              asked.incrementAndGet();
              return serves();
            });
      }
      isServed(gate.enter());
      assertThat(asked).as("once for each second one").hasValue(15);
      assertThat(pauses).isEmpty();
    }

    @Test
    void aServerThatServesNothingForSoLongIsLeftAlone() {
      for (int i = 0; i < Doubt.MOST_IN_A_ROW; i++) {
        isRefused(gate.enter(), RequestGateTest::serves);
      }
      isRefused(gate.enter(), RequestGateTest::serves);
      isClosed();
    }

    /** They say no more than the first one. */
    @Test
    void thoseThatWereInFlightTogetherCountOnce() {
      List<RequestGate.Slot> together =
          List.of(gate.enter(), gate.enter(), gate.enter(), gate.enter());
      isRefused(together.get(0), RequestGateTest::refusesAll);
      isRefused(together.get(1), RequestGateTest::refusesAll);
      together.get(2).close();
      isServed(gate.enter());
      isRefused(together.get(3), RequestGateTest::refusesAll);

      nobodyWaits();
    }

    @Test
    void whileOneAsksAllOthersWait() throws InterruptedException {
      isInDoubt();
      RequestGate.Slot probe = gate.enter();
      AtomicInteger through = new AtomicInteger();
      Thread other =
          new Thread(
              () -> {
                gate.enter();
                through.incrementAndGet();
              });
      other.start();
      while (other.getState() != Thread.State.WAITING) {
        Thread.onSpinWait();
      }
      assertThat(through).hasValue(0);

      isServed(probe);
      other.join(10_000);
      assertThat(through).hasValue(1);
    }

    @Test
    void afterOneWithoutAnAnswerTheNextAsks() {
      isInDoubt();
      gate.enter().close();

      isServed(gate.enter());

      assertThat(pauses).containsExactly(Duration.ofSeconds(1));
      nobodyWaits();
    }

    @Test
    void afterOneThatIsToWaitForAWhileTheNextAsks() {
      isInDoubt();
      RequestGate.Slot probe = gate.enter();
      probe.refused(Optional.of(Duration.ofSeconds(20)), RequestGateTest::refusesAll);
      probe.close();

      isRefused(gate.enter(), RequestGateTest::refusesAll);

      assertThat(pauses).containsExactly(Duration.ofSeconds(20));
      isClosed();
    }

    @Test
    void aWitnessWithoutAnAnswerSaysNothing() {
      isInDoubt();
      isRefused(gate.enter(), RequestGateTest::isSilent);
      isServed(gate.enter());

      assertThat(pauses).containsExactly(Duration.ofSeconds(1));
    }

    @Test
    void aWitnessThatFailsKeepsNobodyWaiting() {
      isInDoubt();
      RequestGate.Slot probe = gate.enter();
      assertThatThrownBy(
              () ->
                  isRefused(
                      probe,
                      () -> {
                        throw new IllegalStateException("a bug");
                      }))
          .hasMessage("a bug");
      probe.close();

      isServed(gate.enter());
    }

    /** Longer than the patience, shorter than the time that the server named. */
    @Test
    void aDoubtWithoutAnEndClosesIt() {
      isInDoubt();
      for (int i = 0; i < 16; i++) {
        now = now.plusSeconds(59);
        gate.enter().close();
      }
      isClosed();
    }

    @Test
    void whenTheServersTimeHasComeTheDoubtIsOver() {
      isInDoubt();
      now = now.plus(HOUR);

      nobodyWaits();
    }
  }
}
