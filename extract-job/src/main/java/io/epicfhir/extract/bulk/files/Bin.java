package io.epicfhir.extract.bulk.files;

import io.epicfhir.extract.bulk.manifest.RemoteFile;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * Files of one type that one task takes in, so that they end in few Parquet files.
 *
 * @param files at least one, all of one type and kind
 */
record Bin(List<RemoteFile> files) implements Serializable {
  /** Tasks a core: more even out the load, fewer make larger files. */
  private static final int BINS_A_CORE = 2;

  Bin {
    files = new ArrayList<>(files); // serialisable, whatever list came
  }

  /**
   * Deals the files out: a type gets more than one bin only where it is more than a fair share of
   * the whole. A file's weight is its announced count, or the mean where there is none.
   *
   * @param cores how many tasks run at one time
   * @return heaviest first, so that no long task starts last
   */
  static List<Bin> plan(List<RemoteFile> files, int cores) {
    long mean =
        Math.max(
            1,
            (long)
                files.stream()
                    .filter(f -> f.count() != null)
                    .mapToLong(RemoteFile::count)
                    .average()
                    .orElse(1));
    double total = files.stream().mapToLong(f -> weight(f, mean)).sum();
    double share = Math.max(1, total / (BINS_A_CORE * (double) cores));
    Map<String, List<RemoteFile>> byType = new LinkedHashMap<>();
    for (RemoteFile file : files) {
      byType.computeIfAbsent(file.kind() + "/" + file.type(), key -> new ArrayList<>()).add(file);
    }
    List<Load> loads = new ArrayList<>();
    for (List<RemoteFile> ofType : byType.values()) {
      long weight = ofType.stream().mapToLong(f -> weight(f, mean)).sum();
      int bins = (int) Math.min(ofType.size(), Math.max(1, Math.ceil(weight / share)));
      loads.addAll(deal(ofType, bins, mean));
    }
    loads.sort(Comparator.comparingLong((Load load) -> load.weight).reversed());
    return loads.stream().map(load -> new Bin(load.files)).toList();
  }

  /** The heaviest file first, each to the lightest bin. */
  private static List<Load> deal(List<RemoteFile> files, int bins, long mean) {
    PriorityQueue<Load> lightest =
        new PriorityQueue<>(Comparator.comparingLong((Load load) -> load.weight));
    for (int i = 0; i < bins; i++) {
      lightest.add(new Load());
    }
    files.stream()
        .sorted(Comparator.comparingLong((RemoteFile f) -> weight(f, mean)).reversed())
        .forEach(
            file -> {
              Load load = lightest.remove();
              load.files.add(file);
              load.weight += weight(file, mean);
              lightest.add(load);
            });
    return new ArrayList<>(lightest);
  }

  private static long weight(RemoteFile file, long mean) {
    return file.count() == null ? mean : Math.max(1, file.count());
  }

  private static final class Load {
    private final List<RemoteFile> files = new ArrayList<>();
    private long weight;
  }
}
