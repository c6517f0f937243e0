package io.epicfhir.common;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StageRecorderTest {
  @Test
  void percentilesAreNearestRank() {
    List<Long> hundred = LongStream.rangeClosed(1, 100).boxed().toList();
    assertThat(StageRecorder.spread(hundred)).isEqualTo(new RunReport.Spread(1, 50, 95, 100));
    assertThat(StageRecorder.spread(List.of(7L))).isEqualTo(new RunReport.Spread(7, 7, 7, 7));
    assertThat(StageRecorder.spread(List.of())).isEqualTo(new RunReport.Spread(0, 0, 0, 0));
  }

  @ParameterizedTest(name = "{1} bytes on {0} cores: {2} partitions")
  @CsvSource({"2, 0, 4", "2, 1000000, 4", "2, 6710886400, 101", "16, 6710886400, 101", "16, 1, 32"})
  void shufflePartitionsFollowTheVolumeAndKeepCoresBusy(int cores, long bytes, int partitions) {
    assertThat(SparkSessions.shufflePartitions(cores, bytes)).isEqualTo(partitions);
  }
}
