package io.epicfhir.load.postgres.copy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.Partition;
import org.apache.spark.paths.SparkPath;
import org.apache.spark.rdd.PartitionGroup;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.execution.datasources.FilePartition;
import org.apache.spark.sql.execution.datasources.PartitionedFile;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import scala.collection.immutable.Map$;
import scala.jdk.javaapi.CollectionConverters;

final class EvenPartsTest {
  @ParameterizedTest
  @CsvSource({
    "2, '4 4 4 4 2 4 3', 13", // Spark's own shares of these were 18 and 7
    "2, '1 1 1 9', 9",
    "3, '5 5 5 5 5 5', 10",
    "4, '7', 7",
    "2, '', 0",
  })
  void theLargestShareIsAsSmallAsCanBe(int connections, String sizes, long largest) {
    List<Long> bytes =
        sizes.isEmpty() ? List.of() : Arrays.stream(sizes.split(" ")).map(Long::valueOf).toList();
    Partition[] parts =
        IntStream.range(0, bytes.size())
            .mapToObj(i -> part(i, bytes.get(i)))
            .toArray(Partition[]::new);
    PartitionGroup[] groups = EvenParts.shares(connections, parts);

    assertThat(groups.length).isEqualTo(Math.min(connections, parts.length));
    List<Partition> shared =
        Arrays.stream(groups)
            .flatMap(group -> CollectionConverters.asJava(group.partitions()).stream())
            .toList();
    assertThat(shared).containsExactlyInAnyOrder(parts);
    assertThat(Arrays.stream(groups).mapToLong(EvenPartsTest::bytes).max().orElse(0))
        .isEqualTo(largest);
  }

  private static Partition part(int index, long bytes) {
    return new FilePartition(
        index,
        new PartitionedFile[] {
          new PartitionedFile(
              InternalRow.empty(),
              SparkPath.fromPathString("file:/part"),
              0,
              bytes,
              new String[0],
              0,
              bytes,
              Map$.MODULE$.empty())
        });
  }

  private static long bytes(PartitionGroup group) {
    return CollectionConverters.asJava(group.partitions()).stream()
        .mapToLong(part -> ((FilePartition) part).files()[0].length())
        .sum();
  }
}
