package io.epicfhir.common.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class StageRecorderTest {
  @Test
  void percentilesAreNearestRank() {
    List<Long> hundred = LongStream.rangeClosed(1, 100).boxed().toList();
    assertThat(StageRecorder.spread(hundred)).isEqualTo(new RunReport.Spread(1, 50, 95, 100));
    assertThat(StageRecorder.spread(List.of(7L))).isEqualTo(new RunReport.Spread(7, 7, 7, 7));
    assertThat(StageRecorder.spread(List.of())).isEqualTo(new RunReport.Spread(0, 0, 0, 0));
  }
}
