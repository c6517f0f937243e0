package io.epicfhir.extract.crawl;

import io.epicfhir.common.Lake;
import io.epicfhir.common.Landing;
import io.epicfhir.common.Landings;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;

/**
 * What the crawls of a cohort saw: {@code state/crawl/<cohort>/<type>/<export id>.idx}. The landing
 * of an export makes its files count.
 */
final class IndexFolder {
  private static final String SUFFIX = ".idx";
  private static final String PATIENTS = "_patients";
  private static final int KEPT = 2;

  private final Lake lake;
  private final Path root;

  IndexFolder(Lake lake, String cohort) {
    this.lake = lake;
    this.root = lake.paths().state("crawl/" + Digest.name(cohort));
  }

  /** The cohort's landings, newest first. */
  static Stream<Landing> landings(Lake lake, String group) {
    return new Landings(lake)
        .all().stream()
            .filter(landing -> landing.group().equals(group))
            .sorted(Comparator.comparing(Landing::transactionTime).reversed());
  }

  /** The index that an export writes. */
  CrawlIndex of(String type, String exportId) {
    return new CrawlIndex(lake, file(type, exportId));
  }

  /** The newest landed one that is older than a time. */
  Optional<CrawlIndex> newest(String type, String group, Instant before) {
    return landed(type, group, before).map(id -> of(type, id));
  }

  private Optional<String> landed(String type, String group, Instant before) {
    return landings(lake, group)
        .filter(landing -> landing.transactionTime().isBefore(before))
        .map(Landing::exportId)
        .filter(id -> lake.length(file(type, id)).isPresent())
        .findFirst();
  }

  /** The types that a landed crawl has seen. */
  List<String> types() {
    return lake.list(root).stream()
        .map(folder -> folder.getPath().getName())
        .filter(name -> !name.equals(PATIENTS))
        .toList();
  }

  /** Of these patients everything was answered. */
  void completePatients(String exportId, List<String> patients) {
    lake.write(file(PATIENTS, exportId), String.join("\n", patients));
  }

  /** The patients of whom the last landed crawl got everything. */
  Set<String> completePatients(String group, Instant before) {
    return landed(PATIENTS, group, before)
        .flatMap(id -> lake.read(file(PATIENTS, id)))
        .map(text -> (Set<String>) new HashSet<>(text.lines().toList()))
        .orElse(Set.of());
  }

  /** Removes what no later crawl will look at. */
  void removeOld(String group) {
    List<String> newest = landings(lake, group).map(Landing::exportId).toList();
    for (FileStatus type : lake.list(root)) {
      List<String> there =
          newest.stream()
              .filter(id -> lake.length(file(type.getPath().getName(), id)).isPresent())
              .toList();
      there.stream().skip(KEPT).forEach(id -> lake.delete(file(type.getPath().getName(), id)));
    }
  }

  private Path file(String type, String exportId) {
    return new Path(root, type + "/" + exportId + SUFFIX);
  }
}
