package io.epicfhir.extract.source.pace;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RequestGateTest {
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
    return new RequestGate(
        max,
        new Pace(
            new Later(),
            d -> {
              pauses.add(d);
              now = now.plus(d);
            }));
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
    slots.forEach(slot -> slot.refused(Optional.empty()));
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
    first.refused(Optional.of(Duration.ofSeconds(7)));
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
}
