package io.epicfhir.common.spark;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SparkSessionsTest {
  @ParameterizedTest(name = "{1} bytes on {0} cores: {2} partitions")
  @CsvSource({"2, 0, 4", "2, 1000000, 4", "2, 6710886400, 101", "16, 6710886400, 101", "16, 1, 32"})
  void shufflePartitionsFollowTheVolumeAndKeepCoresBusy(int cores, long bytes, int partitions) {
    assertThat(SparkSessions.shufflePartitions(cores, bytes)).isEqualTo(partitions);
  }
}
