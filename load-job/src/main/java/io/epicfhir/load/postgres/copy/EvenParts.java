package io.epicfhir.load.postgres.copy;

import java.io.Serializable;
import java.util.Arrays;
import java.util.Comparator;
import org.apache.spark.Partition;
import org.apache.spark.rdd.PartitionCoalescer;
import org.apache.spark.rdd.PartitionGroup;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.execution.datasources.FilePartition;
import scala.Option;

/**
 * Shares the parts of files out among connections by their bytes. Spark itself shares them out by
 * their number and their host, and a copy takes as long as its largest share.
 */
final class EvenParts implements PartitionCoalescer, Serializable {
  private static final long serialVersionUID = 1L;

  @Override
  public PartitionGroup[] coalesce(int most, RDD<?> parent) {
    return shares(most, parent.partitions());
  }

  /** The largest first, each to the connection that has the least. */
  static PartitionGroup[] shares(int most, Partition... parts) {
    PartitionGroup[] groups = new PartitionGroup[Math.min(most, parts.length)];
    Arrays.setAll(groups, i -> new PartitionGroup(Option.empty()));
    long[] bytes = new long[groups.length];
    Arrays.stream(parts)
        .sorted(Comparator.comparingLong(EvenParts::bytes).reversed())
        .forEach(
            part -> {
              int least = 0;
              for (int i = 1; i < bytes.length; i++) {
                least = bytes[i] < bytes[least] ? i : least;
              }
              groups[least].partitions().append(part);
              bytes[least] += bytes(part);
            });
    return groups;
  }

  private static long bytes(Partition part) {
    return part instanceof FilePartition files
        ? Arrays.stream(files.files()).mapToLong(file -> file.length()).sum()
        : 1;
  }
}
