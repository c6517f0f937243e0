package io.epicfhir.extract.crawl.index;

import io.epicfhir.common.JobException;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.optout.KeptOut;
import io.epicfhir.common.optout.OptOuts;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;

/**
 * Takes those whose records stay out from the indexes of crawls and of exports' references. An
 * index is replaced in two steps; where the second one does not come, the index is missing, and all
 * of its type is taken for new.
 */
public final class IndexErasure {
  private static final List<String> BARE = List.of("Patient", "DocumentReference", "Binary");

  private final Lake lake;
  private final OptOuts optOuts;
  private final Set<String> keptOut;

  /** Of a lake. */
  public IndexErasure(Lake lake, OptOuts optOuts) {
    this(lake, optOuts, Set.of());
  }

  /**
   * Of a lake.
   *
   * @param keptOut what goes besides, as {@link KeptOut} has it
   */
  IndexErasure(Lake lake, OptOuts optOuts, Set<String> keptOut) {
    this.lake = lake;
    this.optOuts = optOuts;
    this.keptOut = Set.copyOf(keptOut);
  }

  /**
   * Does it.
   *
   * @return how many entries went
   * @throws JobException where the storage fails
   */
  public long run() {
    long entries = 0;
    for (FileStatus cohort : lake.list(lake.paths().state("crawl"))) {
      for (FileStatus type : cohort.isDirectory() ? lake.list(cohort.getPath()) : List.of(cohort)) {
        for (FileStatus file :
            type.isDirectory() ? lake.list(type.getPath()) : List.<FileStatus>of()) {
          String name = type.getPath().getName();
          entries += name.startsWith("_") ? lines(file.getPath()) : index(name, file.getPath());
        }
      }
    }
    return entries;
  }

  /** The same with one export's indexes of resources. */
  void run(Path cohort, String fileName) {
    for (FileStatus type : lake.list(cohort)) {
      Path file = new Path(type.getPath(), fileName);
      String name = type.getPath().getName();
      if (!name.startsWith("_") && lake.length(file).isPresent()) {
        index(name, file);
      }
    }
  }

  private long lines(Path file) {
    List<String> all = lake.read(file).orElse("").lines().toList();
    List<String> left = all.stream().filter(line -> !names(line)).toList();
    if (left.size() < all.size()) {
      lake.write(file, String.join("\n", left));
    }
    return (long) all.size() - left.size();
  }

  private boolean names(String line) {
    byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
    if (optOuts.in(bytes, 0, bytes.length)) {
      return true;
    }
    for (String word : line.split("[ \t]", -1)) {
      if (BARE.stream().anyMatch(type -> optOuts.has(type, word))) {
        return true;
      }
    }
    return false;
  }

  private long index(String type, Path file) {
    CrawlIndex index = new CrawlIndex(lake, file);
    long[] gone = new long[1];
    index.read(seen -> gone[0] += staysOut(type, seen) ? 1 : 0);
    if (gone[0] == 0) {
      return 0;
    }
    Path part = new Path(file.getParent(), "." + file.getName() + ".part");
    try (CrawlIndex.Writer writer = new CrawlIndex(lake, part).write(index.header())) {
      index.read(
          seen -> {
            if (!staysOut(type, seen)) {
              writer.add(seen);
            }
          });
      writer.end();
    }
    lake.delete(file);
    lake.move(part, file);
    return gone[0];
  }

  private boolean staysOut(String type, CrawlIndex.Seen seen) {
    return optOuts.has(type, seen.id())
        || (!keptOut.isEmpty() && keptOut.contains(optOuts.entry(type + "/" + seen.id())))
        || (!seen.patient().isEmpty() && optOuts.has("Patient", seen.patient()));
  }
}
